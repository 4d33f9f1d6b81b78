/** What the server tells of files to restore campaigns from. */

import { flag, list, nullable, number, object, record, text, word, type Read } from "../../core/frontend/readers";

const holdings = object({
  form: text,
  records: number,
  pages: number,
  labels: record(number),
  kinds: list(object({ name: text, count: number })),
  missed: number,
  polarity: number,
  polarity_first: text,
  drawn: number,
  along_neurons: number,
  begun_at: nullable(text),
  ended_at: nullable(text),
  names_zone: flag,
});

/** What somebody says of a file. */
const choices = object({
  name: text,
  table: nullable(number),
  dataset: nullable(number),
  new_table: text,
  annotator: text,
  managers: list(text),
  polarity_switch: text,
  missed: flag,
  labels: flag,
});

const restore = object({
  key: text,
  name: text,
  size: number,
  state: word("reading", "refused", "read", "waiting", "making", "made"),
  waits: flag,
  found: nullable(holdings),
  choices: nullable(choices),
  failure: text,
  field: text,
  notices: list(text),
  address: text,
  done: number,
  total: number,
  asked_at: text,
});

const restores = object({ restores: list(restore) });

export type Holdings = Read<typeof holdings>;
export type Choices = Read<typeof choices>;
export type Restore = Read<typeof restore>;

export function readRestore(answer: unknown): Restore {
  return restore(answer, "restore");
}

export function readRestores(answer: unknown): readonly Restore[] {
  return restores(answer, "restores").restores;
}

/** What the page itself is told. */
const choice = object({ id: number, title: text });
const given = object({ url: text, tables: list(choice), datasets: list(choice), me: text, most_mb: number });

export type Given = Read<typeof given>;

export function readGiven(value: unknown): Given {
  return given(value, "given");
}

/** While a campaign is made the form is out of sight only: what was chosen is there if it cannot be. */
export function hasForm(one: Restore): boolean {
  return one.state === "read" || one.state === "waiting" || one.state === "making";
}

export function isUnfinished(one: Restore): boolean {
  return one.state === "reading" || one.state === "waiting" || one.state === "making";
}
