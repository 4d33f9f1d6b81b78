import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { LEFT } from "../../../core/frontend/leaving";
import { Board } from "../board";
import { ViewTransform } from "../drawing/view_transform";
import type { EaselSession } from "../easel_session";
import { SliceBook } from "../slice_book";
import { easelOf } from "../testing";
import { Stage } from "./stage";

vi.mock("./scene", () => {
  class Painter {
    draw(): void {}
  }
  return { AbovePainter: Painter, BelowPainter: Painter };
});

const PX = 120;
let board: Board;
let stage: Stage;
let above: HTMLCanvasElement;

beforeEach(() => {
  const easel = easelOf({ box: { lo: [0, 0, 10], hi: [12, 12, 13] } });
  board = new Board(new SliceBook(easel, new Map(), () => undefined), 1, () => true);
  const shown = { layers: signal({ mask: true, points: false }), opacity: signal(1) };
  const session = {
    board,
    easel,
    overlay: shown,
    showsOutline: signal(false),
    comparing: signal(false),
    proposals: { masks: signal(new Map()) },
    pictures: { images: signal(new Map()) },
  } as unknown as EaselSession;
  const place = document.body.appendChild(document.createElement("div"));
  const canvases = [document.createElement("canvas"), document.createElement("canvas")] as const;
  above = canvases[1];
  above.width = above.height = PX;
  above.getBoundingClientRect = () => new DOMRect(0, 0, PX, PX);
  above.setPointerCapture = () => undefined;
  place.append(...canvases);
  stage = new Stage(place, canvases, session, () => undefined);
  stage.view.value = ViewTransform.fit(board.book.size, { width: PX, height: PX }, 1);
});

afterEach(() => {
  stage.stop();
  document.body.replaceChildren();
});

function drag(button: number): void {
  const at = (clientX: number) => ({ button, clientX, clientY: PX / 2, pointerId: 1, bubbles: true });
  above.dispatchEvent(new PointerEvent("pointerdown", at(PX / 2)));
  above.dispatchEvent(new PointerEvent("pointermove", at(PX / 2 + 20)));
  above.dispatchEvent(new PointerEvent("pointerup", at(PX / 2 + 20)));
}

const drawn = () => board.book.slice.value.mask.value.count();

it("Only the first button draws", () => {
  board.take("brush");
  for (const button of [2, 3, 4]) {
    drag(button);
    expect(drawn()).toBe(0);
  }
  drag(0);
  expect(drawn()).toBeGreaterThan(0);
});

it("The picture is moved with a button for who has no keys", () => {
  board.take("brush");
  stage.zoom(1);
  board.isMoving.value = true;
  const panned = vi.spyOn(ViewTransform.prototype, "panned");
  drag(0);
  expect([panned.mock.calls.length, drawn()]).toEqual([1, 0]);
  board.take("brush");
  expect(board.isMoving.value).toBe(false);
});

it("The space bar that was let go in another window moves nothing any more", () => {
  board.take("brush");
  document.dispatchEvent(new KeyboardEvent("keydown", { key: " " }));
  expect(stage.isPanning.value).toBe(true);
  window.dispatchEvent(new Event("blur"));
  expect(stage.isPanning.value).toBe(false);
  drag(0);
  expect(drawn()).toBeGreaterThan(0);
});

function touch(name: string, pointerId: number, clientX: number): void {
  const init = { button: 0, clientX, clientY: PX / 2, pointerId, bubbles: true };
  above.dispatchEvent(new PointerEvent(name, { ...init, pointerType: "touch" }));
}

it("Two fingers zoom and move the picture, and what the first one began leaves nothing", () => {
  board.take("brush");
  const [zoomed, panned] = [
    vi.spyOn(ViewTransform.prototype, "zoomed"),
    vi.spyOn(ViewTransform.prototype, "panned"),
  ];
  panned.mockClear();
  touch("pointerdown", 1, 20);
  touch("pointermove", 1, 40);
  expect(board.isDrawing).toBe(true);
  touch("pointerdown", 2, 60);
  touch("pointermove", 2, 80);
  touch("pointerup", 2, 80);
  touch("pointerup", 1, 40);
  expect(zoomed.mock.calls.map(([factor, x]) => [factor, x])).toEqual([[2, 60]]);
  expect(panned.mock.calls.map(([dx]) => dx)).toEqual([10]);
  expect([board.isDrawing, drawn(), board.book.history.canUndo.value]).toEqual([false, 0, false]);
  touch("pointerdown", 3, 60);
  touch("pointerup", 3, 60);
  expect(drawn()).toBeGreaterThan(0); // a tap
});

it("Two fingers on a trackpad zoom as fast as a wheel", () => {
  const zoomed = vi.spyOn(ViewTransform.prototype, "zoomed");
  zoomed.mockClear();
  for (const deltaY of [-10, -100, 4]) {
    above.dispatchEvent(Object.assign(new WheelEvent("wheel", { deltaY }), { ctrlKey: true }));
  }
  const factors = zoomed.mock.calls.map(([factor]) => Math.round(100 * factor) / 100);
  expect(factors).toEqual([1.11, 1.28, 0.96]);
});

it("keeps nothing of an instance that was left: why its listeners end is the same for all", () => {
  const listens = vi.spyOn(document, "addEventListener");
  const other = new Stage(
    above.parentElement!,
    [document.createElement("canvas"), document.createElement("canvas")],
    (stage as unknown as { session: EaselSession }).session,
    () => undefined,
  );
  const signals = listens.mock.calls.map(([, , options]) => (options as AddEventListenerOptions).signal);
  listens.mockRestore();
  other.stop();
  expect(signals).toHaveLength(2);
  expect(signals.map((one) => one?.reason)).toEqual([LEFT, LEFT]);
});
