/** Finds the section under the pointer without looking at all of them. */

import type { Spot } from "./geometry";

const CELL_PX = 24;

interface Piece {
  readonly section: number;
  readonly from: Spot;
  readonly to: Spot;
}

/** Lines on a drawing, by the squares that they go through. */
export class Nearest {
  private readonly cells = new Map<number, Piece[]>();

  /** `lines` are those of sections, by their place in the list. */
  constructor(lines: readonly (readonly Spot[])[]) {
    lines.forEach((line, section) => {
      line.forEach((to, at) => this.put({ section, from: line[Math.max(0, at - 1)] ?? to, to }));
    });
  }

  /** The place in the list of the line that is nearest, at most `reachPx` away; else null. */
  find(spot: Spot, reachPx: number): number | null {
    let best: { section: number; away: number } | null = null;
    const [x0, x1] = [cellOf(spot.x - reachPx), cellOf(spot.x + reachPx)];
    const [y0, y1] = [cellOf(spot.y - reachPx), cellOf(spot.y + reachPx)];
    for (let x = x0; x <= x1; x += 1) {
      for (let y = y0; y <= y1; y += 1) {
        for (const piece of this.cells.get(keyOf(x, y)) ?? []) {
          const away = distance(spot, piece);
          if (away <= reachPx && (best === null || away < best.away)) {
            best = { section: piece.section, away };
          }
        }
      }
    }
    return best?.section ?? null;
  }

  /** Into all squares of its bounding box: pieces are short, so these are few. */
  private put(piece: Piece): void {
    const { from, to } = piece;
    for (let x = cellOf(Math.min(from.x, to.x)); x <= cellOf(Math.max(from.x, to.x)); x += 1) {
      for (let y = cellOf(Math.min(from.y, to.y)); y <= cellOf(Math.max(from.y, to.y)); y += 1) {
        const key = keyOf(x, y);
        const cell = this.cells.get(key);
        if (cell === undefined) {
          this.cells.set(key, [piece]);
        } else {
          cell.push(piece);
        }
      }
    }
  }
}

/** Drawings are far smaller than so many squares. */
function keyOf(x: number, y: number): number {
  return x * 2 ** 20 + y;
}

function cellOf(at: number): number {
  return Math.floor(at / CELL_PX);
}

function distance(spot: Spot, { from, to }: Piece): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const long = dx * dx + dy * dy;
  const along = long === 0 ? 0 : ((spot.x - from.x) * dx + (spot.y - from.y) * dy) / long;
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(spot.x - from.x - at * dx, spot.y - from.y - at * dy);
}
