/** What the server says about a page and its tiles, read strictly. */

import {
  fieldsOf,
  flagField,
  listField,
  numberField,
  numbersField,
  objectField,
  textField,
  wordField,
  type Fields,
} from "../../core/frontend/fields";
import { flag, list, object, text } from "../../core/frontend/readers";
import { LABELS, type Label } from "./labels";
import { parsePageSection, type PageSection } from "./neuron/contract";

const remarks = list(object({ kind: text, sentence: text }));
const categories = list(object({ key: text, title: text, is_offered: flag }));

export interface LeaseUrls {
  readonly page: string;
  readonly verdicts: string;
  readonly stacks: string;
  readonly tiles: string;
  readonly renew: string;
  readonly submit: string;
  readonly skip: string;
  readonly revise: string;
  readonly neuroglancer: string;
  /** What the table says of its synapses. */
  readonly details: string;
  /** Where a page to look for missed synapses on keeps its marks. */
  readonly marks: string;
}

export interface TileStart {
  readonly item: number;
  readonly position: number;
  readonly cutout: string;
  readonly label: Label;
  /** Kinds of error that were named with the label, by their keys. */
  readonly categories: readonly string[];
  readonly note: string;
  /** Whether the label was said by the person; else it is the one that all start with. */
  readonly judged: boolean;
  /** Null where the campaign has gold. */
  readonly sourceId: string | null;
  /** The verdict that gave the label, by its key. */
  readonly verdict: string | null;
  /** Why the label stays as it is, or null. */
  readonly locked: string | null;
}

/** A kind of error. What is no longer offered can still stand with a label. */
export interface Category {
  readonly key: string;
  readonly title: string;
  readonly isOffered: boolean;
}

export interface PagePart {
  readonly part: "page";
  /** held: to work on. submitted: to look back at. */
  readonly state: "held" | "submitted";
  /** Why it is this page, as a sentence. */
  readonly why: string;
  /** Whether nothing on it can be changed any more; `why` says the reason. */
  readonly isFixed: boolean;
  readonly token: string;
  /** For how many seconds the page is held since the last sign of its person. */
  readonly heldS: number;
  readonly kind: string;
  readonly pageId: number;
  readonly number: number;
  readonly pagesTotal: number;
  readonly pagesDone: number;
  /** The part of a neuron that the page is of; null where the campaign goes by no neurons. */
  readonly section: PageSection | null;
  readonly urls: LeaseUrls;
  readonly tiles: readonly TileStart[];
  readonly categories: readonly Category[];
}

export const NONE_REASONS = ["finished", "waiting", "preparing", "closed"] as const;

export interface NonePart {
  readonly part: "none";
  readonly reason: (typeof NONE_REASONS)[number];
  readonly sentence: string;
  readonly finishedUrl: string;
}

/** Pictures of `slices.length` slices beside each other; `width` × `height` is one slice. */
export interface Atlas {
  readonly type: string;
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  readonly offset: number;
  readonly length: number;
}

/** A place in image pixels of a slice, and its slice number; it may lie outside the cutout. */
export interface SlicePoint {
  readonly x: number;
  readonly y: number;
  readonly slice: number;
}

