/** The picture that is drawn on: two canvases over each other, pointer, wheel, and what is in sight. */

import { computed, effect, signal } from "@preact/signals";

import { LEFT } from "../../../core/frontend/leaving";
import { WheelSteps } from "../../../proofreading/frontend/wheel";
import { stampOf } from "../board";
import type { Spot } from "../drawing/slice_mask";
import { ViewTransform } from "../drawing/view_transform";
import type { EaselSession } from "../easel_session";
import { Touch, type Hand, type Pinched } from "./fingers";
import { AbovePainter, BelowPainter } from "./scene";

/** So near to a point of the curve counts as on it, in CSS pixels. */
const REACH_PX = 8;
const ZOOM_STEP = 1.25;
const WHEEL_ZOOM = 0.0025;
/** Two fingers on a trackpad come as a wheel with Ctrl, in steps far smaller than those of a mouse. */
const PINCH_ZOOM = 0.01;
const NOTCH = 40;
const MOST_WHEEL = 200;

export class Stage implements Hand {
  readonly view = signal<ViewTransform | null>(null);
  /** Device pixels to a CSS pixel. */
  readonly ratio = signal(1);
  /** Whether the hand moves the picture now, or would. */
  readonly isPanning = signal(false);
  /** Where the keys have brought the pointer; null where a hand moves it. */
  readonly cross = signal<Spot | null>(null);
  /** CSS pixels to a nm. */
  readonly pxPerNm = computed(() => {
    const [nm = 1] = this.session.easel.resolution_nm;
    return (this.view.value?.scale ?? 0) / this.ratio.value / nm;
  });
  private readonly size = signal({ width: 0, height: 0 });
  private readonly wheel = new WheelSteps();
  private readonly below: BelowPainter;
  private readonly above: AbovePainter;
  private readonly observer: ResizeObserver;
  private readonly leaving = new AbortController();
  private readonly stopEffects: readonly (() => void)[];
  private hasOwnView = false;
  private isSpaceDown = false;
  private drag: "draw" | "pan" | null = null;
  private last = { x: 0, y: 0 };
  private readonly touch = new Touch(this);

  constructor(
    private readonly place: HTMLElement,
    private readonly canvases: readonly [below: HTMLCanvasElement, above: HTMLCanvasElement],
    private readonly session: EaselSession,
    private readonly noteActivity: () => void,
  ) {
    this.below = new BelowPainter(canvases[0]);
    this.above = new AbovePainter(canvases[1]);
    this.observer = new ResizeObserver((entries) => this.resize(entries.at(-1)));
    this.observe();
    this.listen();
    this.stopEffects = [effect(() => this.paintBelow()), effect(() => this.paintAbove())];
  }

  stop(): void {
    this.leaving.abort(LEFT);
    this.observer.disconnect();
    this.stopEffects.forEach((stop) => stop());
  }

  zoom(by: 1 | -1): void {
    const { width, height } = this.size.peek();
    this.zoomAt(ZOOM_STEP ** by, width / 2, height / 2);
  }

  fit(): void {
    this.hasOwnView = false;
    this.fitView();
  }

  /** Moves the pointer by voxels, with keys. */
  move(dx: number, dy: number): void {
    const { width, height } = this.session.board.book.size;
    const from = this.cross.peek() ?? this.middle();
    const x = within(Math.floor(from.x) + dx, width) + 0.5;
    const y = within(Math.floor(from.y) + dy, height) + 0.5;
    this.cross.value = { x, y };
    this.session.board.pointer.value = { x, y };
    const view = this.view.peek();
    if (view !== null) {
      this.view.value = view.showing({ x, y }, this.session.board.book.size, this.size.peek());
    }
  }

  /** What a click does, where the keys have brought the pointer. */
  pressAtCross(): void {
    const spot = this.cross.peek();
    if (spot === null) {
      this.move(0, 0); // shows where it is, first
      return;
    }
    this.session.board.press(spot, this.reach());
    this.session.board.release();
  }

  private middle(): Spot {
    const { width, height } = this.session.board.book.size;
    const { width: across, height: down } = this.size.peek();
    return this.view.peek()?.toVoxel(across / 2, down / 2) ?? { x: width / 2, y: height / 2 };
  }

  private reach(): number {
    return (REACH_PX * this.ratio.peek()) / (this.view.peek()?.scale ?? 1);
  }

  private observe(): void {
    try {
      this.observer.observe(this.place, { box: "device-pixel-content-box" });
    } catch (error) {
      if (!(error instanceof TypeError)) {
        throw error;
      }
      this.observer.observe(this.place); // a browser that does not tell of device pixels
    }
  }

