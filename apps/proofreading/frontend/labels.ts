/** The three labels, their order, words and signs, and what is said with one. */

export const LABELS = ["correct", "incorrect", "unsure"] as const;

export type Label = (typeof LABELS)[number];

/** What is wrong with a synapse: kinds of error, by their keys, and a note. */
export interface Reasons {
  readonly categories: readonly string[];
  readonly note: string;
}

export const NO_REASONS: Reasons = { categories: [], note: "" };

/** All that a person says of a synapse. What is correct has no reasons. */
export interface Said extends Reasons {
  readonly label: Label;
}

export function isSame(one: Said, other: Said): boolean {
  const kinds = new Set(one.categories);
  return (
    one.label === other.label &&
    one.note === other.note &&
    kinds.size === new Set(other.categories).size &&
    other.categories.every((key) => kinds.has(key))
  );
}

export const LABEL_WORDS: Readonly<Record<Label, string>> = {
  correct: "Correct",
  incorrect: "Incorrect",
  unsure: "Unsure",
};

/** A sign beside the colour, so that no one has to tell the labels apart by colour. */
export const LABEL_SIGNS: Readonly<Record<Label, string>> = {
  correct: "✓",
  incorrect: "✗",
  unsure: "?",
};

/** The label that a click sets: correct → incorrect → unsure → correct. */
export function nextLabel(label: Label): Label {
  return LABELS[(LABELS.indexOf(label) + 1) % LABELS.length] ?? "correct";
}

export function countLabels(labels: Iterable<Label | null>): Record<Label, number> {
  const counts: Record<Label, number> = { correct: 0, incorrect: 0, unsure: 0 };
  for (const label of labels) {
    if (label !== null) {
      counts[label] += 1;
    }
  }
  return counts;
}
