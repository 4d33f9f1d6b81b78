/** The synapse that somebody is reviewing, kept in the browser until the server has it. */

import { uuid4 } from "../../../core/frontend/uuid";
import { FieldError, nullable, number, object, text, type Read } from "../../../core/frontend/readers";
import type { KeptValues } from "../../../proofreading/frontend/storage";
import { triple, type Triple } from "./contract";

/** Voxels of the table; `z1` to `z2` are the slices that it is seen in. `mark` is what it answers. */
const parseDraft = object({
  key: text,
  position: triple,
  z1: number,
  z2: number,
  pre: nullable(triple),
  post: nullable(triple),
  note: text,
  mark: nullable(text),
});
export type Draft = Read<typeof parseDraft>;

export type DraftNumber = "x" | "y" | "z1" | "z2";

export function draftAt(position: Triple, note = "", mark: string | null = null): Draft {
  const [, , z] = position;
  return { key: uuid4(), position, z1: z, z2: z, pre: null, post: null, note, mark };
}

/** The same synapse at another place, with as many slices. */
export function movedTo(before: Draft, position: Triple): Draft {
  const draft = settled(before);
  const by = position[2] - draft.position[2];
  return { ...draft, position, z1: draft.z1 + by, z2: draft.z2 + by };
}

/** With one of its numbers changed. Numbers are typed one by one, and digit by digit: where it was
 * marked stays until they are settled. */
export function withNumber(draft: Draft, name: DraftNumber, value: number): Draft {
  const [x, y, z] = draft.position;
  if (name === "x" || name === "y") {
    return { ...draft, position: name === "x" ? [value, y, z] : [x, value, z] };
  }
  return { ...draft, [name]: value };
}

/** With its middle within its slices, of which nothing is typed any more. */
export function settled(draft: Draft): Draft {
  const { z1, z2 } = draft;
  const [x, y, z] = draft.position;
  const inside = Math.min(Math.max(z, z1), z2);
  return z1 > z2 || inside === z ? draft : { ...draft, position: [x, y, inside] };
}

/** Why it cannot be saved as it is, and which field says so; null where it can. */
export function whyNot({ z1, z2 }: Draft): { readonly field: DraftNumber; readonly sentence: string } | null {
  if (z1 > z2) {
    return { field: "z1", sentence: `The first slice, ${z1}, lies behind the last one, ${z2}.` };
  }
  return null;
}

/** Where a browser keeps the one that is being reviewed. */
export class DraftStore {
  constructor(
    private readonly storage: KeptValues,
    /** Of the person and the campaign. */
    private readonly place: string,
  ) {}

  /** What was left behind; null where nothing was, or nothing that can be read. */
  read(): Draft | null {
    const kept = this.storage.getItem(this.place) ?? "";
    if (kept === "") {
      return null;
    }
    try {
      return parseDraft(JSON.parse(kept), "draft");
    } catch (error) {
      if (error instanceof FieldError || error instanceof SyntaxError) {
        return null; // of an earlier version
      }
      throw error;
    }
  }

  write(draft: Draft | null): void {
    this.storage.setItem(this.place, draft === null ? "" : JSON.stringify(draft));
  }
}
