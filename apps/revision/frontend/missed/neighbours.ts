/** The known synapses near a place that may be the same. */

import { signal } from "@preact/signals";

import type { Transport } from "../../../proofreading/frontend/transport";
import { parseNear, type Neighbour, type Triple } from "./contract";

const ASK_AFTER_MS = 200;

export class Neighbours {
  readonly found = signal<readonly Neighbour[]>([]);
  /** "unknown" where they could not be asked for: the server looks again before it saves. */
  readonly state = signal<"none" | "asking" | "told" | "unknown">("none");
  readonly withinNm = signal<number | null>(null);
  private at = "";
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly url: string,
    private readonly transport: Transport,
  ) {}

  /** Asks once somebody has stopped changing the place; null asks for nothing. */
  askAt(position: Triple | null): void {
    const at = position?.join() ?? "";
    if (at === this.at) {
      return;
    }
    this.at = at;
    this.found.value = [];
    this.stop();
    this.state.value = position === null ? "none" : "asking";
    if (position !== null) {
      this.timer = setTimeout(() => void this.ask(position), ASK_AFTER_MS);
    }
  }

  /** They are known already: the server refused to save. */
  tell(found: readonly Neighbour[]): void {
    this.stop();
    this.found.value = found;
    this.state.value = "told";
  }

  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private async ask(position: Triple): Promise<void> {
    const at = position.join();
    try {
      const answer = parseNear(await this.transport.postJson(this.url, { position }), "near");
      if (this.at === at) {
        this.withinNm.value = answer.near_nm;
        this.tell(answer.near);
      }
    } catch (error) {
      if (this.at === at) {
        this.state.value = "unknown";
      }
      console.warn(error);
    }
  }
}
