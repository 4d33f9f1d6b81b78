/** Sends labels and says what became of each: the one reading of the server's answer. */

import { fieldsOf, listField } from "../../core/frontend/fields";
import { HttpError } from "../../core/frontend/http";
import { list, number, object, text, word, type Read } from "../../core/frontend/readers";
import { LABELS } from "./labels";
import type { Verdict } from "./verdict_queue";

const refusal = object({ key: text, item: number, code: text, sentence: text });
const presentLabel = object({
  item: number,
  label: word(...LABELS),
  categories: list(text),
  note: text,
  verdict: text,
});
const fates = object({
  kept: list(text),
  late: list(text),
  refused: list(refusal),
  present: list(presentLabel),
});

/** A label that is not stored, and never will be. */
export type Refusal = Read<typeof refusal>;
/** The label that an item has, where a label for it was refused. */
export type PresentLabel = Read<typeof presentLabel>;

/** What became of labels: by key, those stored in time, those stored as late, and the others. */
export interface Fates extends Read<typeof fates> {
  /** What the server says of all of them, where not all were kept. */
  readonly error: HttpError | null;
}

/** Every label that was sent is in one of the three. */
export function keysOf({ kept, late, refused }: Fates): readonly string[] {
  return [...kept, ...late, ...refused.map(({ key }) => key)];
}

/** Refused because the label was changed elsewhere meanwhile; others for good reasons of the page. */
export function isOutdated({ code }: Refusal): boolean {
  return code === "stale_label";
}

/**
 * Sends labels. What it throws has left all of them unsent, as far as is known: they are sent
 * again, which is harmless.
 */
export async function sendLabels(
  post: (verdicts: readonly Verdict[]) => Promise<unknown>,
  verdicts: readonly Verdict[],
): Promise<Fates> {
  try {
    const answer = await post(verdicts);
    const kept = listField(fieldsOf(answer, "answer"), "kept").map(String);
    return { kept, late: [], refused: [], present: [], error: null };
  } catch (error) {
    if (!(error instanceof HttpError)) {
      throw error;
    }
    if (error.status === 409 && hasFates(error.details)) {
      return { ...fates(error.details, "error"), error };
    }
    if (error.code === "invalid" && verdicts.length > 1) {
      return oneByOne(post, verdicts); // one that cannot be used holds the others back
    }
    if (error.code === "invalid" || error.code === "not_found") {
      return allRefused(error, verdicts);
    }
    throw error;
  }
}

/** A conflict of another kind tells of no labels. */
function hasFates(details: unknown): boolean {
  return typeof details === "object" && details !== null && "refused" in details;
}

async function oneByOne(
  post: (verdicts: readonly Verdict[]) => Promise<unknown>,
  verdicts: readonly Verdict[],
): Promise<Fates> {
  const each: Fates[] = [];
  for (const verdict of verdicts) {
    each.push(await sendLabels(post, [verdict]));
  }
  return {
    kept: each.flatMap(({ kept }) => kept),
    late: each.flatMap(({ late }) => late),
    refused: each.flatMap(({ refused }) => refused),
    present: each.flatMap(({ present }) => present),
    error: each.find(({ error }) => error !== null)?.error ?? null,
  };
}

function allRefused(error: HttpError, verdicts: readonly Verdict[]): Fates {
  const { code, message: sentence } = error;
  const refused = verdicts.map(({ key, item }) => ({ key, item, code, sentence }));
  return { kept: [], late: [], refused, present: [], error };
}

/** "One label was not stored: …", once for each reason; empty where there is none. */
export function toldOfRefused(refused: readonly Refusal[]): string {
  const reasons = new Map<string, number>();
  for (const { sentence } of refused) {
    reasons.set(sentence, (reasons.get(sentence) ?? 0) + 1);
  }
  return [...reasons]
    .map(([sentence, count]) => `${labelsWere(count)} not stored: ${sentence}`)
    .join(" ");
}

function labelsWere(count: number): string {
  return count === 1 ? "One label was" : `${count} labels were`;
}
