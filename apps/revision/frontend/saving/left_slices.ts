/** Sends the slices and points that a closed, crashed or logged-out page left behind, once their person is here
 * again. */

import { HttpError, isSessionEnd, isTransient } from "../../../core/frontend/http";
import { FieldError } from "../../../core/frontend/readers";
import type { LeftBehind } from "../../../proofreading/frontend/leftovers";
import { alone, livingTabs } from "../../../proofreading/frontend/tabs";
import { parseKept, parseMarkers } from "../contract";
import { keyOf, sendingLock, type Kept, type SliceOutbox } from "./kept_slices";
import type { PostJson } from "./slice_queue";

/** A tab that lives sends its slices itself; after this time another one helps. */
const HELP_AFTER_MS = 30_000;
const CHANGED = new Set(["slice_changed", "marker_changed"]);
const OTHER_PERSON = "other_person";

export const DISCARD_QUESTION =
  "The server does not take what you drew. Discard it, so that it is not sent again?";

type Fate = "saved" | "beside" | "waiting" | "stuck";

export interface LeftSlicesTold extends LeftBehind {
  /** Whether all of it is saved now: there is nothing to be done. */
  readonly isGood: boolean;
}

interface Counts {
  readonly slices: Record<Fate, number>;
  readonly points: Record<Fate, number>;
}

/** Sends them one by one, the oldest first; null where nothing was left behind. */
export async function sendLeftSlices(
  outbox: SliceOutbox,
  person: string,
  post: PostJson,
  now: number = Date.now(),
): Promise<LeftSlicesTold | null> {
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
  private readonly fates: Counts = { slices: none(), points: none() };
  private hasFailed = false;
  private readonly stuck: string[] = [];
  private why = "";
  /** By address, slice or side, and tab: the version that the last one became. */
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly outbox: SliceOutbox,
    private readonly post: PostJson,
  ) {}

  async send(kept: Kept): Promise<void> {
    const fates = "point" in kept ? this.fates.points : this.fates.slices;
    if (this.hasFailed) {
      fates.waiting += 1; // it would fail as the last one did
      return;
    }
    // Of two that a tab drew of one slice the second is a change of the first; another tab did not
    // know of it.
    const place = placeOf(kept);
    try {
      const number = await this.post(kept.url, bodyOf(kept, this.numbers.get(place))).then(
        (answer) => numberOf(kept, answer),
      );
      if (number !== undefined) {
        this.numbers.set(place, number);
      }
      fates.saved += 1;
    } catch (error) {
      const fate = fateOf(error);
      fates[fate] += 1;
      this.hasFailed = fate === "waiting";
      if (fate === "waiting" || fate === "stuck") {
        this.why = error instanceof Error ? error.message : String(error);
        this.stuck.push(...(fate === "stuck" ? [keyOf(kept)] : []));
        return;
      }
    }
    await this.outbox.remove([keyOf(kept)]);
  }

  told(): LeftSlicesTold | null {
    const { slices, points } = this.fates;
    const both = (fate: Fate, became: string) => [
      told(slices[fate], "slice", "you drew", became),
      told(points[fate], "point", "you set", became),
    ];
    const beside = "kept beside what is saved there now: it has been changed since.";
    const parts = [
      ...both("saved", "saved now."),
      told(slices.beside, "slice", "you drew", `${beside} The versions of the slice have both.`),
      told(points.beside, "point", "you set", beside),
      ...both("waiting", `not sent yet: ${this.why}`),
      ...both("stuck", `not taken by the server: ${this.why}`),
    ].filter((part) => part !== "");
    if (parts.length === 0) {
      return null;
    }
    const discard = () => this.outbox.remove(this.stuck);
    const isGood = [slices, points].every((one) => one.beside + one.waiting + one.stuck === 0);
    return { sentence: parts.join(" "), discard: this.stuck.length > 0 ? discard : null, isGood };
  }
}

function none(): Record<Fate, number> {
  return { saved: 0, beside: 0, waiting: 0, stuck: 0 };
}

function placeOf(kept: Kept): string {
  return [kept.url, "point" in kept ? kept.point.side : kept.slice.z, kept.tab].join(" ");
}

function bodyOf(kept: Kept, base: number | undefined): unknown {
  if ("point" in kept) {
    return { markers: [{ ...kept.point, base: base ?? kept.point.base }] };
  }
  return { slices: [{ ...kept.slice, base: base ?? kept.slice.base }] };
}

/** The version that it became. */
function numberOf(kept: Kept, answer: unknown): number | undefined {
  return "point" in kept
    ? parseMarkers(answer)[kept.point.side].number
    : parseKept(answer)[0]?.number;
}

/** Rejects with what is none of the server's answers. */
function fateOf(error: unknown): Fate {
  if (error instanceof HttpError && CHANGED.has(error.code)) {
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

function told(count: number, what: string, made: string, became: string): string {
  if (count === 0) {
    return "";
  }
  return count === 1
    ? `One ${what} that ${made} before is ${became}`
    : `${count} ${what}s that ${made} before are ${became}`;
}