  /** The canvases have exactly the device pixels that they cover. */
  private resize(entry: ResizeObserverEntry | undefined): void {
    const { clientWidth, clientHeight } = this.place;
    const exact = entry?.devicePixelContentBoxSize?.[0];
    const width = exact?.inlineSize ?? Math.round(clientWidth * window.devicePixelRatio);
    const height = exact?.blockSize ?? Math.round(clientHeight * window.devicePixelRatio);
    if (width === 0 || height === 0) {
      return;
    }
    for (const canvas of this.canvases) {
      canvas.width = width;
      canvas.height = height;
    }
    this.ratio.value = width / clientWidth;
    this.size.value = { width, height };
    // Under a hand that draws, voxels stay where they are.
    if (this.view.peek() === null || (!this.hasOwnView && this.drag === null)) {
      this.fitView();
    }
  }

  private fitView(): void {
    const { book, aspect } = this.session.board;
    if (this.size.peek().width > 0) {
      this.view.value = ViewTransform.fit(book.size, this.size.peek(), aspect);
    }
  }

  private zoomAt(factor: number, px: number, py: number): void {
    const view = this.view.peek();
    if (view !== null) {
      this.hasOwnView = true;
      const { size } = this.session.board.book;
      this.view.value = view.zoomed(factor, px, py, size, this.size.peek());
    }
  }

