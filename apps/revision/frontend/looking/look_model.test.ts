import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { HttpError } from "../../../core/frontend/http";
import { frameOf } from "../../../core/frontend/testing";
import type { Easel } from "../contract";
import { easelOf, ORIGINAL_RUNS, stateOf } from "../testing";
import { LookModel, placedOn } from "./look_model";

const URLS = { easel: "/easel", picture: "/picture", versions: "/versions" };
const ATLAS = { type: "image/jpeg", width: 4, height: 4, columns: 3, rows: 1, offset: 0, length: 3 };
const DRAWN = stateOf(12, { number: 2, runs: [0, 16], origin: "drawn", by: "anna" });

let asked: string[];
let versions: (url: string) => unknown;

const version = (number: number) => ({
  ...{ number, runs: null, origin: "drawn", by: "anna", at: null, voxels: 1, late: false },
});

function lookAt(easel: Easel): LookModel {
  return new LookModel(URLS, {
    getJson: async (url) => {
      asked.push(url);
      return url === "/easel" ? easel : versions(url);
    },
    getFrames: async function* () {
      yield frameOf({ part: "image", slices: [10, 11, 12], image: ATLAS, area: [0, 0, 4, 4] }, "JPG");
      yield frameOf({ part: "original", remarks: [], runs: Object.fromEntries(ORIGINAL_RUNS) });
    },
  });
}

beforeEach(() => {
  vi.stubGlobal("createImageBitmap", async () => ({ close: () => undefined }));
  asked = [];
  versions = () => ({ versions: [version(2), version(1)], before: null });
});

afterEach(() => vi.unstubAllGlobals());

it("A slice that somebody drew on is shown first, with its versions", async () => {
  const look = lookAt(easelOf({ slices: [stateOf(10), stateOf(11), DRAWN] }));
  await look.open();
  expect(look.book.value?.slice.value.z).toBe(12);
  expect(look.book.value?.slice.value.mask.value.runs()).toEqual([0, 16]);
  expect(look.versions.value?.map(({ number }) => number)).toEqual([2, 1]);
  expect(asked).toEqual(["/easel", "/versions?z=12"]);
});

it("Where nobody drew it is the middle one", async () => {
  const look = lookAt(easelOf());
  await look.open();
  expect(look.book.value?.slice.value.z).toBe(11);
  await look.step(-5);
  expect(look.book.value?.slice.value.z).toBe(10);
  await look.step(-1);
  expect(asked).toEqual(["/easel", "/versions?z=11", "/versions?z=10"]);
});

it("Versions that come after one has turned on are not those of the slice", async () => {
  const look = lookAt(easelOf());
  await look.open();
  let answer: (page: unknown) => void = () => undefined;
  versions = (url) =>
    url.endsWith("z=10")
      ? new Promise((resolve) => (answer = resolve))
      : { versions: [version(7)], before: 7 };
  const slow = look.step(-1);
  await look.step(2);
  answer({ versions: [version(3)], before: null });
  await slow;
  expect(look.versions.value?.map(({ number }) => number)).toEqual([7]);
  await look.bringVersions(look.before.value);
  expect(look.versions.value?.map(({ number }) => number)).toEqual([7, 7]);
  expect(asked.at(-1)).toBe("/versions?z=12&before=7");
});

it("Why there is nothing to see is said", async () => {
  const look = lookAt(easelOf());
  versions = () => {
    throw new HttpError(404, "not_found", "There is no such lease of yours.", null);
  };
  await look.open();
  expect(look.trouble.value).toBe("There is no such lease of yours.");
  expect([look.versions.value, look.before.value]).toEqual([[], null]); // none are asked for
});

it("Points are told with how far they lie from the slice", () => {
  expect(placedOn(easelOf(), 10)).toEqual([{ side: "pre", spot: { x: 1.5, y: 2.5 }, away: 1 }]);
});
