/** What the browser keeps, and what happens where it does not. */

import * as idb from "idb-keyval";
import { expect, it, vi } from "vitest";

import { keptOrForgotten } from "../../../proofreading/frontend/storage";
import { KeptCurves } from "./kept_curves";
import { BrowserSliceOutbox, type KeptSlice } from "./kept_slices";

vi.mock("idb-keyval", () => ({
  createStore: () => null,
  set: vi.fn(),
  delMany: vi.fn(),
  entries: vi.fn(),
}));

const slice = { key: "k", z: 5, base: 0, runs: [4], origin: "drawn", made_at: "" } as const;
const kept: KeptSlice = { person: "1", url: "/slices", slice, tab: "a", storedAt: 0, turn: 0 };

it("That the browser keeps a slice no longer is known until the server has it", async () => {
  const outbox = new BrowserSliceOutbox();
  vi.mocked(idb.set).mockRejectedValueOnce(new DOMException("Full.", "QuotaExceededError"));
  await outbox.put(kept);
  expect(outbox.isRefused.value).toBe(true);
  vi.mocked(idb.set).mockResolvedValueOnce();
  await outbox.put({ ...kept, slice: { ...slice, key: "another" } });
  expect(outbox.isRefused.value).toBe(true); // the first is kept by nothing still
  await outbox.remove(["k"]);
  expect(outbox.isRefused.value).toBe(false);
});

it("Curves come back, damaged ones do not, and nothing is left of those that are gone", () => {
  const inner = new Map<string, string>();
  const storage = keptOrForgotten(() => ({
    getItem: (key) => inner.get(key) ?? null,
    setItem: (key, value) => void inner.set(key, value),
    removeItem: (key) => void inner.delete(key),
  }));
  const curves = new KeptCurves(storage, "place");
  curves.write([[5, [{ x: 1, y: 2 }]]]);
  expect(curves.read()).toEqual([[5, [{ x: 1, y: 2 }]]]);
  for (const damaged of ['[[5, [{"x": 1', '{"a": 1}', "[5]", '[[5, [{"x": "1"}]]]', "[[5, [null]]]"]) {
    storage.setItem("place", damaged);
    expect(curves.read()).toEqual([]);
  }
  curves.write([]);
  expect([inner.size, storage.getItem("place")]).toEqual([0, null]);
});
