import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { parsePageSection, type Triple } from "./contract";
import { MarkKeeper, type Mark } from "./marks";
import { SearchWalk } from "./search_walk";
import {
  MARKS,
  meshState,
  middleOf,
  searchState,
  SYNAPSES,
  ViewerFrame,
  voxelAt,
  type Neuroglancer,
} from "./viewer_frame";

/** A viewer that counts in voxels of 4, 4, 40 nm. */
function viewerOf(position: readonly number[] = [10, 20, 30]) {
  const heeding = new Set<() => void>();
  const shown = new Map<string, readonly unknown[]>();
  const changed = { add: (heed: () => void) => (heeding.add(heed), () => void heeding.delete(heed)) };
  let at = new Float32Array(position);
  const layer = (name: string) => ({
    name,
    layer: { localAnnotations: { restoreState: (all: readonly unknown[]) => void shown.set(name, all) } },
  });
  const mouse = mouseOf();
  const viewer: Neuroglancer = {
    position: {
      get value() {
        return at;
      },
      set value(next) {
        at = next;
        heeding.forEach((heed) => heed());
      },
      changed,
    },
    coordinateSpace: { value: { names: ["x", "y", "z"], scales: [4e-9, 4e-9, 40e-9] } },
    mouseState: mouse.state,
    display: { draw: mouse.draw },
    layerManager: { managedLayers: [layer(SYNAPSES), layer(MARKS)] },
  };
  return { viewer, shown, mouse };
}

/** As Neuroglancer's: `position` is of the pick that was read last; a pick begins with a drawing. */
function mouseOf() {
  const heeding = new Set<() => void>();
  let under: readonly number[] | null = null;
  let isOver = false;
  let canDraw = true;
  let pick: readonly number[] | null = null;
  const state = {
    active: false,
    position: [0, 0, 0] as readonly number[],
    changed: { add: (heed: () => void) => (heeding.add(heed), () => void heeding.delete(heed)) },
    get forcerFunction() {
      return isOver ? () => undefined : undefined;
    },
    updateUnconditionally() {
      if (pick !== null) {
        Object.assign(state, { active: true, position: pick });
        pick = null;
        heeding.forEach((heed) => heed());
      }
      return isOver && state.active;
    },
  };
  return {
    state,
    draw: () => (pick = canDraw ? under : pick),
    /** To a place in voxels, or out of the view. */
    move(to: readonly number[] | null) {
      pick ??= under;
      [under, isOver] = [to, to !== null];
    },
    fail: () => (canDraw = false),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Neuroglancer in a frame", () => {
  it("says where it looks in nm, and looks elsewhere", () => {
    const { viewer, mouse } = viewerOf();
    const frame = new ViewerFrame({ viewer }, () => undefined);
    expect(frame.centreNm).toEqual([40, 80, 1200]);
    expect(frame.placeNm()).toEqual([40, 80, 1200]); // the pointer is elsewhere
    mouse.move([1, 2, 3]);
    expect(frame.placeNm()).toEqual([4, 8, 120]);
    frame.moveTo([400, 800, 4000]);
    expect([...viewer.position.value]).toEqual([100, 200, 100]);
    frame.stop();
  });

  it("tells the place where the pointer is, not where it was", () => {
    const { viewer, mouse } = viewerOf();
    const frame = new ViewerFrame({ viewer });
    mouse.move([1, 2, 3]);
    expect(frame.placeNm()).toEqual([4, 8, 120]);
    mouse.move([5, 6, 7]); // a pick of the place before is still on its way
    expect(frame.placeNm()).toEqual([20, 24, 280]);
    mouse.fail();
    mouse.move([8, 8, 8]);
    expect(frame.placeNm()).toBe("unseen");
    expect(frame.placeNm()).toBe("unseen");
    mouse.move(null);
    expect(frame.placeNm()).toEqual([40, 80, 1200]);
    frame.stop();
  });

  it("is waited for, and tells of every move", () => {
    const window: { viewer?: Neuroglancer } = {};
    let moves = 0;
    const frame = new ViewerFrame(window, () => (moves += 1));
    frame.show(MARKS, [{ id: "a", nm: [4, 8, 40], words: "here" }]);
    expect([frame.centreNm, moves]).toEqual([null, 0]);
    const { viewer, shown } = viewerOf();
    window.viewer = viewer;
    vi.advanceTimersByTime(1000);
    expect(moves).toBe(1);
    expect(shown.get(MARKS)).toEqual([{ type: "point", id: "a", point: [1, 2, 1], description: "here" }]);
    frame.moveTo([0, 0, 0]);
    expect(moves).toBe(2);
    frame.stop();
  });

  it("draws points again in layers that were put back", () => {
    const first = viewerOf();
    const window = { viewer: first.viewer };
    const frame = new ViewerFrame(window, () => undefined);
    frame.show(SYNAPSES, [{ id: "a", nm: [4, 8, 40], words: "" }]);
    first.shown.clear();
    vi.advanceTimersByTime(2000);
    expect(first.shown.size).toBe(0); // nothing has changed
    const second = viewerOf();
    window.viewer = second.viewer;
    vi.advanceTimersByTime(1000);
    expect(second.shown.get(SYNAPSES)).toHaveLength(1);
    frame.stop();
  });

  it("has marks at voxels of the table", () => {
    expect(voxelAt([17, 8, 79.9], [8, 8, 40])).toEqual([2, 1, 1]);
    expect(middleOf([2, 1, 1], [8, 8, 40])).toEqual([20, 12, 60]);
    for (const voxel of [[0, 0, 0], [-3, 7, 12]] as Triple[]) {
      expect(voxelAt(middleOf(voxel, [8, 8, 33]), [8, 8, 33])).toEqual(voxel);
    }
  });
});

