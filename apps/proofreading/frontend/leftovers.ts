/** Sends what a closed, crashed or logged-out page left behind, once its person is here again. */

import { isSessionEnd, isTransient, HttpError } from "../../core/frontend/http";
import { FieldError } from "../../core/frontend/readers";
import { isOutdated, keysOf, sendLabels, toldOfRefused, type Refusal } from "./fates";
import { sendingLock } from "./kept_labels";
import type { KeptLabel, Outbox } from "./outbox";
import { alone, livingTabs } from "./tabs";
import type { Transport } from "./transport";
import { LARGEST_BATCH, type Verdict } from "./verdict_queue";

/** A tab that lives sends its labels itself; after this time another one helps. */
const HELP_AFTER_MS = 5_000;
/** Somebody else is logged in here now. */
const OTHER_PERSON = "other_person";

export const DISCARD_QUESTION =
  "The server does not take these labels. Discard them, so that they are not sent again?";

/** What the person is told of labels that were left behind. */
export interface LeftBehind {
  readonly sentence: string;
  /** Drops those that the server does not take, unsent; null where there are none. */
  readonly discard: (() => Promise<void>) | null;
}

/** Sends them to each address in turn; null where nothing was left behind. */
export async function sendLeftovers(
  outbox: Outbox,
  person: string,
  transport: Transport,
  now: number = Date.now(),
): Promise<LeftBehind | null> {
  const living = await livingTabs();
  const isLeft = (label: KeptLabel) =>
    !living.has(label.tab) || now - label.storedAt > HELP_AFTER_MS;
  const leftAt = async (url: string) =>
    (await outbox.of(person)).filter((label) => label.url === url && isLeft(label));
  const sending = new Leftovers(outbox, transport);
  for (const url of new Set((await outbox.of(person)).filter(isLeft).map(({ url }) => url))) {
    // Another tab may have sent some while this one waited for its turn.
    const send = async () =>
      sending.sendTo(url, (await leftAt(url)).map(({ verdict }) => verdict));
    await (sending.isStopped ? send() : alone(sendingLock(url), send));
  }
  return sending.told();
}

class Leftovers {
  private saved = 0;
  private late = 0;
  private readonly refused: Refusal[] = [];
  /** Those that could not be sent now, and why. */
  private waiting = 0;
  private whyWaiting: unknown = null;
  /** Those that the server does not take, and why. */
  private readonly stuck: string[] = [];
  private whyStuck = "";

  constructor(
    private readonly outbox: Outbox,
    private readonly transport: Transport,
  ) {}

  /** Whether what is left is only counted: the next address would fail as the last one did. */
  get isStopped(): boolean {
    return this.whyWaiting !== null;
  }

  async sendTo(url: string, verdicts: readonly Verdict[]): Promise<void> {
    for (let start = 0; start < verdicts.length; start += LARGEST_BATCH) {
      if (this.isStopped) {
        this.waiting += verdicts.length - start;
        return;
      }
      await this.send(url, verdicts.slice(start, start + LARGEST_BATCH));
    }
  }

  private async send(url: string, batch: readonly Verdict[]): Promise<void> {
    try {
      const fates = await sendLabels(
        (part) => this.transport.postJson(url, { verdicts: part }),
        batch,
      );
      this.saved += fates.kept.length;
      this.late += fates.late.length;
      this.refused.push(...fates.refused);
      await this.outbox.remove(keysOf(fates));
    } catch (error) {
      this.heed(error, batch);
    }
  }

  private heed(error: unknown, batch: readonly Verdict[]): void {
    if (isTransient(error) || isSessionEnd(error) || isOtherPerson(error)) {
      this.waiting += batch.length;
      this.whyWaiting = error;
    } else if (error instanceof HttpError || error instanceof FieldError) {
      this.stuck.push(...batch.map(({ key }) => key));
      this.whyStuck = error.message;
    } else {
      throw error;
    }
  }

  told(): LeftBehind | null {
    const outdated = this.refused.filter(isOutdated).length;
    const parts = [
      told(this.saved, "that you made before", "saved now."),
      told(this.late, "that you made before came after the page had ended and", "kept as late."),
      told(outdated, "that you made before", "not stored: changed elsewhere since."),
      toldOfRefused(this.refused.filter((each) => !isOutdated(each))),
      told(this.waiting, "that you made before", `not sent yet: ${sentenceOf(this.whyWaiting)}`),
      told(this.stuck.length, "that you made before", `not taken by the server: ${this.whyStuck}`),
    ].filter((part) => part !== "");
    if (parts.length === 0) {
      return null;
    }
    const discard = () => this.outbox.remove(this.stuck);
    return { sentence: parts.join(" "), discard: this.stuck.length > 0 ? discard : null };
  }
}

function isOtherPerson(error: unknown): boolean {
  return error instanceof HttpError && error.code === OTHER_PERSON;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

/** "2 labels that you made before are saved now."; empty for none. */
function told(count: number, which: string, became: string): string {
  if (count === 0) {
    return "";
  }
  return count === 1 ? `One label ${which} is ${became}` : `${count} labels ${which} are ${became}`;
}
