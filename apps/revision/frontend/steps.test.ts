import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { HttpError } from "../../core/frontend/http";
import type { Markers, Side } from "./contract";
import type { EaselSession } from "./easel_session";
import type { Nm } from "./markers_model";
import { sessionOf } from "./session_testing";
import { easelOf, markerOf } from "./testing";
import { VersionsModel } from "./versions_model";
import { stateWord } from "./view/words";

/** Points as the real server keeps them. */
class Server {
  markers: Markers = easelOf().markers;
  refusal: HttpError | null = null;
  restored = 0;

  post = async (url: string, body: unknown): Promise<unknown> => {
    if (this.refusal !== null) {
      throw this.refusal;
    }
    if (url.endsWith("/markers")) {
      for (const { side, nm } of (body as { markers: { side: Side; nm: Nm | null }[] }).markers) {
        this.put(side, nm);
      }
    } else if (url.endsWith("/swap")) {
      const { pre, post } = this.markers;
      this.put("pre", post.nm as Nm);
      this.put("post", pre.nm as Nm);
    } else if (url.endsWith("/reset")) {
      const { side } = body as { side: Side };
      this.put(side, easelOf().markers[side].nm as Nm);
    } else {
      const { z, base, slices } = body as { z?: number; base: number; slices?: { z: number; key: string }[] };
      this.restored = base + 1;
      return { kept: slices?.map((one) => ({ ...one, number: 1 })) ?? [{ z, number: this.restored, key: "a" }] };
    }
    return this.markers;
  };

  get = async (url: string): Promise<unknown> =>
    url.includes("versions") ? { versions: [], before: null } : this.markers;

  private put(side: Side, nm: Nm | null): void {
    const number = this.markers[side].number + 1;
    this.markers = { ...this.markers, [side]: markerOf({ number, nm, origin: "set", checked: true }) };
  }
}

let server: Server;
let session: EaselSession;
let told: string[];

beforeEach(() => {
  server = new Server();
  const transport = { postJson: server.post, getJson: server.get };
  ({ session, told } = sessionOf(transport));
});

afterEach(() => {
  session.stop();
  vi.useRealTimers();
});

const places = () => [server.markers.pre.nm, server.markers.post.nm];
const table = [easelOf().markers.pre.nm, null];
const saved = async () => expect(await session.flush()).toBe(true);

function put(side: Side, x: number, y: number): void {
  session.board.take(side);
  session.board.press({ x, y }, 0.1);
  session.board.release();
}

it("Points go back to where they were, step by step, also where there was none", async () => {
  put("pre", 1.5, 2.5);
  session.board.step(1);
  put("post", 3.5, 0.5);
  await saved();
  const set = [
    [812, 1620, 379.5],
    [828, 1604, 412.5],
  ];
  expect(places()).toEqual(set);
  await session.swapMarkers();
  expect(places()).toEqual([...set].reverse());
  await session.resetMarker("pre");
  session.board.step(-9);
  for (const expected of [[...set].reverse(), set, [set[0], null], table]) {
    await session.steps.undo();
    await saved();
    expect(places()).toEqual(expected);
  }
  expect(session.board.told.value).toBe("Taken back: the presynaptic point is where it was.");
  expect(session.book.slice.value.z).toBe(11); // its slice
  for (const _ of [1, 2, 3]) {
    await session.steps.redo();
  }
  expect(session.board.told.value).toBe(
    "Done again: the presynaptic point is moved again, the postsynaptic point is moved again.",
  );
  session.board.clear();
  expect(session.board.told.value).toBe(""); // it was of an older step
  await saved();
  expect(places()).toEqual([...set].reverse());
  expect(told).toEqual([]);
});

it("A point that the server did not take leaves no step", async () => {
  session.board.clear();
  put("pre", 1.5, 2.5);
  await saved();
  server.refusal = new HttpError(409, "marker_changed", "Ada moved it.", null, { held: true });
  put("pre", 0.5, 0.5);
  await vi.waitFor(() => expect(told).toEqual(["Ada moved it."]));
  server.refusal = null;
  await session.steps.undo();
  expect(session.book.slice.value.mask.value.runs()).toEqual([4, 2, 10]);
  expect(session.book.history.canUndo.value).toBe(false);
});

it("There is no point beside the picture, nor where the image has nothing", async () => {
  for (const [x, y] of [
    [-0.1, 1],
    [1, 4],
    [4.5, 1],
  ] as const) {
    put("pre", x, y);
    expect(session.board.told.value).toMatch(/^There is no image at this place/);
    expect(session.board.tool.value).toBe("pre"); // for the next try
    session.board.take("pre");
  }
  (session.easel.image_nm.hi as number[])[0] = 816;
  put("post", 2.5, 1);
  expect(session.board.told.value).toMatch(/^There is no image/);
  session.board.take("post");
  put("post", 1.5, 1);
  expect(session.board.told.value).toBe("");
  expect(session.markers.nmOf("pre")).toEqual(table[0]);
  expect(session.markers.nmOf("post")).toEqual([812, 1608, 379.5]);
});

it("A version that was restored is taken back as a drawing of its own", async () => {
  const slice = session.book.slice.value;
  session.board.clear();
  const versions = new VersionsModel(session, slice, { getJson: server.get, postJson: server.post });
  const version = { number: 7, origin: "drawn", by: null, at: null, voxels: 1, late: false, runs: [0, 1, 15] };
  expect(await versions.restore(version)).toBe(true);
  expect(slice.mask.value.runs()).toEqual([0, 1, 15]);
  await session.steps.undo();
  expect(slice.mask.value.runs()).toEqual([16]);
  await session.steps.undo();
  expect(slice.mask.value.runs()).toEqual([4, 2, 10]);
  // As in the volume again: nobody's drawing, here and for the server.
  expect([stateWord(slice, false), slice.sentRuns]).toEqual(["original", null]);
  expect([slice.isUnsaved.value, await session.flush()]).toEqual([true, true]);
  expect([stateWord(slice, false), slice.isUnsaved.value]).toEqual(["original", false]);
});
