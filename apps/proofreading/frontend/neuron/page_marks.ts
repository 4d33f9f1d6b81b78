/** The marks of a page on which missed synapses are looked for. */

import type { PagePart } from "../contract";
import type { Keeping } from "../kept_labels";
import { KeptMarks } from "./mark_outbox";
import { SEARCH } from "./neuron_map";
import { MarkKeeper, marksAt, type MarkStore } from "./marks";

const NO_STORE: MarkStore = { put: () => undefined, remove: () => undefined, all: async () => [] };

/** Null where the page is of another kind. */
export function marksOf(
  page: PagePart,
  keeping: Keeping | null,
  onTrouble: (error: unknown) => void,
): MarkKeeper | null {
  if (page.kind !== SEARCH) {
    return null;
  }
  const { marks: url } = page.urls;
  const outbox = keeping?.marks;
  const store = outbox === undefined ? NO_STORE : new KeptMarks(outbox, keeping?.person ?? "", url);
  return new MarkKeeper(marksAt(url), store, onTrouble);
}
