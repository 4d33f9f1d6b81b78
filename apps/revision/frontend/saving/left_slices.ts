/** Sends the slices that a closed, crashed or logged-out page left behind, once their person is here
 * again. */

import { HttpError, isSessionEnd, isTransient } from "../../../core/frontend/http";
import { FieldError } from "../../../core/frontend/readers";
import type { LeftBehind } from "../../../proofreading/frontend/leftovers";
import { alone, livingTabs } from "../../../proofreading/frontend/tabs";
import { parseKept } from "../contract";
import { sendingLock, type KeptSlice, type SliceOutbox } from "./kept_slices";
import type { PostJson } from "./slice_queue";

/** A tab that lives sends its slices itself; after this time another one helps. */
const HELP_AFTER_MS = 30_000;
const CHANGED = "slice_changed";
const OTHER_PERSON = "other_person";

type Fate = "saved" | "beside" | "waiting" | "stuck";

/** Sends them one by one, the oldest first; null where nothing was left behind. */
export async function sendLeftSlices(
  outbox: SliceOutbox,
  person: string,
  post: PostJson,
  now: number = Date.now(),
): Promise<LeftBehind | null> {
  const living = await livingTabs();
  const left = (await outbox.of(person)).filter(
    ({ tab, storedAt }) => !living.has(tab) || now - storedAt > HELP_AFTER_MS,
  );
  const sending = new LeftSlices(outbox, post);
  for (const kept of left) {
    await alone(sendingLock(kept.url), () => sending.send(kept));
  }
  return sending.told();
}

class LeftSlices {
  private readonly fates: Record<Fate, number> = { saved: 0, beside: 0, waiting: 0, stuck: 0 };
  private readonly stuck: string[] = [];
  private why = "";
  /** By address, slice and tab: the version that the last one became. */
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly outbox: SliceOutbox,
    private readonly post: PostJson,
  ) {}

  async send({ url, slice, tab }: KeptSlice): Promise<void> {
    if (this.fates.waiting > 0) {
      this.fates.waiting += 1; // it would fail as the last one did
      return;
    }
    const place = `${url} ${slice.z} ${tab}`;
    // Of two that a tab drew of one slice the second is a change of the first; another tab did not
    // know of it.
    const base = this.numbers.get(place) ?? slice.base;
    try {
      const answer = await this.post(url, { slices: [{ ...slice, base }] });
      parseKept(answer).forEach(({ number }) => this.numbers.set(place, number));
      this.fates.saved += 1;
    } catch (error) {
      const fate = fateOf(error);
      this.fates[fate] += 1;
      if (fate === "waiting" || fate === "stuck") {
        this.why = error instanceof Error ? error.message : String(error);
        this.stuck.push(...(fate === "stuck" ? [slice.key] : []));
        return;
      }
    }
    await this.outbox.remove([slice.key]);
  }

  told(): LeftBehind | null {
    const { saved, beside, waiting, stuck } = this.fates;
    const parts = [
      told(saved, "saved now."),
      told(
        beside,
        "kept beside what is saved there now: it has been changed since. The versions of the slice " +
          "have both.",
      ),
      told(waiting, `not sent yet: ${this.why}`),
      told(stuck, `not taken by the server: ${this.why}`),
    ].filter((part) => part !== "");
    if (parts.length === 0) {
      return null;
    }
    const discard = () => this.outbox.remove(this.stuck);
    return { sentence: parts.join(" "), discard: this.stuck.length > 0 ? discard : null };
  }
}

/** Rejects with what is none of the server's answers. */
function fateOf(error: unknown): Fate {
  if (error instanceof HttpError && error.code === CHANGED) {
    return "beside";
  }
  const isOther = error instanceof HttpError && error.code === OTHER_PERSON;
  if (isTransient(error) || isSessionEnd(error) || isOther) {
    return "waiting";
  }
  if (error instanceof HttpError || error instanceof FieldError) {
    return "stuck";
  }
  throw error;
}

function told(count: number, became: string): string {
  if (count === 0) {
    return "";
  }
  return count === 1
    ? `One slice that you drew before is ${became}`
    : `${count} slices that you drew before are ${became}`;
}
