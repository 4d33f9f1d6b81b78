/** Draws the map on two canvases, one over the other: what seldom changes lies below, so that
 * pointing at sections is cheap. */

import type { Label } from "../labels";
import type { SectionState } from "./contract";
import { lengthInWords, rulerNm, type Spot } from "./geometry";
import type { Scene } from "./scene";

/** How a line of each state is drawn: colours of tokens.css, width and dashes tell them apart. */
export const STATE_STYLES: Readonly<
  Record<SectionState, { readonly colour: string; readonly width: number; readonly dashes: readonly number[] }>
> = {
  free: { colour: "--line-strong", width: 1.5, dashes: [] },
  visited: { colour: "--correct-text", width: 1.5, dashes: [7, 2] },
  done: { colour: "--correct-text", width: 3, dashes: [] },
  held: { colour: "--incorrect-text", width: 2, dashes: [2, 3] },
  aside: { colour: "--focus", width: 2.5, dashes: [9, 4] },
  mine: { colour: "--focus", width: 3, dashes: [] },
};

/** As the tiles of the grid; what has no label is hollow. */
const DOT_COLOURS: Readonly<Record<Label, string>> = {
  correct: "--correct",
  incorrect: "--incorrect",
  unsure: "--unsure",
};
/** Points of this size have a rim that lifts them off the lines. */
const RIMMED_PX = 2.5;
const MOST_RULER_PX = 90;

/** Strokes of the section of the page: with a light rim that lifts it off the others; and of one
    that is only named: hollow, so that nobody takes it for the page's. */
const PRESENT = [["--surface", 9], ["--text", 5]] as const;
const NAMED = [["--surface", 9], ["--text", 6], ["--surface", 2.5]] as const;

/** Sections by their place in the list. */
export interface Pointed {
  readonly present: number | null;
  readonly named: number | null;
}

export class Painter {
  private drawnScene: Scene | null = null;
  private drawnLook = "";

  constructor(
    private readonly below: HTMLCanvasElement,
    private readonly canvas: HTMLCanvasElement,
  ) {}

  /** `look` is another text whenever colours have changed. */
  paint(scene: Scene, { present, named }: Pointed, look: string): void {
    const context = this.canvas.getContext("2d");
    if (context === null) {
      return;
    }
    if (this.drawnScene !== scene || this.drawnLook !== look) {
      this.drawBelow(scene);
      [this.drawnScene, this.drawnLook] = [scene, look];
    }
    this.clear(context);
    this.emphasize(context, scene, present, PRESENT);
    if (named !== present) {
      this.emphasize(context, scene, named, NAMED);
    }
  }

  private drawBelow(scene: Scene): void {
    const context = this.below.getContext("2d");
    if (context === null) {
      return;
    }
    this.clear(context);
    context.lineJoin = "round";
    this.drawLines(context, scene);
    this.drawDots(context, scene);
    this.drawSoma(context, scene.soma);
    this.drawRuler(context, scene.fit.scale);
  }

  /** What is drawn next is in CSS pixels. */
  private clear(context: CanvasRenderingContext2D): void {
    const { width, height } = this.canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = width / Math.max(1, this.canvas.clientWidth);
    context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  private drawLines(context: CanvasRenderingContext2D, scene: Scene): void {
    for (const [state, style] of Object.entries(STATE_STYLES)) {
      context.beginPath();
      for (const line of scene.lines) {
        if (line.state === state) {
          trace(context, line.spots);
        }
      }
      context.strokeStyle = this.colour(style.colour);
      context.lineWidth = style.width;
      context.setLineDash([...style.dashes]);
      context.stroke();
    }
    context.setLineDash([]);
  }

  private drawDots(context: CanvasRenderingContext2D, { dots, dotPx }: Scene): void {
    context.lineWidth = 1;
    for (const label of [null, "correct", "incorrect", "unsure"] as const) {
      context.beginPath();
      for (const dot of dots) {
        if (dot.label === label) {
          SHAPES[label ?? "none"](context, dot, dotPx);
        }
      }
      context.fillStyle = this.colour(label === null ? "--surface" : DOT_COLOURS[label]);
      context.strokeStyle = this.colour(label === null ? "--text-quiet" : "--surface");
      context.fill();
      if (label === null || dotPx >= RIMMED_PX) {
        context.stroke();
      }
    }
  }

  private drawSoma(context: CanvasRenderingContext2D, soma: Spot | null): void {
    if (soma === null) {
      return;
    }
    context.beginPath();
    context.arc(soma.x, soma.y, 6, 0, 2 * Math.PI);
    context.fillStyle = this.colour("--surface");
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = this.colour("--text");
    context.stroke();
    context.beginPath();
    context.arc(soma.x, soma.y, 2, 0, 2 * Math.PI);
    context.fillStyle = this.colour("--text");
    context.fill();
  }

  private drawRuler(context: CanvasRenderingContext2D, scale: number): void {
    const nm = rulerNm(scale, MOST_RULER_PX);
    const [x, y] = [10, this.canvas.clientHeight - 10];
    context.fillStyle = context.strokeStyle = this.colour("--text-quiet");
    context.lineWidth = 2;
    context.beginPath();
    trace(context, [
      { x, y },
      { x: x + nm * scale, y },
    ]);
    context.stroke();
    context.font = `11px ${getComputedStyle(this.canvas).fontFamily}`;
    context.fillText(lengthInWords(nm), x, y - 5);
  }

  /** The line again, in these strokes, one on the other. */
  private emphasize(
    context: CanvasRenderingContext2D,
    scene: Scene,
    at: number | null,
    strokes: typeof PRESENT | typeof NAMED,
  ): void {
    const line = at === null ? undefined : scene.lines[at];
    if (line === undefined) {
      return;
    }
    context.lineJoin = context.lineCap = "round";
    for (const [colour, wide] of strokes) {
      context.beginPath();
      trace(context, line.spots);
      context.strokeStyle = this.colour(colour);
      context.lineWidth = wide;
      context.stroke();
    }
  }

  private colour(token: string): string {
    return getComputedStyle(this.canvas).getPropertyValue(token).trim();
  }
}

function trace(context: CanvasRenderingContext2D, spots: readonly Spot[]): void {
  spots.forEach(({ x, y }, at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
}

/** `size` is about half of its width. */
type Shape = (context: CanvasRenderingContext2D, spot: Spot, size: number) => void;

function polygon(corners: readonly (readonly [number, number])[]): Shape {
  return (context, { x, y }, size) => {
    corners.forEach(([dx, dy], at) =>
      at === 0
        ? context.moveTo(x + size * dx, y + size * dy)
        : context.lineTo(x + size * dx, y + size * dy),
    );
    context.closePath();
  };
}

const circle = (part: number): Shape => (context, { x, y }, size) => {
  context.moveTo(x + part * size, y);
  context.arc(x, y, part * size, 0, 2 * Math.PI);
};

/** Nobody has to tell labels apart by colour. */
const SHAPES: Readonly<Record<Label | "none", Shape>> = {
  none: circle(0.85),
  correct: circle(1.15),
  incorrect: polygon([[-1, -1], [1, -1], [1, 1], [-1, 1]]),
  unsure: polygon([[0, -1.3], [1.3, 1], [-1.3, 1]]),
};
