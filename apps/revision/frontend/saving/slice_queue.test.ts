import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../../core/frontend/http";
import type { ChangedSlice } from "../contract";
import type { DrawnSlice, KeptSlice, SliceOutbox } from "./kept_slices";
import { RESTING_MS, SliceQueue } from "./slice_queue";

/** What the browser keeps. */
class Memory implements SliceOutbox {
  readonly kept = new Map<string, KeptSlice>();
  async put(kept: KeptSlice): Promise<void> {
    this.kept.set(kept.slice.key, kept);
  }
  async remove(keys: readonly string[]): Promise<void> {
    keys.forEach((key) => this.kept.delete(key));
  }
  async of(): Promise<readonly KeptSlice[]> {
    return [...this.kept.values()];
  }
}

/** A server as the real one keeps slices: by key once, against the version that was seen. */
class Server {
  readonly versions = new Map<number, DrawnSlice[]>();
  readonly requests: (readonly DrawnSlice[])[] = [];
  /** What the next requests come to: "lost" is kept, but its answer does not arrive. */
  readonly fates: ("offline" | "lost" | Error)[] = [];

  post = async (_url: string, body: unknown): Promise<unknown> => {
    const { slices } = body as { readonly slices: readonly DrawnSlice[] };
    const fate = this.fates.shift();
    if (fate === "offline") {
      throw new NetworkError("The server cannot be reached.");
    }
    if (fate instanceof Error) {
      throw fate;
    }
    this.requests.push(slices);
    const kept = [];
    const changed: ChangedSlice[] = [];
    for (const slice of slices) {
      const versions = this.versions.get(slice.z) ?? [];
      this.versions.set(slice.z, versions);
      let number = versions.findIndex(({ key }) => key === slice.key) + 1;
      if (number === 0 && slice.base === versions.length) {
        number = versions.push(slice);
      }
      if (number > 0) {
        kept.push({ z: slice.z, number, key: slice.key });
      } else {
        const runs = versions.at(-1)?.runs ?? null;
        const at = "2026-01-01T10:14:00Z";
        changed.push({ z: slice.z, number: versions.length, by: "Ada", at, runs });
      }
    }
    if (fate === "lost") {
      throw new NetworkError("The answer broke off.");
    }
    if (changed.length > 0) {
      const details = { code: "slice_changed", slices: changed, kept, held: true };
      throw new HttpError(409, "slice_changed", "Changed.", null, details);
    }
    return { kept };
  };
}

let server: Server;
let memory: Memory;
let queue: SliceQueue;
let told: string[];
let numbers: Map<number, number>;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  memory = new Memory();
  told = [];
  numbers = new Map();
  const keeping = { outbox: memory, person: "1", tab: "a" };
  queue = new SliceQueue("/slices", server.post, keeping, {
    onKept: ({ z, number }) => numbers.set(z, number),
    onChanged: ({ z, by }) => told.push(`${z} by ${by}`),
    onLost: (sentence) => told.push(sentence),
    onRefused: (error) => told.push((error as Error).message),
  });
});

afterEach(() => {
  queue.stop();
  vi.useRealTimers();
});

const draw = (z: number, runs: readonly number[]) =>
  queue.add(z, numbers.get(z) ?? 0, runs, "drawn");
const stored = (z: number) => server.versions.get(z)?.map(({ runs }) => runs?.join());
const rest = (ms = RESTING_MS) => vi.advanceTimersByTimeAsync(ms);

it("Strokes in one breath are one version, which the browser keeps until the server has it", async () => {
  draw(5, [1, 3]);
  await rest(300);
  draw(5, [2, 2]);
  draw(6, [0, 4]);
  await queue.written();
  expect([...memory.kept.values()].map(({ slice }) => slice.runs?.join())).toEqual(["2,2", "0,4"]);
  expect(queue.state.value).toBe("saving");
  await rest();
  expect(server.requests).toHaveLength(1);
  expect([stored(5), stored(6)]).toEqual([["2,2"], ["0,4"]]);
  await queue.written();
  expect(memory.kept.size).toBe(0);
  expect(queue.state.value).toBe("saved");
});

