/** What the server says of the cards, read strictly. */

import {
  fieldsOf,
  listField,
  numberField,
  objectField,
  textField,
  wordField,
  type Fields,
} from "../../../core/frontend/fields";
import { nullable, number, object, text, type Read } from "../../../core/frontend/readers";
import { parseCategories, parseTile, parseUrls, type Category, type PagePart } from "../contract";

const counts = object({
  all: number,
  unexplained: number,
  false_positives: number,
  discarded: number,
});
const countsOrNone = nullable(counts);
const batch = object({ key: text, count: number, made_at: text });
const lastBatch = nullable(batch);
const sentence = nullable(text);

/** How many cards there are on the server; those that are discarded are counted apart. */
export type CardCounts = Read<typeof counts>;
/** What the person discarded together and has not taken back. */
export type DiscardedBatch = Read<typeof batch>;

export interface CardsPart {
  /** Of all parts, told with the first. */
  readonly counts: CardCounts | null;
  /** Pages with the cards of them as their tiles. */
  readonly pages: readonly PagePart[];
  /** From where the next part begins; null after the last. */
  readonly next: number | null;
  readonly lastDiscard: DiscardedBatch | null;
  /** Why nothing can be discarded now, or null. */
  readonly fixed: string | null;
}

export interface Discarded {
  /** How many were discarded, or put back. */
  readonly count: number;
  readonly counts: CardCounts;
  readonly lastDiscard: DiscardedBatch | null;
}

/** Reads a part of the cards. Throws FieldError naming the field. */
export function parseCards(answer: unknown): CardsPart {
  const source = fieldsOf(answer, "answer");
  const categories = parseCategories(source);
  return {
    counts: countsOrNone(source["counts"], "counts"),
    lastDiscard: lastBatch(source["last_discard"], "last_discard"),
    pages: listField(source, "pages").map((page) => parsePage(fieldsOf(page, "pages"), categories)),
    next: source["next"] === null ? null : numberField(source, "next"),
    fixed: sentence(source["fixed"], "fixed"),
  };
}

/** Reads what came of discarding, or of taking that back. */
export function parseDiscarded(answer: unknown): Discarded {
  const source = fieldsOf(answer, "answer");
  return {
    count: numberField(source, "count"),
    counts: counts(source["counts"], "counts"),
    lastDiscard: lastBatch(source["last_discard"], "last_discard"),
  };
}

/** A page as the grid knows one, of which only the cards are told. */
function parsePage(page: Fields, categories: readonly Category[]): PagePart {
  const lease = objectField(page, "lease");
  return {
    part: "page",
    state: wordField(page, "state", ["held", "submitted"]),
    why: "",
    isFixed: false,
    token: textField(lease, "token"),
    kind: textField(page, "kind"),
    pageId: numberField(page, "id"),
    number: numberField(page, "number"),
    pagesTotal: 0,
    pagesDone: 0,
    section: null,
    heldS: numberField(page, "held_s"),
    urls: parseUrls(lease),
    tiles: listField(page, "cards").map((card) => parseTile(fieldsOf(card, "cards"))),
    categories,
  };
}
