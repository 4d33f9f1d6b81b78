import { afterEach, beforeEach, expect, it } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import type { Version } from "./contract";
import type { EaselSession } from "./easel_session";
import { sessionOf } from "./session_testing";
import { VersionsModel } from "./versions_model";

const A_PAGE = 2;

/** A server as the real one keeps the versions of slice 11: late where the base does not hold. */
class Server {
  readonly versions: Version[] = [this.version(0, null, "volume")];
  isOffline = false;
  restored = 0;

  add(runs: readonly number[], origin = "drawn", late = false): number {
    const number = this.versions.length;
    this.versions.push({ ...this.version(number, runs, origin), late });
    return number;
  }

  get holds(): Version {
    return this.versions.findLast(({ late }) => !late)!;
  }

  post = async (url: string, body: unknown): Promise<unknown> => {
    if (this.isOffline) {
      throw new NetworkError("The server cannot be reached.");
    }
    const source = url.endsWith("/restore") ? [body] : (body as { slices: unknown[] }).slices;
    const [one] = source as { key: string; base: number; version?: number; runs?: number[] }[];
    const { key, base, version, runs = this.versions[version ?? 0]?.runs ?? [] } = one!;
    this.restored += version === undefined ? 0 : 1;
    const { number: held } = this.holds;
    const number = this.add(runs, version === undefined ? "drawn" : "restored", base !== held);
    if (base !== held) {
      const { by, at, runs: theirs } = this.holds;
      const slices = [{ z: 11, number: held, by, at, runs: theirs }];
      const details = { held: true, kept: [], slices };
      throw new HttpError(409, "slice_changed", "Another version is newer.", null, details);
    }
    return { kept: [{ z: 11, number, key }] };
  };

  get = async (url: string): Promise<unknown> => {
    const before = Number(new URL(url, "http://x").searchParams.get("before") ?? Infinity);
    const all = this.versions.filter(({ number }) => number < before).reverse();
    const page = all.slice(0, A_PAGE);
    return { versions: page, before: all.length > A_PAGE ? page.at(-1)!.number : null };
  };

  private version(number: number, runs: readonly number[] | null, origin: string): Version {
    return { number, origin, by: "Ada", at: null, voxels: 1, late: false, runs: runs as number[] };
  }
}

let server: Server;
let session: EaselSession;
let model: VersionsModel;

beforeEach(() => {
  server = new Server();
  const transport = { postJson: server.post, getJson: server.get };
  session = sessionOf(transport).session;
  model = new VersionsModel(session, session.book.slice.value, transport);
});

afterEach(() => session.stop());

const mask = () => session.book.slice.value.mask.value.runs();
const numbers = () => model.versions.value?.map(({ number }) => number);

it("What another tab saved is shown with the versions, and any of them is restored", async () => {
  server.add([8, 8]); // by the other tab
  await model.open();
  expect([numbers(), model.held.value, mask()]).toEqual([[1, 0], 1, [8, 8]]);
  expect(await model.restore(server.versions[0]!)).toBe(true);
  expect(server.holds).toMatchObject({ number: 2, origin: "restored" });
  expect(session.book.slice.value.known.value.number).toBe(2);
});

it("Who is overtaken while they look sees what holds, and restores upon that", async () => {
  server.add([8, 8]);
  await model.open();
  server.add([0, 16]); // by the other tab, meanwhile
  expect(await model.restore(server.versions[1]!)).toBe(false);
  expect([model.told.value, model.held.value]).toEqual(["Another version is newer.", 2]);
  expect(mask()).toEqual([0, 16]);
  expect(await model.restore(server.versions[1]!)).toBe(true);
  expect([mask(), server.versions.filter(({ late }) => late).length]).toEqual([[8, 8], 1]);
});

it("Nothing is restored while what is drawn is not saved", async () => {
  server.add([8, 8]);
  await model.open();
  session.board.clear();
  server.isOffline = true;
  expect(await model.restore(server.versions[0]!)).toBe(false);
  expect(model.told.value).toContain("has not reached the server yet");
  expect([server.restored, mask()]).toEqual([0, [16]]);
});

it("Nothing is restored before it is said which of two stays", async () => {
  session.board.clear();
  server.add([8, 8]);
  await model.open();
  expect(model.told.value).toMatch(/^Slice 2 was saved elsewhere, too/);
  expect([model.held.value, mask()]).toEqual([1, [16]]);
  expect(await model.restore(server.versions[0]!)).toBe(false);
  expect(server.restored).toBe(0);
});

it("Earlier versions come when they are asked for, down to that of the volume", async () => {
  [1, 2, 3].forEach((first) => server.add([first, 16 - first]));
  await model.open();
  expect([numbers(), model.before.value]).toEqual([[3, 2], 2]);
  await model.bringEarlier();
  expect([numbers(), model.before.value]).toEqual([[3, 2, 1, 0], null]);
  expect(await model.restore(model.versions.value!.at(-1)!)).toBe(true);
});

it("Where somebody else has it now, the page is told and not the window alone", async () => {
  const sentence = "You hold this instance no longer: somebody else has it now.";
  const getJson = () => Promise.reject(new HttpError(409, "stale_lease", sentence));
  model = new VersionsModel(session, session.book.slice.value, { getJson, postJson: server.post });
  await model.open();
  expect([model.told.value, model.versions.value]).toEqual([sentence, null]);
  expect(session.lost.value).toBe(sentence);
});
