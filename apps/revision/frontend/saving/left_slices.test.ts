import { expect, it } from "vitest";

import { HttpError, NetworkError } from "../../../core/frontend/http";
import { markerOf } from "../testing";
import type { DrawnSlice, KeptPoint, KeptSlice, SetPoint, SliceOutbox } from "./kept_slices";
import { sendLeftSlices } from "./left_slices";

function outboxOf(...slices: readonly (Partial<DrawnSlice> & { tab?: string })[]): SliceOutbox & { keys(): string[] } {
  const kept = new Map<string, KeptSlice>();
  slices.forEach(({ tab = "closed", ...some }, turn) => {
    const key = `k${turn}`;
    const slice = { key, z: 5, base: 0, runs: [4], origin: "drawn", made_at: "", ...some } as const;
    kept.set(key, { person: "1", url: "/slices", slice, tab, storedAt: 0, turn });
  });
  return {
    put: async () => undefined,
    remove: async (keys) => keys.forEach((key) => kept.delete(key)),
    of: async () => [...kept.values()],
    keys: () => [...kept.keys()],
  };
}

function pointsOf(...points: readonly Partial<SetPoint>[]): SliceOutbox & { keys(): string[] } {
  const kept = new Map<string, KeptPoint>();
  points.forEach((some, turn) => {
    const key = `p${turn}`;
    const point = { key, side: "pre", nm: [1, 2, 3], base: 0, made_at: "", ...some } as const;
    kept.set(key, { person: "1", url: "/markers", point, tab: "closed", storedAt: 0, turn });
  });
  return {
    put: async () => undefined,
    remove: async (keys) => keys.forEach((key) => kept.delete(key)),
    of: async () => [...kept.values()],
    keys: () => [...kept.keys()],
  };
}

const sent = (body: unknown) => (body as { slices: readonly DrawnSlice[] }).slices[0]!;

it("What was left behind is saved, the second of a slice on top of the first", async () => {
  const outbox = outboxOf({ base: 2 }, { base: 2 }, { z: 6, base: 1 });
  const bases: number[] = [];
  const told = await sendLeftSlices(outbox, "1", async (_url, body) => {
    const { z, key, base } = sent(body);
    bases.push(base);
    return { kept: [{ z, key, number: base + 1 }] };
  });
  expect(bases).toEqual([2, 3, 1]);
  expect(told?.sentence).toBe("3 slices that you drew before are saved now.");
  expect(outbox.keys()).toEqual([]);
});

it("What two tabs drew of one slice does not replace each other unseen", async () => {
  const outbox = outboxOf({ base: 2, tab: "one" }, { base: 2, tab: "other" });
  const bases: number[] = [];
  await sendLeftSlices(outbox, "1", async (_url, body) => {
    const { z, key, base } = sent(body);
    bases.push(base);
    return { kept: [{ z, key, number: base + 1 }] };
  });
  expect(bases).toEqual([2, 2]);
});

it("Points that were left behind are sent, too, whoever holds the instance now", async () => {
  const outbox = pointsOf({}, { base: 0 }, { side: "post" });
  const asked: unknown[] = [];
  const told = await sendLeftSlices(outbox, "1", async (url, body) => {
    const [point] = (body as { markers: readonly SetPoint[] }).markers;
    asked.push([url, point?.side, point?.base]);
    if (point?.side === "post") {
      throw new HttpError(409, "marker_changed", "Ada moved it.");
    }
    return { pre: markerOf({ number: point!.base + 1, origin: "set" }), post: markerOf() };
  });
  expect(asked).toEqual([
    ["/markers", "pre", 0],
    ["/markers", "pre", 1],
    ["/markers", "post", 0],
  ]);
  expect(told?.sentence).toContain("2 points that you set before are saved now.");
  expect(told?.sentence).toContain("One point that you set before is kept beside");
  expect(outbox.keys()).toEqual([]);
});

it("What somebody changed since is kept beside; what is refused can be discarded", async () => {
  const outbox = outboxOf({ z: 5 }, { z: 6 });
  const told = await sendLeftSlices(outbox, "1", async (_url, body) => {
    throw sent(body).z === 5
      ? new HttpError(409, "slice_changed", "Changed.")
      : new HttpError(404, "not_found", "There is no such revision.");
  });
  expect(told?.sentence).toContain("One slice that you drew before is kept beside");
  expect(told?.sentence).toContain("not taken by the server: There is no such revision.");
  expect(outbox.keys()).toEqual(["k1"]);
  await told?.discard?.();
  expect(outbox.keys()).toEqual([]);
});

it("Without a network all of it waits", async () => {
  const outbox = outboxOf({ z: 5 }, { z: 6 });
  let requests = 0;
  const told = await sendLeftSlices(outbox, "1", async () => {
    requests += 1;
    throw new NetworkError("The server cannot be reached.");
  });
  expect(requests).toBe(1);
  expect(told?.sentence).toContain("2 slices that you drew before are not sent yet");
  expect(outbox.keys()).toHaveLength(2);
  expect(await sendLeftSlices(outboxOf(), "1", async () => null)).toBeNull();
});
