/** What the table says of the synapses of a page, read strictly. */

import { list, nullable, number, object, text, type Read, type Reader } from "../../../core/frontend/readers";

const triple = list(number);
const spot = object({ voxel: triple, nm: triple });
/** A value as words: true or false, lists and objects as JSON writes them. */
const words: Reader<string | null> = (value) =>
  value === null || value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);
const column = object({ name: text, title: text, value: words });
const facts = object({
  item: number,
  center: spot,
  pre_pt: nullable(spot),
  post_pt: nullable(spot),
  box: object({ lo: triple, hi: triple, lo_nm: triple, hi_nm: triple }),
  pre_root_id: nullable(text),
  post_root_id: nullable(text),
  columns: nullable(list(column)),
});
const page = object({ voxel_nm: triple, items: list(facts) });

export type Spot = Read<typeof spot>;
export type Facts = Read<typeof facts>;
export type PageFacts = Read<typeof page>;

/** Reads the answer. Throws where it is not as it should be. */
export function parseFacts(body: unknown): PageFacts {
  return page(body, "details");
}

/** "804, 1604, 9916.5"; what is beyond a tenth is no measure. */
export function triples(numbers: readonly number[]): string {
  return numbers.map((each) => String(Math.round(each * 10) / 10)).join(", ");
}
