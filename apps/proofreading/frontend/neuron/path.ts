/** A way through space, to be walked along by distance. */

import type { Triple } from "./contract";
import { distance, dot, minus, plus, times } from "./vectors";

/** A straight piece of the way; `start` is how far its beginning lies from that of the way. */
interface Piece {
  readonly from: Triple;
  readonly to: Triple;
  readonly start: number;
  readonly length: number;
}

export class Path {
  readonly lengthNm: number;
  private readonly pieces: readonly Piece[];

  /** `points`: x, y, z in nm. One point, or none, is a way of no length. */
  constructor(points: readonly Triple[]) {
    let start = 0;
    this.pieces = points.map((to, at) => {
      const from = points[at - 1] ?? to;
      const piece = { from, to, start, length: distance(from, to) };
      start += piece.length;
      return piece;
    });
    this.lengthNm = start;
  }

  /** The place so far from the beginning; the ends where that lies outside. */
  at(nm: number): Triple {
    const piece =
      this.pieces.find(({ start, length }) => nm <= start + length) ?? this.pieces.at(-1);
    if (piece === undefined) {
      return [0, 0, 0];
    }
    return placeOn(piece, piece.length === 0 ? 0 : (nm - piece.start) / piece.length);
  }

  /** How far from the beginning the place of the way lies that is nearest to `point`. */
  nearest(point: Triple): number {
    let best = { away: Infinity, nm: 0 };
    for (const piece of this.pieces) {
      const part = share(piece, point);
      const away = distance(placeOn(piece, part), point);
      if (away < best.away) {
        best = { away, nm: piece.start + part * piece.length };
      }
    }
    return best.nm;
  }
}

function placeOn({ from, to }: Piece, part: number): Triple {
  return plus(from, times(Math.min(1, Math.max(0, part)), minus(to, from)));
}

/** Which part of the piece is nearest to `point`, 0 to 1. */
function share({ from, to, length }: Piece, point: Triple): number {
  const along = length === 0 ? 0 : dot(minus(point, from), minus(to, from)) / length ** 2;
  return Math.min(1, Math.max(0, along));
}
