import { afterEach, expect, test, vi } from "vitest";

import type { Export } from "./contract";
import { ExportsModel, isUnfinished } from "./exports_model";
import { contentOf, size, stepOf } from "./words";

const URL = "/api/campaigns/1/exports";
const CHOICES = { formats: ["csv"], discarded: "keep", unjudged: "keep", people: "nobody" };

function one(changes: Partial<Export> = {}): Export {
  return {
    key: "k1",
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
  said: string[] = [];
  troubles: string[] = [];
  onExports = (exports: readonly Export[]) => void (this.exports = exports);
  onSaid = (sentence: string, isTrouble: boolean) =>
    void (isTrouble ? this.troubles : this.said).push(sentence);
  onContact = () => {};
  onGone = () => {};
}

/** Answers each request with the next of these; an Error is thrown. */
function serve(...answers: (object | Error)[]): { method: string; body: unknown }[] {
  const asked: { method: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    asked.push({ method: init.method ?? "GET", body: init.body ? JSON.parse(String(init.body)) : null });
    const answer = answers.shift() ?? new TypeError("no answer is left");
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(new Response(JSON.stringify(answer), { status: 200 }));
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

test("what was asked for without an answer is asked for again under its key", async () => {
  const listening = new Listening();
  const model = new ExportsModel(URL, listening);
  const asked = serve(new TypeError("lost"), one(), one({ key: "k2" }));
  expect(await model.ask(CHOICES)).toBe(false);
  expect(listening.troubles).toEqual(["The server cannot be reached."]);
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
  expect(listening.troubles).toEqual(["Choose at least one format."]);
});

test("what is cancelled is told at once", async () => {
  const listening = new Listening();
  const model = new ExportsModel(URL, listening);
  serve(one(), one({ state: "writing", is_cancelling: true }));
  await model.ask(CHOICES);
  await model.cancel(one());
  expect(listening.exports).toEqual([one({ state: "writing", is_cancelling: true })]);
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
