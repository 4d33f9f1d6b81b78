/** What is wrong with a synapse, in words. */

import type { Category } from "./contract";
import { LABEL_WORDS, type Reasons, type Said } from "./labels";

/** "Two in one, Sides swapped: at the edge"; empty where nothing is said. */
export function reasonsOf({ categories, note }: Reasons, known: readonly Category[]): string {
  const titles = categories.map((key) => known.find((each) => each.key === key)?.title ?? key);
  return [titles.join(", "), note].filter((part) => part !== "").join(": ");
}

/** "incorrect (Two in one)". */
export function wordsOf(said: Said, known: readonly Category[]): string {
  const word = LABEL_WORDS[said.label].toLowerCase();
  const reasons = said.label !== "correct" ? reasonsOf(said, known) : "";
  return reasons === "" ? word : `${word} (${reasons})`;
}

/** The kinds that can be chosen for a synapse: those on offer, and those that it has. */
export function choicesFor({ categories }: Reasons, known: readonly Category[]): readonly Category[] {
  return known.filter(({ key, isOffered }) => isOffered || categories.includes(key));
}