/** A rectangle in image pixels of a slice; its edges may lie between pixels. */
export interface SliceArea {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface SlicesPart {
  readonly part: "middle" | "rest";
  readonly key: string;
  readonly depth: number;
  readonly middle: number;
  readonly slices: readonly number[];
  readonly image: Atlas;
  readonly mask: Atlas | null;
  /** Where a slice of the mask lies on a slice of the image. */
  readonly maskArea: SliceArea;
  readonly pre: SlicePoint | null;
  readonly post: SlicePoint | null;
  /** Size of an image pixel along x, y and of a slice along z, in nm. */
  readonly pixelNm: readonly [number, number, number];
  /** What is not as usual in this picture: outside, border or no mask; and a sentence. */
  readonly remarks: readonly Remark[];
}

export interface Remark {
  readonly kind: string;
  readonly sentence: string;
}

export interface UnreadablePart {
  readonly part: "unreadable";
  readonly key: string;
  readonly sentence: string;
  readonly retryAfterS: number;
}

export interface PendingPart {
  readonly part: "pending";
  readonly key: string;
  readonly retryAfterS: number;
}

/** A cutout of one slice has no others. */
export interface NoSlicesPart {
  readonly part: "no slices";
  readonly key: string;
}

export type TilePart = SlicesPart | NoSlicesPart | UnreadablePart | PendingPart;

/** Reads the first header of a lease. Throws FieldError naming the field. */
export function parseLease(header: unknown): PagePart | NonePart {
  const source = fieldsOf(header, "header");
  if (wordField(source, "part", ["page", "none"]) === "none") {
    return {
      part: "none",
      reason: wordField(source, "reason", NONE_REASONS),
      sentence: textField(source, "sentence"),
      finishedUrl: textField(source, "finished_url"),
    };
  }
  const page = objectField(source, "page");
  return {
    part: "page",
    state: wordField(source, "state", ["held", "submitted"]),
    why: textField(source, "why_sentence"),
    isFixed: textField(source, "why") === "fixed",
    token: textField(objectField(source, "lease"), "token"),
    heldS: numberField(objectField(source, "lease"), "held_s"),
    kind: textField(page, "kind"),
    pageId: numberField(page, "id"),
    number: numberField(page, "number"),
    pagesTotal: numberField(page, "pages_total"),
    pagesDone: numberField(page, "pages_done"),
    section: parsePageSection(page["section"]),
    urls: parseUrls(objectField(source, "lease")),
    tiles: listField(source, "tiles").map((tile) => parseTile(fieldsOf(tile, "tiles"))),
    categories: parseCategories(source),
  };
}

export function parseCategories(source: Fields): readonly Category[] {
  return categories(source["categories"], "categories").map(
    ({ key, title, is_offered: isOffered }) => ({ key, title, isOffered }),
  );
}

/** Reads the header of a tile's frame. Throws FieldError naming the field. */
export function parseTilePart(header: unknown): TilePart {
  const source = fieldsOf(header, "header");
  const part = wordField(source, "part", ["middle", "rest", "unreadable", "pending"]);
  const key = textField(source, "key");
  if (part === "pending") {
    return { part, key, retryAfterS: numberField(source, "retry_after_s") };
  }
  if (part === "unreadable") {
    const sentence = textField(source, "sentence");
    return { part, key, sentence, retryAfterS: numberField(source, "retry_after_s") };
  }
  if (numbersField(source, "slices").length === 0) {
    return { part: "no slices", key };
  }
  return parseSlices(part, key, source);
}

function parseSlices(part: "middle" | "rest", key: string, source: Fields): SlicesPart {
  const points = objectField(source, "points");
  return {
    part,
    key,
    depth: numberField(source, "depth"),
    middle: numberField(source, "middle"),
    slices: numbersField(source, "slices"),
    image: parseAtlas(objectField(source, "image")),
    mask: source["mask"] === null ? null : parseAtlas(objectField(source, "mask")),
    maskArea: parseArea(source, "mask_area"),
    pre: parsePoint(points, "pre"),
    post: parsePoint(points, "post"),
    pixelNm: parseTriple(source, "pixel_nm"),
    remarks: remarks(source["remarks"], "remarks"),
  };
}

export function parseUrls(lease: Fields): LeaseUrls {
  return {
    page: textField(lease, "page_url"),
    verdicts: textField(lease, "verdicts_url"),
    stacks: textField(lease, "stacks_url"),
    tiles: textField(lease, "tiles_url"),
    renew: textField(lease, "renew_url"),
    submit: textField(lease, "submit_url"),
    skip: textField(lease, "skip_url"),
    revise: textField(lease, "revise_url"),
    neuroglancer: textField(lease, "neuroglancer_url"),
    details: textField(lease, "details_url"),
    marks: textField(lease, "marks_url"),
  };
}

export function parseTile(tile: Fields): TileStart {
  return {
    item: numberField(tile, "item"),
    position: numberField(tile, "position"),
    cutout: textField(tile, "cutout"),
    label: wordField(tile, "label", LABELS),
    categories: listField(tile, "categories").map((key) => text(key, "categories")),
    note: textField(tile, "note"),
    judged: flagField(tile, "judged"),
    sourceId: tile["source_id"] === null ? null : textField(tile, "source_id"),
    verdict: tile["verdict"] === null ? null : textField(tile, "verdict"),
    locked: tile["locked"] === null ? null : textField(tile, "locked"),
  };
}

function parseAtlas(atlas: Fields): Atlas {
  return {
    type: textField(atlas, "type"),
    width: numberField(atlas, "width"),
    height: numberField(atlas, "height"),
    columns: numberField(atlas, "columns"),
    rows: numberField(atlas, "rows"),
    offset: numberField(atlas, "offset"),
    length: numberField(atlas, "length"),
  };
}

function parsePoint(points: Fields, name: string): SlicePoint | null {
  if (points[name] === null || points[name] === undefined) {
    return null;
  }
  const [x, y, slice] = parseTriple(points, name);
  return { x, y, slice };
}

function parseArea(source: Fields, name: string): SliceArea {
  const [x, y, width, height] = numbersField(source, name);
  return {
    x: x ?? Number.NaN,
    y: y ?? Number.NaN,
    width: width ?? Number.NaN,
    height: height ?? Number.NaN,
  };
}

function parseTriple(source: Fields, name: string): readonly [number, number, number] {
  const [x, y, z] = numbersField(source, name);
  return [x ?? Number.NaN, y ?? Number.NaN, z ?? Number.NaN];
}

/** How somebody judged an item whose answer is known. */
export interface Feedback {
  /** Which of the page it was, from 1, and of how many. */
  readonly place: number;
  readonly places: number;
  readonly said: string;
  readonly truth: string;
  readonly right: boolean;
  readonly explanation: string;
}

/** What the answer to a submit tells: of training, and of known items. */
export interface Told {
  readonly training: string | null;
  readonly feedback: readonly Feedback[];
  /** The page that it is about, to look back at. */
  readonly pageToken: string;
}

/** Reads the answer to a submit; null where it tells nothing. */
export function parseTold(answer: unknown, pageToken: string): Told | null {
  const source = fieldsOf(answer, "answer");
  const training = source["training"] === undefined ? null : objectField(source, "training");
  const rows = source["feedback"] === undefined ? [] : listField(source, "feedback");
  const feedback = rows.map((row) => parseFeedback(fieldsOf(row, "feedback")));
  if (training === null && feedback.length === 0) {
    return null;
  }
  return { training: training === null ? null : textField(training, "sentence"), feedback, pageToken };
}

function parseFeedback(row: Fields): Feedback {
  return {
    place: numberField(row, "place"),
    places: numberField(row, "places"),
    said: textField(row, "said"),
    truth: textField(row, "truth"),
    right: flagField(row, "right"),
    explanation: textField(row, "explanation"),
  };
}
