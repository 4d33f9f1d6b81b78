/** What somebody says of a file, as it stands in the form; without a page. */

import { FieldError, flag, object, text, type Read } from "../../core/frontend/readers";
import { keptOrForgotten, type KeptValues } from "../../proofreading/frontend/storage";
import type { Choices, Given, Restore } from "./restore_contract";
import { namesIn } from "./restore_model";

/** Instead of the id of a table: one is made of the file. */
export const NEW = "new";
const SESSION = keptOrForgotten(() => window.sessionStorage);

const values = object({
  name: text,
  table: text,
  dataset: text,
  new_table: text,
  annotator: text,
  managers: text,
  polarity_switch: text,
  missed: flag,
  labels: flag,
});

export type Values = Read<typeof values>;

/** As they stood in this tab before the page was loaded anew; else as they were asked for last.
 *
 * What was chosen and is offered no more, as a table that has a newer version since, is to be chosen anew: "". */
export function valuesFor(one: Restore, given: Given, storage: KeptValues = SESSION): Values {
  const first = firstValues(one, given);
  const found = draftOf(one.key, storage) ?? (one.choices === null ? null : valuesOf(one.choices, first));
  if (found === null) {
    return first;
  }
  const offered = (id: string, among: Given["tables"]) => (among.some((each) => String(each.id) === id) ? id : "");
  return {
    ...found,
    table: found.table === NEW ? NEW : offered(found.table, given.tables),
    dataset: offered(found.dataset, given.datasets),
    new_table: found.new_table === "" ? first.new_table : found.new_table,
  };
}

function firstValues(one: Restore, given: Given): Values {
  const title = one.name.replace(/\.json$/i, "");
  return {
    name: title,
    table: String(given.tables[0]?.id ?? NEW),
    dataset: String(given.datasets[0]?.id ?? ""),
    new_table: title,
    annotator: given.me,
    managers: "",
    polarity_switch: "",
    missed: true,
    labels: true,
  };
}

function valuesOf({ table, dataset, managers, ...same }: Choices, first: Values): Values {
  return {
    ...same,
    table: table === null ? NEW : String(table),
    dataset: dataset === null ? first.dataset : String(dataset),
    managers: managers.join(", "),
  };
}

export function choicesOf({ table, dataset, new_table, managers, ...same }: Values): Choices {
  const into =
    table === NEW
      ? { table: null, dataset: Number(dataset), new_table }
      : { table: Number(table), dataset: null, new_table: "" };
  return { ...same, managers: namesIn(managers), ...into };
}

function draftOf(key: string, storage: KeptValues): Values | null {
  const kept = storage.getItem(placeOf(key));
  if (kept === null) {
    return null;
  }
  try {
    return values(JSON.parse(kept), "draft");
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FieldError) {
      return null; // of another version of this page
    }
    throw error;
  }
}

/** Until it is asked for: from then on the server knows it. */
export function keepDraft(key: string, draft: Values, storage: KeptValues = SESSION): void {
  storage.setItem(placeOf(key), JSON.stringify(draft));
}

export function forgetDraft(key: string, storage: KeptValues = SESSION): void {
  storage.removeItem?.(placeOf(key));
}

function placeOf(key: string): string {
  return `synanno.restore.${key}`;
}