describe("states", () => {
  const dimensions = { x: [4e-9, "m"], y: [4e-9, "m"], z: [40e-9, "m"] };
  const layers = [{ name: "image" }, { name: "neurons", segments: ["5", "7"] }];

  it("begin at the beginning of the section, which is drawn", () => {
    const known = { name: "known synapses", annotations: [{ type: "point" }] };
    const all = [...layers, known];
    const state = searchState({ dimensions, layers: all, position: [1, 1, 1] }, [[40, 80, 400], [80, 80, 400]]);
    expect((state["position"] as number[]).map(Math.round)).toEqual([10, 20, 10]);
    const names = (state["layers"] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(["image", "neurons", "known synapses", "section", MARKS]);
    expect((state["layers"] as unknown[])[2]).toBe(known); // the server says where synapses are
    const [, , , way] = state["layers"] as { annotations?: { pointB: number[] }[] }[];
    expect(way?.annotations).toHaveLength(1);
    expect(way?.annotations?.[0]?.pointB.map(Math.round)).toEqual([20, 20, 10]);
  });

  it("show a neuron alone, and all of it", () => {
    const shown = { extentNm: 100_000, synapses: [[4, 8, 40]], way: [] } as const;
    const state = meshState({ dimensions, layers }, { root: "7", ...shown });
    expect(state).toMatchObject({ layout: "3d", projectionScale: expect.closeTo(50_000, 0) });
    const [image, neurons, way, points] = state["layers"] as { annotations?: { point: number[] }[] }[];
    expect([image, neurons]).toEqual([{ name: "image" }, { name: "neurons", segments: ["7"] }]);
    expect(way?.annotations).toEqual([]);
    expect(points?.annotations?.[0]?.point.map(Math.round)).toEqual([1, 2, 1]);
    const others = meshState({ dimensions, layers }, { root: null, ...shown })["layers"];
    expect((others as unknown[]).slice(0, 2)).toEqual(layers);
  });
});

describe("walking along a section", () => {
  function walkOf() {
    const section = parsePageSection({
      ...{ id: 1, number: 0, sections: 1, neuron: "7", voxel_nm: [8, 8, 40] },
      path_nm: [[0, 0, 0], [4000, 0, 0]],
    });
    const written: Mark[] = [];
    const server = { read: async () => [], write: async (marks: readonly Mark[]) => void written.push(...marks) };
    const store = { put: () => undefined, remove: () => undefined, all: async () => [] };
    const keeper = new MarkKeeper(server, store, () => undefined);
    let deeds = 0;
    const walk = new SearchWalk(section!, keeper, () => (deeds += 1));
    const { viewer, shown, mouse } = viewerOf([0, 0, 0]);
    walk.lookThrough(new ViewerFrame({ viewer }, () => walk.moved()));
    return { walk, keeper, viewer, shown, mouse, deeds: () => deeds };
  }

  it("goes on and back by steps, and ends at the ends", async () => {
    const { walk, viewer, deeds } = walkOf();
    walk.step(1);
    expect([...viewer.position.value]).toEqual([250, 0, 0]);
    walk.stepNm.value = 5000;
    walk.step(1);
    expect([walk.atNm.value, walk.isAtEnd.value]).toEqual([4000, true]);
    walk.step(-1);
    expect(walk.atNm.value).toBe(0);
    expect(deeds()).toBe(3); // each keeps the page held
    viewer.position.value = new Float32Array([500, 90, 3]); // dragged by hand
    await vi.advanceTimersByTimeAsync(100);
    expect(walk.atNm.value).toBeCloseTo(2000);
    walk.stop();
  });

  it("looks through no frame that has been loaded again", async () => {
    const { walk, viewer } = walkOf();
    const fresh = viewerOf([0, 0, 0]);
    walk.lookThrough(new ViewerFrame({ viewer: fresh.viewer }, () => walk.moved()));
    const moved = vi.spyOn(walk, "moved");
    viewer.position.value = new Float32Array([500, 0, 0]);
    expect(moved).not.toHaveBeenCalled();
    fresh.viewer.position.value = new Float32Array([250, 0, 0]);
    await vi.advanceTimersByTimeAsync(100);
    expect([moved.mock.calls.length, walk.atNm.value]).toEqual([1, 1000]);
    walk.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("marks what is under the pointer, or else in the middle, while the page is held", () => {
    const { walk, keeper, shown, mouse } = walkOf();
    walk.goTo(2000);
    walk.mark();
    mouse.move([100, 50, 2]);
    walk.mark();
    expect(keeper.shown.value.map(({ position }) => position)).toEqual([[250, 0, 0], [50, 25, 2]]);
    expect(shown.get(MARKS)).toHaveLength(2);
    expect(walk.told.value).toBe("Marked at 50, 25, 2.");
    mouse.fail();
    mouse.move([7, 7, 7]);
    walk.mark();
    expect(walk.refused.value).toContain("nothing was marked");
    walk.remove(keeper.shown.value[0]!.key);
    expect(shown.get(MARKS)).toHaveLength(1);
    walk.lookAt([250, 0, 0]);
    expect(walk.path.lengthNm).toBe(4000);
    walk.mayMark.value = false;
    walk.mark();
    expect(keeper.shown.value).toHaveLength(1);
    walk.stop();
    keeper.stop();
  });
});
