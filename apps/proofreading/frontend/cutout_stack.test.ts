import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { bytesOf } from "../../core/frontend/testing";
import { BitmapBudget } from "./bitmap_budget";
import { parseLease, parseTilePart, type SlicesPart } from "./contract";
import { CutoutStack } from "./cutout_stack";
import { FakeBitmap, pageFrame, slicesHeader } from "./testing";
import { fitInside, isOnSlice, placeWithin } from "./tile_canvas";

const PAYLOAD = bytesOf("JPGPN");
let bitmaps: { file: Blob; bitmap: FakeBitmap }[] = [];

beforeEach(() => {
  bitmaps = [];
  vi.stubGlobal("createImageBitmap", async (file: Blob) => {
    const bitmap = new FakeBitmap();
    bitmaps.push({ file, bitmap });
    return bitmap;
  });
});

afterEach(() => vi.unstubAllGlobals());

function slices(part: "middle" | "rest", depth = 16): SlicesPart {
  return parseTilePart(slicesHeader(part, 1, depth)) as SlicesPart;
}

describe("CutoutStack", () => {
  it("cuts image and mask out of the payload", async () => {
    const stack = new CutoutStack(slices("middle"), PAYLOAD);
    await stack.atlasOf(8)?.decode();
    expect(bitmaps.map(({ file }) => file.type)).toEqual(["image/jpeg", "image/png"]);
    expect(await Promise.all(bitmaps.map(({ file }) => file.text()))).toEqual(["JPG", "PN"]);
  });

  it("finds each slice in its atlas, row by row", async () => {
    const stack = new CutoutStack(slices("middle"), PAYLOAD);
    expect(stack.complete).toBe(false);
    stack.add(slices("rest"), PAYLOAD);
    expect(stack.complete).toBe(true);
    expect(stack.picture(0)).toBeNull();
    await stack.atlasOf(0)?.decode();
    // 15 slices in 4 columns: slice 9 comes after 0…7, so it is the ninth, in row 2, column 0.
    expect(stack.picture(9)?.image).toMatchObject({ x: 0, y: 12, width: 8, height: 6 });
    expect(stack.picture(5)?.mask).toMatchObject({ x: 8, y: 6 });
    expect(stack.picture(99)).toBeNull();
  });

  it("decodes once, and again after it was freed", async () => {
    const atlas = new CutoutStack(slices("middle"), PAYLOAD).atlasOf(8);
    await Promise.all([atlas?.decode(), atlas?.decode()]);
    expect(bitmaps).toHaveLength(2);
    atlas?.free();
    expect(bitmaps.every(({ bitmap }) => bitmap.closed)).toBe(true);
    expect(atlas?.picture(8)).toBeNull();
    await atlas?.decode();
    expect(bitmaps).toHaveLength(4);
    expect(atlas?.picture(8)).not.toBeNull();
  });

  it("frees bitmaps that are decoded after it was closed", async () => {
    const stack = new CutoutStack(slices("middle"), PAYLOAD);
    const decoding = stack.atlasOf(8)?.decode();
    stack.close();
    await decoding;
    expect(bitmaps.every(({ bitmap }) => bitmap.closed)).toBe(true);
    expect(stack.picture(8)).toBeNull();
  });
});

describe("BitmapBudget", () => {
  it("frees what was used longest ago, never what is used now", () => {
    const freed: string[] = [];
    const atlas = (name: string, pixels: number) => ({ pixels, free: () => freed.push(name) });
    const [a, b, c] = [atlas("a", 40), atlas("b", 40), atlas("c", 40)];
    const budget = new BitmapBudget(100);
    budget.use(a);
    budget.use(b);
    budget.use(a);
    expect(freed).toEqual([]);
    budget.use(c);
    expect(freed).toEqual(["b"]);
    budget.use(atlas("huge", 500));
    expect(freed).toEqual(["b", "a", "c"]);
  });
});

describe("contract", () => {
  it("reads a page", () => {
    const page = parseLease(pageFrame([7, 8]).header);
    expect(page).toMatchObject({ part: "page", pagesTotal: 9, urls: { submit: "/submit" } });
    expect(page.part === "page" && page.tiles[1]).toEqual({
      item: 8,
      position: 1,
      judged: false,
      cutout: "key-8",
      label: "correct",
      categories: [],
      note: "",
      sourceId: "8",
      verdict: null,
      locked: null,
    });
  });

  it("reads a mask that is missing, points that are missing and stacks of one slice", () => {
    const header = { ...slicesHeader("middle", 1), mask: null };
    expect(parseTilePart(header)).toMatchObject({
      mask: null,
      pre: { x: 1.5, y: 2.5, slice: 2 },
      post: null,
    });
    const alone = { ...slicesHeader("rest", 1, 1), image: null, mask: null };
    expect(parseTilePart(alone)).toEqual({ part: "no slices", key: "key-1" });
  });

  it("refuses what it does not know, naming the field", () => {
    expect(() => parseLease({ part: "surprise" })).toThrow(/"part"/);
    expect(() => parseTilePart({ ...slicesHeader("middle", 1), depth: "4" })).toThrow(/"depth"/);
  });
});

describe("drawing", () => {
  it("fits a slice into its tile without changing its proportions", () => {
    expect(fitInside(200, 100, 50, 50)).toEqual({ x: 0, y: 12.5, width: 50, height: 25 });
    expect(fitInside(10, 10, 50, 30)).toEqual({ x: 10, y: 0, width: 30, height: 30 });
  });

  it("draws a mask where it lies, also between the pixels of the image", () => {
    const { maskArea } = parseTilePart(slicesHeader("middle", 1)) as SlicesPart;
    const place = { x: 10, y: 0, width: 80, height: 60 };
    const area = placeWithin(maskArea, { width: 8, height: 6 }, place);
    expect(area).toEqual({ x: 5, y: 0, width: 85, height: 60 });
  });

  it("tells the slice of a point from the others", () => {
    expect(isOnSlice({ x: 0, y: 0, slice: 8 }, 8)).toBe(true);
    expect(isOnSlice({ x: 0, y: 0, slice: -1 }, 0)).toBe(false);
  });
});