it("What is drawn while a slice is on its way becomes the version after it", async () => {
  draw(5, [1, 3]);
  await rest(RESTING_MS - 1);
  const sending = queue.flush();
  draw(5, [2, 2]); // on the base that is known now
  await sending;
  await rest();
  expect(stored(5)).toEqual(["1,3", "2,2"]);
  expect(told).toEqual([]);
});

it("Without a network all is kept, counted, and sent once it is back", async () => {
  server.fates.push("offline", "offline");
  draw(5, [1, 3]);
  draw(6, [1, 3]);
  await rest();
  expect(queue.state.value).toBe("unsaved");
  draw(5, [2, 2]);
  expect(queue.unsentCount.value).toBe(2);
  expect(memory.kept.size).toBeGreaterThanOrEqual(2);
  await rest(500);
  queue.retry();
  await rest();
  expect(queue.state.value).toBe("saved");
  expect(stored(5)?.at(-1)).toBe("2,2");
  expect(told).toEqual([]);
});

it("An answer that got lost makes nobody clash with themselves", async () => {
  server.fates.push("lost");
  draw(5, [1, 3]);
  await rest();
  draw(5, [2, 2]);
  await rest(60_000);
  expect(stored(5)).toEqual(["1,3", "2,2"]);
  expect(told).toEqual([]);
  await queue.written();
  expect(memory.kept.size).toBe(0);
});

it("A slice that somebody else saved waits for the person; others go on", async () => {
  const hers = { key: "x", z: 5, base: 0, runs: [4], origin: "drawn", made_at: "" } as const;
  server.versions.set(5, [hers]);
  draw(5, [1, 3]);
  draw(6, [1, 3]);
  await rest();
  expect(told).toEqual(["5 by Ada"]);
  expect(stored(6)).toEqual(["1,3"]);
  draw(5, [2, 2]);
  await rest(60_000);
  expect(stored(5)).toEqual(["4"]);
  expect(queue.unsentCount.value).toBe(1);
  queue.insist(5, 1, [2, 2], "drawn");
  await rest();
  expect(stored(5)).toEqual(["4", "2,2"]);
  expect(await queue.flush()).toBe(true);
});

it("What she saved is kept: nothing of mine is sent", async () => {
  server.versions.set(5, [
    { key: "x", z: 5, base: 0, runs: [4], origin: "drawn", made_at: "" },
  ]);
  draw(5, [1, 3]);
  await rest();
  draw(5, [2, 2]);
  queue.drop(5);
  expect(await queue.flush()).toBe(true);
  expect(stored(5)).toEqual(["4"]);
  await queue.written();
  expect(memory.kept.size).toBe(0);
});

it("What is drawn on what somebody else has now is kept beside, and told once", async () => {
  const slices = [{ z: 5, number: 0, by: null, at: null, runs: null }];
  const details = { code: "slice_changed", slices, kept: [], held: false };
  server.fates.push(new HttpError(409, "slice_changed", "Ben has it now.", null, details));
  draw(5, [1, 3]);
  await rest();
  expect(told).toEqual(["Ben has it now."]);
  expect(await queue.flush()).toBe(true);
  await queue.written();
  expect(memory.kept.size).toBe(0);
});

it("What trying again will not change is told, and stays in the browser", async () => {
  server.fates.push(new HttpError(401, "login_needed", "You are no longer logged in."));
  draw(5, [1, 3]);
  await rest();
  expect(told).toEqual(["You are no longer logged in."]);
  expect(await queue.written()).toBeUndefined();
  expect(memory.kept.size).toBe(1);
  queue.retry();
  await rest();
  expect(stored(5)).toEqual(["1,3"]);
});
