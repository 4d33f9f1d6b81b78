import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../../core/frontend/http";
import type { ViewerFrame } from "../../../proofreading/frontend/neuron/viewer_frame";
import type { Transport } from "../../../proofreading/frontend/transport";
import type { Triple } from "./contract";
import { DraftStore } from "./draft";
import { MissedController } from "./missed_controller";

const VOXEL: Triple = [8, 8, 30];
const NEAR = { id: "77", source_id: "5", origin: "table", distance_nm: 24, center: [10, 20, 30] };
const ADDED = {
  ...{ id: 3, source_id: "0", position: [10, 20, 30], z1: 30, z2: 30, note: "", by: "anna" },
  ...{ is_mine: true, at: "2026-11-21T12:00:00Z", withdrawn_at: null, may_withdraw: true },
  ...{ is_finished: false, revise_url: "/campaigns/1/revise?revision=9" },
};
const EXTENTS = {
  image: { lo: [0, 0, 0], hi: [8000, 8000, 3000] },
  cleft: { lo: [0, 0, 0], hi: [4000, 8000, 3000] },
};
const MARK = {
  ...{ key: "m", position: [40, 50, 60], note: "a bouton?", by: "anna", is_mine: true },
  ...{ at: "2026-11-21T12:00:00Z", reason: null },
};

/** A server that answers what it is told to. */
class Server {
  readonly sent: { url: string; body: Record<string, unknown> }[] = [];
  near: unknown[] = [];
  answer: () => unknown = () => ADDED;

  readonly transport = {
    getJson: async (url: string) =>
      url.endsWith("/marks")
        ? { waiting: [MARK], dismissed: [], count: 1 }
        : { added: [], count: 0 },
    postJson: async (url: string, body: Record<string, unknown>) => {
      this.sent.push({ url, body });
      if (url.endsWith("/near")) {
        return { near: this.near, near_nm: 300 };
      }
      return url.endsWith("/around") ? { points: [], reach_nm: 4000, is_all: true } : this.answer();
    },
  } as unknown as Transport;

  get added() {
    return this.sent.filter(({ url }) => url === "/additions").map(({ body }) => body);
  }
}

let server: Server;
let kept: Map<string, string>;
let pointer: Triple | null;
let shown: Map<string, readonly { nm: Triple }[]>;
let looked: Triple[];
let open: MissedController[];

beforeEach(() => {
  vi.useFakeTimers();
  [server, kept, shown, looked, open] = [new Server(), new Map(), new Map(), [], []];
  pointer = [84, 164, 915]; // in nm: voxel 10, 20, 30
});

afterEach(() => {
  open.forEach((one) => one.stop());
  vi.useRealTimers();
});

function begun(): MissedController {
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const urls = { additions: "/additions", login: "/login" };
  const missed = new MissedController(urls, server.transport, new DraftStore(storage, "place"), VOXEL, EXTENTS);
  missed.lookThrough({
    placeNm: () => pointer,
    centreNm: [0, 0, 0],
    show: (layer: string, points: readonly { nm: Triple }[]) => void shown.set(layer, points),
    moveTo: (nm: Triple) => void looked.push(nm),
    stop: () => undefined,
  } as unknown as ViewerFrame);
  missed.open();
  open.push(missed);
  return missed;
}

const later = () => vi.advanceTimersByTimeAsync(300);

