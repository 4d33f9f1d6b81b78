/** Sends what a closed, crashed or logged-out page left behind, once its person is here again. */

import { fieldsOf, listField } from "../../core/frontend/fields";
import { HttpError, isTransient } from "../../core/frontend/http";
import { sendingLock } from "./kept_labels";
import { alone, livingTabs, type KeptLabel, type Outbox } from "./outbox";
import type { Transport } from "./transport";
import { LARGEST_BATCH, type Verdict } from "./verdict_queue";

/** A tab that lives sends its labels itself; after this time another one helps. */
const HELP_AFTER_MS = 5_000;

export interface Outcome {
  /** Labels that the server has now. */
  saved: number;
  /** Of a page that had gone to somebody else: stored as late. */
  late: number;
  /** Older than what another tab or computer has said since; they are dropped. */
  outdated: number;
  /** They stay here; `sentence` says why. */
  left: number;
  sentence: string;
}

export async function sendLeftovers(
  outbox: Outbox,
  person: string,
  transport: Transport,
  now: number = Date.now(),
): Promise<Outcome> {
  const outcome: Outcome = { saved: 0, late: 0, outdated: 0, left: 0, sentence: "" };
  const living = await livingTabs();
  const isLeft = (label: KeptLabel) =>
    !living.has(label.tab) || now - label.storedAt > HELP_AFTER_MS;
  const urls = (await outbox.of(person)).filter(isLeft).map((label) => label.url);
  for (const url of new Set(urls)) {
    await alone(sendingLock(url), async () => {
      // Another tab may have sent some while this one waited for its turn.
      const left = (await outbox.of(person)).filter((label) => label.url === url && isLeft(label));
      await sendTo(url, left.map((label) => label.verdict), outbox, transport, outcome);
    });
  }
  return outcome;
}

async function sendTo(
  url: string,
  verdicts: readonly Verdict[],
  outbox: Outbox,
  transport: Transport,
  outcome: Outcome,
): Promise<void> {
  for (let start = 0; start < verdicts.length; start += LARGEST_BATCH) {
    const batch = verdicts.slice(start, start + LARGEST_BATCH);
    const keys = batch.map((verdict) => verdict.key);
    try {
      await transport.postJson(url, { verdicts: batch });
      outcome.saved += batch.length;
    } catch (error) {
      if (!heed(error, batch.length, outcome)) {
        outcome.left += verdicts.length - start;
        return;
      }
    }
    await outbox.remove(keys);
  }
}

/** Whether the server is done with these labels, in whatever way. */
function heed(error: unknown, count: number, outcome: Outcome): boolean {
  if (!(error instanceof HttpError)) {
    if (!isTransient(error)) {
      throw error;
    }
    outcome.sentence = "The server cannot be reached.";
    return false;
  }
  if (error.code === "stale_lease") {
    outcome.late += count;
    return true;
  }
  if (error.code === "stale_label") {
    const kept = listField(fieldsOf(error.details, "error"), "kept").length;
    outcome.saved += kept;
    outcome.outdated += count - kept;
    return true;
  }
  outcome.sentence = error.message;
  return false;
}

/** What the person is told; empty where nothing was left behind. */
export function toldOf(outcome: Outcome): string {
  const parts: string[] = [];
  if (outcome.saved > 0) {
    parts.push(`${labels(outcome.saved)} that you made before ${are(outcome.saved)} saved now.`);
  }
  if (outcome.late > 0) {
    parts.push(`${labels(outcome.late)} came after the page had ended and ${are(outcome.late)} kept as late.`);
  }
  if (outcome.outdated > 0) {
    parts.push(`${labels(outcome.outdated)} had been changed elsewhere since, and the newer stands.`);
  }
  if (outcome.left > 0) {
    parts.push(`${labels(outcome.left)} could not be sent yet: ${outcome.sentence}`);
  }
  return parts.join(" ");
}

function labels(count: number): string {
  return count === 1 ? "One label" : `${count} labels`;
}

function are(count: number): string {
  return count === 1 ? "is" : "are";
}
