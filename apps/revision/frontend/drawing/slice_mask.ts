/** The mask of one slice, and how it travels: as lengths of runs. */

/** In voxels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A place in voxels of a slice, from the corner of its first one: voxel (0, 0) is [0, 1) × [0, 1). */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Runs that are none of a mask of this size. */
export class RunsError extends Error {}

/** `labels` is `(height, width)` uint8, row by row: 0 = background, 1 = cleft. */
export class SliceMask implements Size {
  constructor(
    readonly width: number,
    readonly height: number,
    readonly labels: Uint8Array = new Uint8Array(width * height),
  ) {
    if (labels.length !== width * height) {
      throw new RunsError(`A mask of ${width} × ${height} voxels has not ${labels.length} labels.`);
    }
  }

  /** Reads lengths of runs, background first. Throws RunsError. */
  static ofRuns(runs: readonly number[], { width, height }: Size): SliceMask {
    const labels = new Uint8Array(width * height);
    let at = 0;
    runs.forEach((length, index) => {
      if (!Number.isInteger(length) || length < 0 || at + length > labels.length) {
        throw new RunsError(`The runs are none of a mask of ${width} × ${height} voxels.`);
      }
      labels.fill(index % 2, at, at + length);
      at += length;
    });
    if (at !== labels.length) {
      throw new RunsError(`The runs cover ${at} of ${labels.length} voxels.`);
    }
    return new SliceMask(width, height, labels);
  }

  /** Lengths of runs, row by row, beginning with background, which may be 0 long. */
  runs(): number[] {
    const runs: number[] = [];
    let present = 0;
    let length = 0;
    for (const label of this.labels) {
      if (label !== present) {
        runs.push(length);
        present = label;
        length = 0;
      }
      length += 1;
    }
    runs.push(length);
    return runs;
  }

  clone(): SliceMask {
    return new SliceMask(this.width, this.height, this.labels.slice());
  }

  at(x: number, y: number): boolean {
    return this.has(x, y) && this.labels[y * this.width + x] === 1;
  }

  has(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.width && y < this.height;
  }

  /** Sets the voxels from `from` up to but not `to` of a row; what lies beyond the mask is left out. */
  set(y: number, from: number, to: number, label: 0 | 1): void {
    if (y >= 0 && y < this.height && to > 0 && from < this.width) {
      const row = y * this.width;
      this.labels.fill(label, row + Math.max(0, from), row + Math.min(this.width, to));
    }
  }

  equals(other: SliceMask): boolean {
    return (
      this.width === other.width && this.labels.every((label, at) => label === other.labels[at])
    );
  }

  /** How many voxels are cleft. */
  count(): number {
    return this.labels.reduce((sum, label) => sum + label, 0);
  }
}
