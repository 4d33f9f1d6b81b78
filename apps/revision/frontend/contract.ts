/** What the server says of what is to be revised, read strictly. */

import { fieldsOf, wordField } from "../../core/frontend/fields";
import {
  flag,
  list,
  nullable,
  number,
  object,
  text,
  word,
  type Read,
} from "../../core/frontend/readers";

const numbers = list(number);
const runs = nullable(numbers);

/** The numbers are told to managers alone. */
const left = object({
  waiting: nullable(number),
  held: nullable(number),
  done: nullable(number),
  some_wait: flag,
});
const urls = object({
  easel: text,
  picture: text,
  slices: text,
  versions: text,
  restore: text,
  markers: text,
  swap: text,
  reset: text,
  proposals: text,
  renew: text,
  finish: text,
  release: text,
  neuroglancer: text,
  details: text,
});
const revision = object({
  id: number,
  number: nullable(number),
  origin: word("table", "added"),
  source_id: text,
  label: nullable(text),
  categories: list(object({ key: text, title: text })),
  note: text,
  /** Why it is to be looked at again though it was decided on; empty of others. */
  again: text,
  expires_at: text,
  lease_s: number,
  token: text,
  urls,
});
const lease = object({ revision: nullable(revision), why: nullable(text), sentence: text, left });

export type Left = Read<typeof left>;
export type RevisionUrls = Read<typeof urls>;
/** What somebody holds to revise it. */
export type Revised = Read<typeof revision>;
export type LeaseAnswer = Read<typeof lease>;

const easelSlice = object({
  z: number,
  number,
  runs,
  origin: text,
  by: nullable(text),
  at: nullable(text),
});
const marker = object({
  number,
  voxel: nullable(numbers),
  nm: nullable(numbers),
  origin: text,
  by: nullable(text),
  at: nullable(text),
  checked: flag,
  segment: nullable(text),
  problem: nullable(text),
  advice: nullable(text),
  swapped: flag,
});
const markers = object({ pre: marker, post: marker });
const proposedSlice = object({
  z: number,
  runs: numbers,
  how: text,
  confidence: number,
  fate: nullable(word("accepted", "refused")),
});
const proposal = object({
  id: number,
  method: text,
  status: word("waiting", "running", "ready", "failed", "cancelled"),
  failure: nullable(text),
  seeds: numbers,
  slices: list(proposedSlice),
});
const method = object({
  key: text,
  title: text,
  available: flag,
  sentence: nullable(text),
});
const easel = object({
  box: object({ lo: numbers, hi: numbers }),
  resolution_nm: numbers,
  table_resolution_nm: numbers,
  /** Where the image volume lies. */
  image_nm: object({ lo: numbers, hi: numbers }),
  middle_z: number,
  slices: list(easelSlice),
  markers,
  proposals: list(proposal),
  methods: list(method),
});

export type SliceState = Read<typeof easelSlice>;
export type Marker = Read<typeof marker>;
export type Markers = Read<typeof markers>;
export type Side = keyof Markers;
export type ProposedSlice = Read<typeof proposedSlice>;
export type Proposal = Read<typeof proposal>;
export type Method = Read<typeof method>;
export type Easel = Read<typeof easel>;

const kept = object({ kept: list(object({ z: number, number, key: text })) });
const changed = object({
  /** Whether the instance is still held. */
  held: flag,
  slices: list(object({ z: number, number, by: nullable(text), at: nullable(text), runs })),
});
const versions = object({
  versions: list(
    object({
      number,
      origin: text,
      by: nullable(text),
      at: nullable(text),
      voxels: nullable(number),
      late: flag,
      runs,
    }),
  ),
  /** Ask with it for earlier ones; null where there are none. */
  before: nullable(number),
});
const proposals = object({ proposals: list(proposal) });
const renewed = object({ expires_at: text });

export type KeptSlice = Read<typeof kept>["kept"][number];
/** A slice that somebody else saved meanwhile. */
export type Changed = Read<typeof changed>;
export type ChangedSlice = Changed["slices"][number];
export type VersionPage = Read<typeof versions>;
export type Version = VersionPage["versions"][number];

export const parseLeaseAnswer = (answer: unknown): LeaseAnswer => lease(answer, "answer");
export const parseEasel = (answer: unknown): Easel => easel(answer, "easel");
export const parseMarkers = (answer: unknown): Markers => markers(answer, "markers");
export const parseProposal = (answer: unknown): Proposal => proposal(answer, "proposal");
export const parseRenewed = (answer: unknown) => renewed(answer, "answer");
export const parseKept = (answer: unknown) => kept(answer, "answer").kept;
export const parseChanged = (details: unknown) => changed(details, "error");
export const parseVersions = (answer: unknown): VersionPage => versions(answer, "answer");
export const parseProposals = (answer: unknown) => proposals(answer, "answer").proposals;

const atlas = object({
  type: text,
  width: number,
  height: number,
  columns: number,
  rows: number,
  offset: number,
  length: number,
});
const remarks = list(object({ kind: text, sentence: text }));
const image = object({ slices: numbers, image: atlas, area: numbers });
const original = object({ remarks, runs: (value, name) => fieldsOf(value, name) });
const trouble = object({ sentence: text, retry_after_s: number });
const pending = object({ retry_after_s: number });

export type PictureAtlas = Read<typeof atlas>;

/** Slices of the image beside each other; `area` is where the box lies on a slice: x, y, width,
 * height in its pixels. */
export interface ImagePart extends Read<typeof image> {
  readonly part: "image";
}
/** The mask that the cleft volume has, slice by slice, as runs. */
export interface OriginalPart {
  readonly part: "original";
  readonly runs: ReadonlyMap<number, readonly number[]>;
  /** What is not as usual, as sentences. */
  readonly remarks: readonly string[];
}
export type PicturePart =
  | ImagePart
  | OriginalPart
  | { readonly part: "pending"; readonly retryAfterS: number }
  | { readonly part: "unreadable"; readonly sentence: string; readonly retryAfterS: number };

/** Reads the header of a frame of the picture. Throws FieldError. */
export function parsePicturePart(header: unknown): PicturePart {
  const part = wordField(fieldsOf(header, "header"), "part", [
    "image",
    "original",
    "pending",
    "unreadable",
  ]);
  switch (part) {
    case "image":
      return { part, ...image(header, part) };
    case "original": {
      const said = original(header, part);
      const source = Object.entries(said.runs).map(
        ([z, each]) => [Number(z), numbers(each, z)] as const,
      );
      const sentences = said.remarks.map(({ sentence }) => sentence);
      return { part, runs: new Map(source), remarks: sentences };
    }
    case "pending":
      return { part, retryAfterS: pending(header, part).retry_after_s };
    case "unreadable": {
      const { sentence, retry_after_s: retryAfterS } = trouble(header, part);
      return { part, sentence, retryAfterS };
    }
  }
}
