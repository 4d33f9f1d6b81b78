import { afterEach, expect, test, vi } from "vitest";

import type { Export } from "./contract";
import { ExportsModel, isUnfinished, type Said } from "./exports_model";
import { contentOf, heldBy, size, soFar, stepOf } from "./words";

const URL = "/api/campaigns/1/exports";
const CHOICES = { formats: ["csv"], discarded: "keep", unjudged: "keep", people: "nobody" };

function one(changes: Partial<Export> = {}): Export {
  return {
    key: "k1",
    number: 12,
    state: "waiting",
    is_cancelling: false,
    asked_by: "mona",
    asked_at: "2026-05-22T10:00:00+00:00",
    formats: ["csv"],
    options: { discarded: "keep", unjudged: "keep", people: "nobody" },
    stage: "",
    done: 0,
    total: null,
    written: 0,
    left_out: 0,
    failure: "",
    expires_at: null,
    files: [],
    neuroglancer: null,
    viewer_state: null,
    ...changes,
  };
}

class Listening {
  exports: readonly Export[] = [];
  said: (Said | null)[] = [];
  onExports = (exports: readonly Export[]) => void (this.exports = exports);
  onSaid = (said: Said | null) => void this.said.push(said);
  onContact = () => {};
  onGone = () => {};
}

/** Answers each request with the next of these, its own or an answer; an Error is thrown. */
function serve(...answers: (object | Error | Response)[]): { method: string; body: unknown }[] {
  const asked: { method: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    asked.push({ method: init.method ?? "GET", body: init.body ? JSON.parse(String(init.body)) : null });
    const answer = answers.shift() ?? new TypeError("no answer is left");
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer instanceof Response ? answer : new Response(JSON.stringify(answer), { status: 200 }));
  });
  return asked;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("what was asked for without an answer is asked for again under its key", async () => {
  const listening = new Listening();
  const model = new ExportsModel(URL, listening);
  const asked = serve(new TypeError("lost"), one(), one({ key: "k2" }));
  expect(await model.ask(CHOICES)).toBe(false);
  expect(listening.said).toEqual([{ sentence: "The server cannot be reached.", isTrouble: true, goesOn: null }]);
  expect(await model.ask(CHOICES)).toBe(true);
  expect(await model.ask(CHOICES)).toBe(true);
  const keys = asked.map(({ body }) => (body as { key: string }).key);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
  expect(listening.exports.map((each) => each.key)).toEqual(["k2", "k1"]);
});

test("other choices are another export", async () => {
  const model = new ExportsModel(URL, new Listening());
  const asked = serve(new TypeError("lost"), one());
  await model.ask(CHOICES);
  await model.ask({ ...CHOICES, people: "names" });
  const keys = asked.map(({ body }) => (body as { key: string }).key);
  expect(keys[1]).not.toBe(keys[0]);
});

test("nothing is asked for without a format", async () => {
  const listening = new Listening();
  const asked = serve();
  expect(await new ExportsModel(URL, listening).ask({ ...CHOICES, formats: [] })).toBe(false);
  expect(asked).toEqual([]);
  expect(listening.said).toEqual([{ sentence: "Choose at least one format.", isTrouble: true, goesOn: null }]);
});

test("what is cancelled is told at once", async () => {
  const listening = new Listening();
  const model = new ExportsModel(URL, listening);
  serve(one(), one({ state: "writing", is_cancelling: true }));
  await model.ask(CHOICES);
  await model.cancel(one());
  expect(listening.exports).toEqual([one({ state: "writing", is_cancelling: true })]);
});

test("what was ready before it could be cancelled is no trouble", async () => {
  const listening = new Listening();
  const sentence = "Export 12 was ready already; its files can be fetched.";
  const body = JSON.stringify({ error: { code: "export_over", sentence } });
  serve(new Response(body, { status: 409 }));
  await new ExportsModel(URL, listening).cancel(one());
  expect(listening.said).toEqual([{ sentence, isTrouble: false, goesOn: null }]);
});

test("a sentence that one goes on is there until that one has ended", async () => {
  const listening = new Listening();
  const model = new ExportsModel(URL, listening);
  const other = one({ key: "k0", number: 11 });
  const ready = one({ state: "ready" });
  serve(other, one(), { exports: [one({ state: "writing" }), other] }, { exports: [ready, other] });
  await model.ask(CHOICES);
  await model.ask(CHOICES);
  vi.useFakeTimers();
  const leaving = new AbortController();
  const left = expect(model.keep(leaving.signal)).rejects.toThrow("left");
  await vi.advanceTimersByTimeAsync(0);
  expect(listening.exports.map((each) => each.state)).toEqual(["writing", "waiting"]);
  expect(listening.said).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1000);
  leaving.abort(new Error("left"));
  await left;
  expect(listening.said.map((said) => said?.sentence)).toEqual([
    "Export 11 is being written; its files appear below.",
    "Export 12 is being written; its files appear below.",
    undefined,
  ]);
});

test("what nobody had begun with is cancelled when it is told", async () => {
  const listening = new Listening();
  serve(one({ state: "cancelled" }));
  await new ExportsModel(URL, listening).cancel(one());
  expect(listening.said).toEqual([{ sentence: "Export 12 was cancelled.", isTrouble: false, goesOn: null }]);
});

test("what formats of masks would hold is told before and afterwards", () => {
  const given = { url: URL, days: 30, link_hours: 12, drawn: 0, with_points: 0, most_counted: 10_000 };
  expect(soFar("csv", given)).toBe("");
  expect(soFar("masks", given)).toContain("it would be empty");
  expect(soFar("segmentation", { ...given, with_points: 3 })).toContain("it would hold none");
  const some = { ...given, drawn: 1, with_points: 10_001 };
  expect(soFar("masks", some)).toBe(
    "So far: 1 synapse drawn on, more than 10,000 synapses with a point that was set.",
  );
  const file = { name: "masks.zip", format: "masks", bytes: 22, sha256: "e3b0", link: "/" };
  expect([null, 0, 2].map((instances) => heldBy({ ...file, instances }))).toEqual([
    "", "holds no mask", "2 synapses",
  ]);
});

test("words", () => {
  expect(isUnfinished(one())).toBe(true);
  expect(isUnfinished(one({ state: "ready" }))).toBe(false);
  expect(stepOf(one({ state: "writing", stage: "reading", done: 2000, total: 12345 }))).toBe(
    "2,000 of 12,345 synapses are read.",
  );
  expect(stepOf(one({ state: "writing", stage: "reading" }))).toBe("It has just begun.");
  expect(contentOf(one({ state: "ready", written: 1 }))).toBe("1 synapse, without people");
  expect([0, 999, 1000, 1_234_567].map(size)).toEqual([
    "0 bytes", "999 bytes", "1.0 kB", "1.2 MB",
  ]);
});
