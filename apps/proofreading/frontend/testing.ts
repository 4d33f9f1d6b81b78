/** Helpers of tests: headers as the server sends them, and a server made of plain functions. */

import type { Frame } from "../../core/frontend/frames";
import { HttpError } from "../../core/frontend/http";
import { frameOf } from "../../core/frontend/testing";
import { inOrder, type KeptLabel, type Outbox } from "./outbox";
import type { Transport } from "./transport";

export const URLS = {
  page: "/page",
  verdicts: "/verdicts",
  stacks: "/stacks",
  tiles: "/tiles",
  renew: "/renew",
  submit: "/submit",
  skip: "/skip",
  revise: "/revise",
  neuroglancer: "/neuroglancer",
  marks: "/marks",
  details: "/details",
};

export const CATEGORIES = [
  { key: "merge", title: "Two in one", is_offered: true },
  { key: "sides", title: "Sides swapped", is_offered: true },
  { key: "cannotJudge", title: "Cannot be judged", is_offered: true },
  { key: "old", title: "Asked before", is_offered: false },
];

/** `said`: the labels that were given before, by item; `cutouts`: of items that share one. Where
 * the campaign has gold, no source id is told. */
export function pageFrame(
  items: readonly number[],
  number = 1,
  said: Readonly<Record<number, string>> = {},
  cutouts: Readonly<Record<number, string>> = {},
  hasGold = false,
): Frame {
  const urls = Object.entries(URLS).map(([name, url]) => [`${name}_url`, url]);
  return frameOf({
    part: "page",
    state: "held",
    why: "next_in_order",
    why_sentence: "It is the next page in the order of the campaign.",
    page: { id: number, number, kind: "ordinary", pages_total: 9, pages_done: number - 1 },
    lease: { token: "t", expires_at: "2030-01-01T00:00:00Z", held_s: 1800, ...Object.fromEntries(urls) },
    tiles: items.map((item, position) => ({
      item,
      position,
      cutout: cutouts[item] ?? `key-${item}`,
      label: said[item] ?? "correct",
      categories: [],
      note: "",
      judged: item in said,
      source_id: hasGold ? null : String(item),
      verdict: null,
      locked: null,
    })),
    categories: CATEGORIES,
  });
}

export function slicesHeader(part: "middle" | "rest", item: number, depth = 4) {
  const middle = Math.floor(depth / 2);
  const others = Array.from({ length: depth }, (_, slice) => slice).filter((n) => n !== middle);
  const slices = part === "middle" ? [middle] : others;
  const columns = Math.ceil(Math.sqrt(slices.length));
  const rows = Math.ceil(slices.length / columns);
  const place = { width: 8, height: 6, columns, rows };
  return {
    part,
    key: `key-${item}`,
    depth,
    middle,
    slices,
    image: { type: "image/jpeg", ...place, offset: 0, length: 3 },
    mask: { type: "image/png", ...place, offset: 3, length: 2 },
    points: { pre: [1.5, 2.5, middle], post: null },
    pixel_nm: [4, 4, 30],
    mask_area: [-0.5, 0, 8.5, 6],
    padding: [],
    remarks: [],
  };
}

export function slicesFrame(part: "middle" | "rest", item: number, depth = 4): Frame {
  return frameOf(slicesHeader(part, item, depth), "JPGPN");
}

export function unreadableFrame(item: number, retryAfterS = 5): Frame {
  const sentence = "The image volume does not answer.";
  return frameOf({ part: "unreadable", key: `key-${item}`, sentence, retry_after_s: retryAfterS });
}

export function pendingFrame(item: number, retryAfterS = 1): Frame {
  return frameOf({ part: "pending", key: `key-${item}`, retry_after_s: retryAfterS });
}

type Answer = (url: string, body: unknown) => unknown;

/** A transport whose answers are given by address; a function may throw, as a request does. */
export class FakeTransport implements Transport {
  readonly asked: { readonly url: string; readonly body: unknown }[] = [];

  constructor(readonly answers: Record<string, Answer>) {}

  async *getFrames(url: string): AsyncGenerator<Frame> {
    yield* this.answer(url, null) as Frame[];
  }

  /** An answer that is no list is one frame: of a submit that brings no page. */
  async *postFrames(url: string, body: unknown): AsyncGenerator<Frame> {
    const answer = await this.answer(url, body);
    const isList = answer instanceof Object && (Symbol.iterator in answer || Symbol.asyncIterator in answer);
    yield* isList ? (answer as Frame[]) : [frameOf(answer as object)];
  }

  async postJson(url: string, body: unknown): Promise<unknown> {
    return this.answer(url, body);
  }

  async getJson(url: string): Promise<unknown> {
    return this.answer(url, null);
  }

  askedOf(path: string): readonly { readonly url: string; readonly body: unknown }[] {
    return this.asked.filter(({ url }) => url.split("?")[0] === path);
  }

  private answer(url: string, body: unknown): unknown {
    this.asked.push({ url, body });
    const answer = this.answers[url.split("?")[0] ?? ""];
    if (answer === undefined) {
      throw new Error(`The test gives no answer for ${url}.`);
    }
    return answer(url, body);
  }
}

/** The items named in the address of a request. */
export function itemsIn(url: string): number[] {
  return (url.split("items=")[1] ?? "").split(",").map(Number);
}

/** Keeps every verdict. */
export function keepAll(_: string, body: unknown): unknown {
  return { kept: keysIn(body), expires_at: "2030-01-01T00:00:00Z" };
}

/** Keeps every verdict as late, as of a page that is no longer held. */
export function keepLate(_: string, body: unknown): never {
  const late = keysIn(body);
  const sentence = `${GONE} What you sent is kept as late: it counts only where others do not agree.`;
  throw notAllKept("stale_lease", sentence, { late });
}

const GONE = "This page was given to someone else.";

/** What the server answers where it has not kept all that it was sent. */
export function notAllKept(code: string, sentence: string, fates: object): HttpError {
  const none = { kept: [], late: [], refused: [], present: [] };
  return new HttpError(409, code, sentence, null, { code, sentence, ...none, ...fates });
}

/** The keys of the verdicts in the body of a request. */
export function keysIn(body: unknown): string[] {
  return (body as { verdicts: { key: string }[] }).verdicts.map(({ key }) => key);
}

/** A decoded bitmap that knows whether it was freed. */
export class FakeBitmap {
  closed = false;
  close(): void {
    this.closed = true;
  }
}

/** An outbox that lasts as long as its test. */
export class MemoryOutbox implements Outbox {
  private readonly labels = new Map<string, KeptLabel>();

  async put(label: KeptLabel): Promise<void> {
    this.labels.set(label.verdict.key, label);
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.labels.delete(key);
    }
  }

  async of(person: string): Promise<readonly KeptLabel[]> {
    return inOrder([...this.labels.values()].filter((label) => label.person === person));
  }
}
