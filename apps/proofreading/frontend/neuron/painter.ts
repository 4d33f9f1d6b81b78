/** Draws the map. What seldom changes is kept as a picture, so that pointing at sections is cheap. */

import type { Label } from "../labels";
import type { SectionState } from "./contract";
import { lengthInWords, rulerNm, type Spot } from "./geometry";
import type { Dot, Scene } from "./scene";

/** How a line of each state is drawn: colours of tokens.css, width and dashes tell them apart. */
export const STATE_STYLES: Readonly<
  Record<SectionState, { readonly colour: string; readonly width: number; readonly dashes: readonly number[] }>
> = {
  free: { colour: "--line-strong", width: 1.5, dashes: [] },
  visited: { colour: "--correct-text", width: 1.5, dashes: [7, 2] },
  done: { colour: "--correct-text", width: 3, dashes: [] },
  held: { colour: "--incorrect-text", width: 2, dashes: [2, 3] },
  mine: { colour: "--focus", width: 3, dashes: [] },
};

/** As the tiles of the grid; what has no label is hollow. */
const DOT_COLOURS: Readonly<Record<Label, string>> = {
  correct: "--correct",
  incorrect: "--incorrect",
  unsure: "--unsure",
};
const DOT_PX = 3;
const MOST_RULER_PX = 90;

/** Sections by their place in the list. */
export interface Pointed {
  readonly present: number | null;
  readonly named: number | null;
}

export class Painter {
  private readonly kept = document.createElement("canvas");
  private keptScene: Scene | null = null;
  private keptLook = "";

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** `look` is another text whenever colours have changed. */
  paint(scene: Scene, { present, named }: Pointed, look: string): void {
    const context = this.canvas.getContext("2d");
    if (context === null) {
      return;
    }
    const { width, height } = this.canvas;
    if (this.keptScene !== scene || this.keptLook !== look) {
      this.keep(scene);
      [this.keptScene, this.keptLook] = [scene, look];
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.drawImage(this.kept, 0, 0);
    this.toPixels(context);
    this.emphasize(context, scene, present, 5);
    if (named !== present) {
      this.emphasize(context, scene, named, 3);
    }
  }

  private keep(scene: Scene): void {
    this.kept.width = this.canvas.width;
    this.kept.height = this.canvas.height;
    const context = this.kept.getContext("2d");
    if (context === null) {
      return;
    }
    this.toPixels(context);
    context.lineJoin = "round";
    this.drawLines(context, scene);
    this.drawDots(context, scene.dots);
    this.drawSoma(context, scene.soma);
    this.drawRuler(context, scene.fit.scale);
  }

  private toPixels(context: CanvasRenderingContext2D): void {
    const scale = this.canvas.width / Math.max(1, this.canvas.clientWidth);
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

  private drawDots(context: CanvasRenderingContext2D, dots: readonly Dot[]): void {
    context.lineWidth = 1;
    for (const label of [null, "correct", "incorrect", "unsure"] as const) {
      context.beginPath();
      for (const dot of dots) {
        if (dot.label === label) {
          SHAPES[label ?? "none"](context, dot);
        }
      }
      context.fillStyle = this.colour(label === null ? "--surface" : DOT_COLOURS[label]);
      context.strokeStyle = this.colour(label === null ? "--text-quiet" : "--surface");
      context.fill();
      context.stroke();
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

  /** The line again, thicker, with a light rim that lifts it off the others. */
  private emphasize(
    context: CanvasRenderingContext2D,
    scene: Scene,
    at: number | null,
    width: number,
  ): void {
    const line = at === null ? undefined : scene.lines[at];
    if (line === undefined) {
      return;
    }
    context.lineJoin = context.lineCap = "round";
    for (const [colour, wide] of [["--surface", width + 4], ["--text", width]] as const) {
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

type Shape = (context: CanvasRenderingContext2D, spot: Spot) => void;

function polygon(corners: readonly (readonly [number, number])[]): Shape {
  return (context, { x, y }) => {
    corners.forEach(([dx, dy], at) =>
      at === 0 ? context.moveTo(x + dx, y + dy) : context.lineTo(x + dx, y + dy),
    );
    context.closePath();
  };
}

const circle = (radius: number): Shape => (context, { x, y }) => {
  context.moveTo(x + radius, y);
  context.arc(x, y, radius, 0, 2 * Math.PI);
};

/** Nobody has to tell labels apart by colour. */
const SHAPES: Readonly<Record<Label | "none", Shape>> = {
  none: circle(DOT_PX - 0.5),
  correct: circle(DOT_PX + 0.5),
  incorrect: polygon([[-DOT_PX, -DOT_PX], [DOT_PX, -DOT_PX], [DOT_PX, DOT_PX], [-DOT_PX, DOT_PX]]),
  unsure: polygon([[0, -DOT_PX - 1], [DOT_PX + 1, DOT_PX], [-DOT_PX - 1, DOT_PX]]),
};
