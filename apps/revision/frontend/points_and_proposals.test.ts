import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import type { Markers } from "./contract";
import { MarkersModel } from "./markers_model";
import { keyOf, type Kept, type SetPoint, type SliceOutbox } from "./saving/kept_slices";
import { sendLeftSlices } from "./saving/left_slices";
import { ProposalsModel, type Drawing } from "./proposals_model";
import { SliceBook } from "./slice_book";
import { easelOf, markerOf, ORIGINAL_RUNS, proposalOf, stateOf } from "./testing";

const URLS = {
  markers: "/markers",
  swap: "/swap",
  reset: "/reset",
  proposals: "/proposals",
  easel: "/easel",
};

let requests: [string, unknown][];
let told: string[];
let answers: Record<string, () => unknown>;

const transport = {
  postJson: async (url: string, body: unknown) => {
    requests.push([url, body]);
    return answers[url]!();
  },
  getJson: async (url: string) => answers[url]!(),
};

beforeEach(() => {
  vi.useFakeTimers();
  requests = [];
  told = [];
  answers = {};
});

afterEach(() => vi.useRealTimers());

const tell = (error: unknown) => told.push((error as Error).message);
const pointsOf = (pre = markerOf()): Markers => ({ pre, post: markerOf() });

function memory() {
  const kept = new Map<string, Kept>();
  const outbox: SliceOutbox = {
    put: async (one) => void kept.set(keyOf(one), one),
    remove: async (keys) => keys.forEach((key) => kept.delete(key)),
    of: async () => [...kept.values()],
  };
  return { outbox, person: "1", tab: "a" };
}

it("A point is shown at once, and kept until the server has it, also where its page is gone", async () => {
  const keeping = memory();
  answers["/markers"] = () => {
    throw new NetworkError("The server cannot be reached.");
  };
  const first = new MarkersModel(pointsOf(), URLS, transport, keeping, tell);
  first.set("pre", [9, 9, 9]);
  first.set("pre", [1, 2, 3]);
  await vi.advanceTimersByTimeAsync(10);
  expect([first.nmOf("pre"), first.unsentCount.value, first.hasFailed.value]).toEqual([
    [1, 2, 3],
    1,
    true,
  ]);
  await first.sendBeforeLeaving();
  first.stop();
  const set = markerOf({ number: 1, nm: [1, 2, 3], origin: "set", checked: true });
  answers["/markers"] = () => pointsOf(set);
  const left = await sendLeftSlices(keeping.outbox, "1", transport.postJson);
  expect(left?.sentence).toBe("One point that you set before is saved now.");
  expect(left?.isGood).toBe(true);
  expect(await keeping.outbox.of("1")).toEqual([]);
  expect(requests).toHaveLength(3);
  const sent = requests.map(([, body]) => (body as { markers: SetPoint[] }).markers[0]);
  expect(new Set(sent.map((point) => point?.key)).size).toBe(1);
  expect(sent.at(-1)?.nm).toEqual([1, 2, 3]);
  expect(told).toEqual([]);
});

it("A point that somebody else moved is told, and is where they put it", async () => {
  const theirs = markerOf({ number: 2, nm: [7, 7, 7], origin: "set", checked: true });
  answers["/markers"] = () => {
    answers["/markers"] = () => pointsOf(theirs);
    throw new HttpError(409, "marker_changed", "Ada moved it.");
  };
  const markers = new MarkersModel(pointsOf(), URLS, transport, memory(), tell);
  markers.set("pre", [1, 2, 3]);
  await vi.advanceTimersByTimeAsync(10);
  expect(told).toEqual(["Ada moved it."]);
  expect(markers.nmOf("pre")).toEqual([7, 7, 7]);
  answers["/swap"] = () => pointsOf(markerOf({ number: 3 }));
  await markers.swap();
  expect(requests.at(-1)?.[1]).toMatchObject({ bases: { pre: 2, post: 0 } });
  expect(markers.stored.value.pre.number).toBe(3);
  markers.stop();
});

it("A point that comes too late is told of once, as what is there now is not shown", async () => {
  let count = 0;
  answers["/markers"] = () => {
    const sentence = (count += 1) === 1 ? "Kept as late." : "Somebody else has it now.";
    throw new HttpError(409, count === 1 ? "marker_changed" : "stale_lease", sentence);
  };
  const markers = new MarkersModel(pointsOf(), URLS, transport, memory(), tell);
  markers.set("pre", [1, 2, 3]);
  await vi.advanceTimersByTimeAsync(10);
  expect([count, told]).toEqual([2, ["Kept as late."]]);
  markers.stop();
});

it("It is looked whether a worker has looked at a point that is new", async () => {
  const set = markerOf({ number: 1, origin: "set" });
  answers["/markers"] = () => {
    answers["/markers"] = () => pointsOf({ ...set, checked: true, advice: "In another neuron." });
    return pointsOf(set);
  };
  const markers = new MarkersModel(pointsOf(), URLS, transport, memory(), tell);
  markers.set("pre", [1, 2, 3]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(markers.stored.value.pre.advice).toBe("In another neuron.");
  markers.stop();
});

/** What is drawn, as the session has it, without a queue. */
function drawingOf(book: SliceBook, flush = async () => true): Drawing {
  return {
    flush,
    obstacle: "Slice 2 was saved elsewhere, too.",
    holding: (_, run) => run(),
    catchUp: (states, own) => book.catchUp(states, own, () => undefined),
  };
}

it("A proposal is asked for when all is saved, waited for, and decided slice by slice", async () => {
  const book = new SliceBook(easelOf(), ORIGINAL_RUNS, () => undefined);
  const flush = vi.fn(async () => true);
  const proposals = new ProposalsModel(book, URLS, transport, drawingOf(book, flush), tell);
  answers["/proposals"] = () => {
    answers["/proposals"] = () => ({ proposals: [proposalOf()] });
    return proposalOf({ status: "waiting", slices: [] });
  };
  await proposals.ask("classical");
  expect(flush).toHaveBeenCalledOnce();
  expect(proposals.awaited.value?.status).toBe("waiting");
  await vi.advanceTimersByTimeAsync(1000);
  expect([...proposals.masks.value.keys()]).toEqual([10, 12]);
  expect(proposals.masks.value.get(12)?.count()).toBe(8);
  const [lower, upper] = proposalOf().slices;
  answers["/proposals/1/decide"] = () =>
    proposalOf({ slices: [{ ...lower!, fate: "accepted" }, upper!] });
  answers["/easel"] = () =>
    easelOf({
      slices: [stateOf(10, { number: 1, runs: [0, 4, 12], origin: "proposed" })],
      proposals: [proposalOf({ slices: [{ ...lower!, fate: "accepted" }, upper!] })],
    });
  expect(await proposals.decide([10, 11], true)).toBe(true);
  expect(requests.at(-1)?.[1]).toMatchObject({ slices: [{ z: 10, accept: true, base: 0 }] });
  expect([...proposals.masks.value.keys()]).toEqual([12]);
  expect(book.at(10)?.mask.value.count()).toBe(4);
  proposals.stop();
});

it("Nothing is decided while something drawn cannot be saved", async () => {
  const book = new SliceBook(easelOf({ proposals: [proposalOf()] }), ORIGINAL_RUNS, () => undefined);
  const drawing = drawingOf(book, async () => false);
  const proposals = new ProposalsModel(book, URLS, transport, drawing, tell);
  expect(await proposals.decide([10], true)).toBe(false);
  expect(requests).toEqual([]);
  expect(told).toEqual(["Slice 2 was saved elsewhere, too."]);
  proposals.stop();
});
