/** What the server says of missed synapses, read strictly. Places are voxels of the table. */

import {
  flag,
  list,
  nullable,
  number,
  object,
  text,
  word,
  type Read,
} from "../../../core/frontend/readers";
import { triple } from "../../../proofreading/frontend/neuron/contract";

export { triple, type Triple } from "../../../proofreading/frontend/neuron/contract";

const origin = word("table", "added");
const neighbour = object({
  id: text,
  source_id: text,
  origin,
  distance_nm: number,
  center: triple,
});
export type Neighbour = Read<typeof neighbour>;

export const parseNear = object({ near: list(neighbour), near_nm: number });
/** What is refused since others are near lists them. */
export const parseNearError = object({ near: list(neighbour) });

const known = object({ id: text, origin, center: triple });
export type Known = Read<typeof known>;
export const parseAround = object({ points: list(known), reach_nm: number, is_all: flag });

export const parseAdded = object({
  id: number,
  source_id: text,
  position: triple,
  z1: number,
  z2: number,
  note: nullable(text),
  by: nullable(text),
  is_mine: flag,
  at: text,
  withdrawn_at: nullable(text),
  may_withdraw: flag,
  is_finished: flag,
  revise_url: nullable(text),
});
export type Added = Read<typeof parseAdded>;
export const parseAdditions = object({ added: list(parseAdded), count: number });

const mark = object({
  key: text,
  position: triple,
  note: text,
  by: nullable(text),
  is_mine: flag,
  at: text,
  reason: nullable(text),
});
export type WaitingMark = Read<typeof mark>;
export const parseMarks = object({ waiting: list(mark), dismissed: list(mark), count: number });
export type Marks = Read<typeof parseMarks>;
