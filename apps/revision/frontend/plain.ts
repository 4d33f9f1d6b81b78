/** What went wrong, in words for people: no names of fields, no codes. */

import { HttpError } from "../../core/frontend/http";
import { FieldError } from "../../core/frontend/readers";
import { withoutField } from "../../core/frontend/sentences";

const AGAIN = "The server answered in a way that this page does not understand. Load the page again.";
const TWICE = "This was sent before as something else. Load the page again.";

/** How people call what the server names. Of others the sentence says enough without. */
const NAMES: Readonly<Record<string, string>> = {
  nm: "The place",
  position: "The place",
  pre: "The presynaptic point",
  post: "The postsynaptic point",
  z1: "Z1",
  z2: "Z2",
};

export function plainSentence(error: unknown): string {
  if (error instanceof FieldError) {
    return AGAIN;
  }
  if (!(error instanceof HttpError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { field, sentence } = error;
  if (field === "key") {
    return TWICE;
  }
  const name = NAMES[field ?? ""];
  if (name === undefined || !sentence.startsWith(`${field}: `)) {
    return withoutField(sentence, field);
  }
  const rest = sentence.slice(`${field}: `.length);
  return `${name}${rest.startsWith("(") ? "" : ":"} ${rest}`;
}

/** Tables count from 0, people from 1. */
export function addedName(sourceId: string): string {
  return `Added synapse ${addedNumber(sourceId)}`;
}

export function addedNumber(sourceId: string): number {
  return Number(sourceId) + 1;
}
