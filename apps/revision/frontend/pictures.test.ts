import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Frame } from "../../core/frontend/frames";
import { HttpError, NetworkError } from "../../core/frontend/http";
import { frameOf } from "../../core/frontend/testing";
import { Pictures } from "./pictures";

const ATLAS = { type: "image/jpeg", width: 20, height: 10, columns: 2, rows: 1, offset: 0, length: 3 };
const image = frameOf({ part: "image", slices: [10, 11], image: ATLAS, area: [1, 2, 16, 8] }, "JPG");
const original = frameOf({ part: "original", remarks: [{ kind: "border", sentence: "It ends." }], runs: { "10": [4] } });

let answers: (Frame[] | Error)[];
let told: string[];
let pictures: Pictures;

beforeEach(() => {
  vi.useFakeTimers();
  const bitmap = { close: () => undefined };
  vi.stubGlobal("createImageBitmap", async () => bitmap);
  answers = [];
  told = [];
  const fetchFrames = async function* () {
    const next = answers.shift() ?? [];
    if (next instanceof Error) {
      throw next;
    }
    yield* next;
  };
  pictures = new Pictures("/picture", fetchFrames, (error) => told.push((error as Error).message));
});

afterEach(() => {
  pictures.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("Slices lie side by side in a picture; the box is a part of each", async () => {
  answers = [[image, original]];
  await pictures.start();
  const { x, y, width, height } = pictures.images.value.get(11)!;
  expect([x, y, width, height]).toEqual([21, 2, 16, 8]);
  expect(pictures.original.value?.runs.get(10)).toEqual([4]);
  expect(pictures.original.value?.remarks).toEqual(["It ends."]);
});

it("What is not there yet is asked for again; what cannot be read says why meanwhile", async () => {
  answers = [
    [frameOf({ part: "pending", retry_after_s: 1 })],
    new NetworkError("The server cannot be reached."),
    [frameOf({ part: "unreadable", sentence: "The volume is gone.", retry_after_s: 60 })],
    [image, original],
  ];
  const started = pictures.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(pictures.trouble.value).toBe("The server cannot be reached.");
  await vi.advanceTimersByTimeAsync(500);
  expect(pictures.trouble.value).toBe("The volume is gone.");
  pictures.retry(); // at once, because the person wants it
  await started;
  expect(pictures.trouble.value).toBe("");
  expect(pictures.images.value.size).toBe(2);
});

it("What asking again will not change is told, and not asked for again", async () => {
  answers = [new HttpError(401, "login_needed", "You are no longer logged in.")];
  await pictures.start();
  expect(told).toEqual(["You are no longer logged in."]);
  expect(pictures.original.value).toBeNull();
});