  private listen(): void {
    const { signal: leaving } = this.leaving;
    const [, top] = this.canvases;
    const on = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      run: (event: HTMLElementEventMap[Name]) => void,
      passive = true,
    ) => top.addEventListener(name, run, { signal: leaving, passive });
    const isTouch = ({ pointerType }: PointerEvent) => pointerType === "touch";
    on("pointerdown", (one) => (isTouch(one) ? this.touch.down(one) : this.press(one)), false);
    on("pointermove", (one) => (isTouch(one) ? this.touch.move(one) : this.moved(one)));
    on("pointerup", (one) => (isTouch(one) ? this.touch.up(one) : this.release()));
    on("pointercancel", (one) => isTouch(one) && this.touch.cancel(one));
    on("lostpointercapture", (one) => isTouch(one) || this.release());
    on("pointerleave", () => this.drag === null && (this.session.board.pointer.value = null));
    on("wheel", (event) => this.turn(event), false);
    on("contextmenu", (event) => event.preventDefault(), false);
    const space = (isDown: boolean) => (event: KeyboardEvent) => {
      if (event.key === " " && (!isDown || isForPicture(event))) {
        this.isSpaceDown = isDown;
        this.isPanning.value = isDown || this.drag === "pan";
        if (isDown) {
          event.preventDefault(); // the page does not scroll
        }
      }
    };
    document.addEventListener("keydown", space(true), { signal: leaving });
    document.addEventListener("keyup", space(false), { signal: leaving });
    // Whoever turns to another window lets go of the key there.
    const leave = () => {
      this.isSpaceDown = false;
      this.isPanning.value = this.drag === "pan";
    };
    window.addEventListener("blur", leave, { signal: leaving });
  }

  press(event: PointerEvent): void {
    this.noteActivity();
    this.place.focus({ preventScroll: true });
    event.preventDefault();
    const deed = this.deedOf(event);
    if (deed === null || this.drag !== null) {
      return;
    }
    if (event.pointerType !== "touch") {
      this.canvases[1].setPointerCapture(event.pointerId); // a finger's is captured by itself
    }
    this.cross.value = null;
    this.last = this.pixelOf(event);
    if (deed === "pan") {
      this.drag = "pan";
      this.isPanning.value = true;
      return;
    }
    const spot = this.spotOf(event);
    if (spot !== null) {
      this.drag = "draw";
      this.session.board.pointer.value = spot;
      this.session.board.press(spot, this.reach(), deed === "take");
    }
  }

  /** What pressing a button does. The right one takes points of a curve away and does nothing else. */
  private deedOf({ button, altKey }: PointerEvent): "draw" | "take" | "pan" | null {
    const { isMoving, tool } = this.session.board;
    if (button === 1 || (button === 0 && (this.isSpaceDown || isMoving.peek()))) {
      return "pan";
    }
    if (button === 0) {
      return altKey ? "take" : "draw";
    }
    return button === 2 && tool.peek() === "draw" ? "take" : null;
  }

  moved(event: PointerEvent): void {
    const { board } = this.session;
    if (this.drag === "pan") {
      const now = this.pixelOf(event);
      this.panBy(now.x - this.last.x, now.y - this.last.y);
      this.last = now;
      return;
    }
    const spot = this.spotOf(event);
    this.cross.value = null;
    board.pointer.value = spot;
    if (this.drag === "draw") {
      // All places that the hand was at since the last picture, not only the last of them.
      const all = event.getCoalescedEvents?.() ?? [];
      const spots = (all.length > 0 ? all : [event]).map((each) => this.spotOf(each));
      board.drag(spots.filter((each) => each !== null));
    }
  }

  release(): void {
    if (this.drag === "draw") {
      this.session.board.release();
    }
    this.drag = null;
    this.isPanning.value = this.isSpaceDown;
  }

  giveUp(): void {
    this.session.board.giveUp();
    this.release();
  }

  pinch({ factor, from, to }: Pinched): void {
    this.noteActivity();
    this.panBy(to.x - from.x, to.y - from.y);
    this.zoomAt(factor, to.x, to.y);
  }

  private panBy(dx: number, dy: number): void {
    const view = this.view.peek();
    if (view !== null) {
      this.hasOwnView = true;
      this.view.value = view.panned(dx, dy, this.session.board.book.size, this.size.peek());
    }
  }

  private turn(event: WheelEvent): void {
    this.noteActivity();
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const delta = Math.max(-MOST_WHEEL, Math.min(MOST_WHEEL, event.deltaY));
      const { x, y } = this.pixelOf(event);
      const rate = Math.abs(delta) < NOTCH ? PINCH_ZOOM : WHEEL_ZOOM;
      this.zoomAt(Math.exp(-delta * rate), x, y);
    } else if (Math.abs(event.deltaY) >= Math.abs(event.deltaX)) {
      event.preventDefault();
      const steps = this.wheel.add(event);
      if (steps !== 0) {
        this.session.board.step(steps);
      }
    }
  }

  /** Where on the canvas an event is, in device pixels. */
  pixelOf(event: MouseEvent): Spot {
    const [, top] = this.canvases;
    const { left, top: upper, width, height } = top.getBoundingClientRect();
    return {
      x: ((event.clientX - left) * top.width) / width,
      y: ((event.clientY - upper) * top.height) / height,
    };
  }

  private spotOf(event: MouseEvent): Spot | null {
    const { x, y } = this.pixelOf(event);
    return this.view.peek()?.toVoxel(x, y) ?? null;
  }

  private paintBelow(): void {
    const { session } = this;
    const { board, overlay } = session;
    const { value: view } = this.view;
    void this.size.value;
    void board.strokes.value; // read, so that each stretch of a stroke is seen
    const slice = board.book.slice.value;
    const mask = board.shown.value;
    const isShown = overlay.layers.value.mask;
    const proposed = session.proposals.masks.value.get(slice.z) ?? null;
    const theirs = session.comparing.value ? (slice.clash.value?.theirs ?? null) : null;
    const image = session.pictures.images.value.get(slice.z) ?? null;
    const opacity = overlay.opacity.value;
    if (view !== null) {
      const scene = { view, image, mask: isShown ? mask : null, proposed, theirs, opacity };
      this.below.draw(scene, mask);
      const { left, top, scale, scaleY } = view;
      this.canvases[0].dataset["place"] = [left, top, scale, scaleY].join(" ");
      this.canvases[0].dataset["z"] = String(slice.z);
    }
  }

  private paintAbove(): void {
    const { session } = this;
    const { board, overlay } = session;
    const { value: view } = this.view;
    void this.size.value;
    const slice = board.book.slice.value;
    const spot = board.pointer.value;
    const isMoving = this.isPanning.value || board.isMoving.value;
    const stamp = spot === null || isMoving ? null : stampOf(board, spot);
    const above = {
      original: session.showsOutline.value ? slice.original : null,
      curve: slice.curve.value,
      line: board.line.value,
      markers: overlay.layers.value.points ? session.placedMarkers(slice.z) : [],
      stamp,
      cross: this.cross.value,
      ratio: this.ratio.value,
    };
    if (view !== null) {
      this.above.draw({ view, ...above });
    }
  }
}

function within(value: number, count: number): number {
  return Math.max(0, Math.min(count - 1, value));
}

/** Space on a button presses that; in a text it is a space. */
function isForPicture({ target }: KeyboardEvent): boolean {
  return !(target instanceof Element) || !target.closest("button, input, textarea, select, dialog, a");
}