describe("missed synapses", () => {
  it("are marked under the pointer, reviewed in voxels of the table, and saved", async () => {
    const missed = begun();
    missed.mark();
    expect(missed.draft.value).toMatchObject({ position: [10, 20, 30], z1: 30, z2: 30 });
    expect(shown.get("new synapse")).toMatchObject([{ nm: [84, 164, 915] }]);
    pointer = [44, 164, 915];
    missed.set("pre");
    missed.setNumber("x", 12);
    missed.setNumber("z2", 33);
    await later();
    await missed.save();
    expect(server.added).toMatchObject([
      { position: [12, 20, 30], z1: 30, z2: 33, pre: [5, 20, 30], post: null, despite: [] },
    ]);
    expect(missed.draft.value).toBeNull();
    expect(missed.saved.value?.revise_url).toBe("/campaigns/1/revise?revision=9");
    expect(shown.get("new synapse")).toEqual([]);
  });

  it("are not marked where there is no image, nor without clefts; points need the image alone", () => {
    const missed = begun();
    for (const [place, why] of [
      [[-1, 164, 915], /^There is no image/],
      [[84, 164, 3000], /^There is no image/],
      [[4004, 164, 915], /^The cleft volume does not reach/],
    ] as const) {
      pointer = [...place];
      missed.mark();
      expect(missed.draft.value).toBeNull();
      expect(missed.notice.value?.sentence).toMatch(why);
    }
    pointer = [84, 164, 915];
    missed.mark();
    expect(missed.notice.value).toBeNull();
    pointer = [4004, 164, 915];
    missed.set("pre");
    expect(missed.draft.value).toMatchObject({ position: [10, 20, 30], pre: [500, 20, 30] });
    pointer = [8004, 164, 915];
    missed.set("post");
    expect(missed.draft.value?.post).toBeNull();
    expect(missed.notice.value?.sentence).toMatch(/^There is no image/);
  });

  it("stay in the slice that they were marked in while their slices are typed", async () => {
    const missed = begun();
    missed.mark(); // in slice 30
    for (const [name, value] of [["z1", 2], ["z1", 28], ["z2", 3], ["z2", 29], ["z2", 32]] as const) {
      missed.setNumber(name, value);
    }
    await missed.save();
    missed.mark();
    missed.setNumber("z2", 40);
    missed.setNumber("z1", 35);
    expect(missed.draft.value?.position[2]).toBe(30);
    await missed.save();
    expect(server.added).toMatchObject([
      { position: [10, 20, 30], z1: 28, z2: 32 },
      { position: [10, 20, 35], z1: 35, z2: 40 },
    ]);
  });

  it("name those that were shown as near, and no others", async () => {
    const missed = begun();
    server.near = [NEAR];
    missed.mark();
    await later();
    expect(missed.near.found.value).toEqual([NEAR]);
    await missed.save();
    expect(server.added[0]).toMatchObject({ despite: ["77"] });
    missed.mark();
    await missed.save(); // before it was told what is near
    expect(server.added[1]).toMatchObject({ despite: [] });
  });

  it("are shown what somebody else has added meanwhile, and can be added all the same", async () => {
    const missed = begun();
    missed.mark();
    await later();
    const near = { ...NEAR, id: "78", origin: "added" };
    server.answer = () => {
      throw new HttpError(409, "near", "A synapse is known near.", null, { near: [near] });
    };
    await missed.save();
    expect(missed.draft.value).not.toBeNull();
    expect(missed.near.found.value).toEqual([near]);
    server.answer = () => ADDED;
    await missed.save();
    expect(server.added[1]).toMatchObject({ despite: ["78"], key: server.added[0]?.["key"] });
  });

  it("are kept in the browser while the network is away, and saved once when it is back", async () => {
    const missed = begun();
    missed.mark();
    server.answer = () => {
      throw new NetworkError("away");
    };
    await missed.save();
    expect(missed.notice.value?.sentence).toContain("kept in this browser");
    const again = begun();
    expect(again.draft.value).toEqual(missed.draft.value);
    server.answer = () => ADDED;
    missed.resume();
    await later();
    expect(new Set(server.added.map(({ key }) => key)).size).toBe(1);
    expect(begun().draft.value).toBeNull();
  });

  it("say which number cannot be", async () => {
    const missed = begun();
    missed.mark();
    missed.setNumber("z1", 31);
    await missed.save();
    expect(missed.refusal.value?.field).toBe("z1");
    missed.setNumber("x", Number.NaN);
    expect(missed.refusal.value?.sentence).toContain("whole number");
    missed.setNumber("z1", 29);
    server.answer = () => {
      throw new HttpError(400, "invalid", "position: it lies outside of the image.", "position");
    };
    await missed.save();
    expect(missed.refusal.value).toMatchObject({ field: "position" });
    expect(server.added).toHaveLength(1);
  });

  it("come from marks that wait", async () => {
    const missed = begun();
    await later();
    const [mark] = missed.marks.value.waiting;
    missed.addMark(mark!);
    expect(missed.draft.value).toMatchObject({ position: [40, 50, 60], note: "a bouton?", mark: "m" });
    expect(looked).toEqual([[324, 404, 1815]]);
    await missed.dismiss(mark!, "a fold");
    expect(server.sent.at(-1)).toEqual({ url: "/additions/marks/m/dismiss", body: { reason: "a fold" } });
  });

  it("keep their slices around their middle", () => {
    const missed = begun();
    missed.mark();
    missed.setNumber("z1", 28);
    missed.setNumber("z2", 29);
    expect(missed.draft.value?.position).toEqual([10, 20, 30]); // they may still be typed
    missed.settle();
    expect(missed.draft.value?.position).toEqual([10, 20, 29]);
    pointer = [84, 164, 945];
    missed.mark();
    expect(missed.draft.value).toMatchObject({ position: [10, 20, 31], z1: 30, z2: 31 });
  });

  it("do not show what an earlier version kept", () => {
    kept.set("place", '{"x": 5}');
    expect(begun().draft.value).toBeNull();
    kept.set("place", "{");
    expect(begun().draft.value).toBeNull();
  });
});
