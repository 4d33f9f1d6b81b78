/** What the server tells of exports. */

import { flag, list, nullable, number, object, text, word, type Read } from "../../core/frontend/readers";

const file = object({
  name: text,
  format: text,
  bytes: number,
  sha256: text,
  /** How many synapses it holds, where its format keeps those alone that somebody drew on or set a point of. */
  instances: nullable(number),
  link: text,
});

const exported = object({
  key: text,
  /** By which people and the record tell it apart. */
  number,
  state: word("waiting", "writing", "ready", "failed", "cancelled", "expired", "removed"),
  is_cancelling: flag,
  asked_by: nullable(text),
  asked_at: text,
  formats: list(text),
  options: object({ discarded: text, unjudged: text, people: text }),
  stage: word("", "reading", "joining"),
  done: number,
  total: nullable(number),
  written: number,
  left_out: number,
  failure: text,
  expires_at: nullable(text),
  files: list(file),
  neuroglancer: nullable(text),
  viewer_state: nullable(text),
});

const exportList = object({ exports: list(exported) });

export type Export = Read<typeof exported>;
export type ExportFile = Read<typeof file>;

export function readExport(answer: unknown): Export {
  return exported(answer, "export");
}

export function readExports(answer: unknown): readonly Export[] {
  return exportList(answer, "exports").exports;
}

/** What the page itself is told. */
const given = object({
  url: text,
  days: number,
  link_hours: number,
  /** Of how many synapses somebody drew a slice so far, of how many set a point; counted to one more than the most. */
  drawn: number,
  with_points: number,
  most_counted: number,
});

export type Given = Read<typeof given>;

export function readGiven(value: unknown): Given {
  return given(value, "given");
}

export interface Choices {
  readonly formats: readonly string[];
  readonly discarded: string;
  readonly unjudged: string;
  readonly people: string;
}
