/** The known synapses around the place in view, asked for anew when one has moved far. */

import { signal } from "@preact/signals";

import type { Transport } from "../../../proofreading/frontend/transport";
import { parseAround, type Known, type Triple } from "./contract";

/** Of the reach of what was asked for. */
const FAR = 0.5;
const FAILED_MS = 3000;

export class Surroundings {
  readonly known = signal<readonly Known[]>([]);
  /** Whether there are more than are told. */
  readonly isCut = signal(false);
  private asked: { readonly position: Triple; reachNm: number } | null = null;

  constructor(
    private readonly url: string,
    private readonly transport: Transport,
    private readonly voxelNm: Triple,
  ) {}

  lookAt(position: Triple): void {
    if (this.asked === null || this.isFar(position, this.asked)) {
      void this.ask(position);
    }
  }

  /** What is there may have changed: it is asked for at the next look. */
  forget(): void {
    this.asked = null;
  }

  private isFar(position: Triple, asked: { readonly position: Triple; readonly reachNm: number }): boolean {
    const steps = position.map((at, axis) => (at - (asked.position[axis] ?? 0)) * (this.voxelNm[axis] ?? 1));
    return Math.hypot(...steps) > FAR * asked.reachNm;
  }

  private async ask(position: Triple): Promise<void> {
    const asked = { position, reachNm: Number.POSITIVE_INFINITY };
    this.asked = asked;
    try {
      const answer = parseAround(await this.transport.postJson(this.url, { position }), "around");
      asked.reachNm = answer.reach_nm;
      if (this.asked === asked) {
        this.known.value = answer.points;
        this.isCut.value = !answer.is_all;
      }
    } catch (error) {
      console.warn(error);
      setTimeout(() => {
        if (this.asked === asked) {
          this.asked = null; // the next look asks again
        }
      }, FAILED_MS);
    }
  }
}
