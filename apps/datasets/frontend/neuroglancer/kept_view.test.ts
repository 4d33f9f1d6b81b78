import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { KeptView, layersOf, reasonOf, stateOf, type SourceLike } from "./kept_view";

const STATE = { position: [1, 2, 3], layers: [{ name: "image" }, { name: "clefts" }] };

/** A viewer that loses the layers in `loses` as often as it says. */
function viewerThat(loses: string, times: number) {
  let left = times;
  const shown: { name: string; layer: { dataSources: SourceLike[] } | null }[] = [];
  const show = (state: typeof STATE) => {
    left -= 1;
    for (const { name } of state.layers) {
      if (name !== loses || left < 0) {
        shown.push({ name, layer: { dataSources: [] } });
      }
    }
  };
  const calls: string[] = [];
  const viewer = {
    state: {
      reset: () => {
        calls.push("reset");
        shown.splice(0);
      },
      restoreState: (state: unknown) => {
        calls.push("restore");
        show(state as typeof STATE);
      },
      toJSON: () => ({ segments: [864691135000000001n] }),
    },
    layerManager: { managedLayers: shown },
  };
  show(STATE);
  return { viewer, shown, calls };
}

describe("the state of an address", () => {
  it("is read as Neuroglancer writes it", () => {
    expect(stateOf(`#!${encodeURIComponent(JSON.stringify(STATE))}`)).toEqual(STATE);
    expect(layersOf(STATE)).toEqual(["image", "clefts"]);
  });

  it("is none where there is none", () => {
    for (const hash of ["", "#", "#!", "#!{", "#!%7B%", "#!https://elsewhere/state", "#!3"]) {
      expect(stateOf(hash)).toBeNull();
    }
    expect(layersOf({})).toEqual([]);
  });
});

describe("a view", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tells of parts of a volume that cannot be read, until they are out of view", async () => {
    const { viewer, shown } = viewerThat("", 0);
    const url = "precomputed://http://here/volumes/3/";
    shown[0]!.layer!.dataSources.push({ spec: { url }, loadState: {} });
    let failures = new Map([
      ["http://here/volumes/3/8_8_40/", 2],
      ["http://here/volumes/31/8_8_40/", 7],
    ]);
    let told: readonly string[] = [];
    const tell = (sentences: readonly string[]) => (told = sentences);
    const view = new KeptView(viewer, STATE, tell, undefined, async () => failures);
    view.watch();
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual(["image: 2 parts of the volume cannot be read, and are left empty."]);
    failures = new Map();
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual([]);
    view.stop();
  });

  it("says of neurons without a skeleton that they have none yet", async () => {
    const { viewer, shown } = viewerThat("", 0);
    const url = "precomputed://http://here/skeletons/3";
    shown[0]!.layer!.dataSources.push({ spec: { url }, loadState: {} });
    let told: readonly string[] = [];
    const failures = new Map([["http://here/skeletons/3", 2]]);
    const view = new KeptView(viewer, STATE, (said) => (told = said), undefined, async () => failures);
    view.watch();
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual(["image: there is none yet of 2 neurons shown."]);
    view.stop();
  });

  it("puts back a layer that got lost, the whole state at once", () => {
    const { viewer, shown, calls } = viewerThat("clefts", 1);
    const told: (readonly string[])[] = [];
    const view = new KeptView(viewer, STATE, (sentences) => told.push(sentences));
    view.watch();
    vi.advanceTimersByTime(3000);
    view.stop();
    expect(shown.map(({ name }) => name)).toEqual(["image", "clefts"]);
    expect(calls).toEqual(["reset", "restore"]);
    expect(told).toEqual([]);
  });

  it("lets what was said of the lost layer be taken away, before it is tried again", () => {
    const { viewer, calls } = viewerThat("clefts", 1);
    const view = new KeptView(viewer, STATE, () => undefined, () => calls.push("forget"));
    view.look();
    view.look();
    expect(calls).toEqual(["forget", "reset", "restore"]);
  });

  it("says so where that does not help", () => {
    const { viewer, calls } = viewerThat("clefts", 99);
    const told: (readonly string[])[] = [];
    const view = new KeptView(viewer, STATE, (sentences) => told.push(sentences));
    for (let turn = 0; turn < 6; turn += 1) {
      view.look();
    }
    expect(calls).toHaveLength(6);
    expect(told).toEqual([[expect.stringContaining("Not shown: clefts.")]]);
  });

  it("leaves alone what a person has changed", () => {
    const { viewer, shown, calls } = viewerThat("", 0);
    const view = new KeptView(viewer, STATE, () => undefined);
    view.watch();
    window.dispatchEvent(new Event("pointerdown"));
    shown.splice(1);
    vi.advanceTimersByTime(3000);
    view.stop();
    expect(calls).toEqual([]);
    view.reset();
    expect(shown.map(({ name }) => name)).toEqual(["image", "clefts"]);
  });

  it("tells once of a volume that cannot be read", () => {
    const { viewer, shown } = viewerThat("", 0);
    const told: (readonly string[])[] = [];
    const view = new KeptView(viewer, STATE, (sentences) => told.push(sentences));
    const error = Object.assign(new Error("HTTP error 403"), { status: 403 });
    shown[0]?.layer?.dataSources.push({ spec: { url: "precomputed://x" }, loadState: { error } });
    view.look();
    view.look();
    expect(told).toEqual([
      ["image: The volume at precomputed://x cannot be read: reading it is not allowed (403)."],
    ]);
  });

  it("makes a link with every digit of an id", () => {
    const { viewer } = viewerThat("", 0);
    const link = new KeptView(viewer, STATE, () => undefined).link({
      origin: "https://here",
      pathname: "/neuroglancer/",
    });
    expect(link.startsWith("https://here/neuroglancer/#!")).toBe(true);
    expect(stateOf(new URL(link).hash)).toEqual({ segments: ["864691135000000001"] });
  });
});

describe("why a volume cannot be read", () => {
  it("is found at the bottom of errors", () => {
    const cause = Object.assign(new Error("gone"), { status: 404 });
    expect(reasonOf(new Error("Error reading info", { cause }), "x")).toContain("(404)");
    expect(reasonOf(new Error("HTTP error 401: no"), "x")).toContain("login");
    expect(reasonOf(new TypeError("Failed to fetch"), "x")).toContain("CORS");
    expect(reasonOf(new Error("Invalid encoding: crackle"), "x")).toContain("crackle");
    expect(reasonOf("odd", "x")).toContain("odd");
  });
});
