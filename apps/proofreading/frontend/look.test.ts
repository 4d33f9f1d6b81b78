/** How pictures are looked at: layers, opacity of one, magnifying, and the size of tiles. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { birdsEyeLayout, chooseLayout, columnLayout, sheetLayout, SMALLEST_SLICE_PX } from "./layout";
import { GridLook } from "./look";
import { magnified, magnify, MOST, pan, panBy, WHOLE, type View } from "./magnifier";
import { OverlayPreferences } from "./preferences";
import { sheetPlaces } from "./tile_canvas";
import { gridOf, tileOf } from "./testing_grid";

beforeEach(() => void vi.stubGlobal("createImageBitmap", async () => ({ close: () => undefined })));
afterEach(() => void vi.unstubAllGlobals());

const FORGETFUL = { getItem: () => null, setItem: () => undefined };

/** Numbers between 0 and 1, the same in each run. */
function chances(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

describe("OverlayPreferences", () => {
  it("hides layers one by one, and brings back those that were shown", () => {
    const overlay = new OverlayPreferences(FORGETFUL);
    overlay.toggleLayer("points");
    expect(overlay.layers.value).toEqual({ image: true, mask: true, points: false });
    overlay.toggle();
    expect(overlay.shown.value).toBe(false);
    overlay.toggle();
    expect(overlay.layers.value).toEqual({ image: true, mask: true, points: false });
    overlay.toggleLayer("mask");
    overlay.toggle(); // nothing lay over the image: all is shown
    expect(overlay.layers.value).toEqual({ image: true, mask: true, points: true });
    overlay.toggleLayer("image");
    overlay.toggle();
    expect(overlay.layers.value).toEqual({ image: false, mask: false, points: false });
  });

  it("gives one tile an opacity of its own until it is as all again", async () => {
    const { grid } = gridOf();
    await grid.openPage();
    const { overlay } = grid;
    grid.act({ do: "own-opacity", by: 1 });
    grid.act({ do: "opacity", by: -1 });
    expect(overlay.opacityOf(tileOf(grid))).toBe(0.5);
    expect(overlay.opacityOf(tileOf(grid, 1))).toBe(0.3);
    grid.act({ do: "opacity-as-all" });
    expect(overlay.opacityOf(tileOf(grid))).toBe(0.3);
    grid.session.value?.stop();
  });
});

describe("magnifying", () => {
  const place = { x: 10, y: 20, width: 200, height: 100 };
  const directions = ["left", "right", "up", "down"] as const;

  it("never looks beyond the picture, and goes back to the whole of it", () => {
    const random = chances(7);
    for (let walk = 0; walk < 100; walk += 1) {
      let view: View = WHOLE;
      for (let step = 0; step < 12; step += 1) {
        const [x, y] = [random(), random()];
        const direction = directions[Math.floor(random() * 8)];
        const by = Math.round(random() * 4 - 2);
        view = direction === undefined ? magnify(view, by, { x, y }) : panBy(view, direction);
        const seen = magnified(place, view);
        expect(seen.x).toBeLessThanOrEqual(place.x + 1e-6);
        expect(seen.y).toBeLessThanOrEqual(place.y + 1e-6);
        expect(seen.x + seen.width).toBeGreaterThanOrEqual(place.x + place.width - 1e-6);
        expect(seen.y + seen.height).toBeGreaterThanOrEqual(place.y + place.height - 1e-6);
        expect(view.scale).toBeLessThanOrEqual(MOST);
      }
      expect(magnify(view, -20)).toEqual(WHOLE);
    }
  });

  it("keeps the place under the pointer where it is", () => {
    const random = chances(11);
    for (let turn = 0; turn < 50; turn += 1) {
      const [x, y] = [random(), random()];
      const seen = magnified(place, magnify(WHOLE, 1 + (turn % 5), { x, y }));
      expect(seen.x + x * seen.width).toBeCloseTo(place.x + x * place.width);
      expect(seen.y + y * seen.height).toBeCloseTo(place.y + y * place.height);
    }
  });

  it("follows the hand that drags it", () => {
    const view = magnify(WHOLE, 2);
    const before = magnified(place, view);
    const after = magnified(place, pan(view, -0.1, 0.05));
    expect(after.x - before.x).toBeCloseTo(0.1 * place.width);
    expect(after.y - before.y).toBeCloseTo(-0.05 * place.height);
  });
});

describe("all slices of a synapse", () => {
  it("lie beside each other in the tile, as large as they fit, none over another", () => {
    for (let count = 1; count <= 40; count += 1) {
      const places = sheetPlaces(count, 4, 3, { width: 300, height: 200 }, 2);
      expect(places).toHaveLength(count);
      for (const [index, { x, y, width, height }] of places.entries()) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(-1e-6);
        expect(x + width).toBeLessThanOrEqual(300 + 1e-6);
        expect(y + height).toBeLessThanOrEqual(200 + 1e-6);
        expect(width / height).toBeCloseTo(4 / 3);
        const before = places[index - 1];
        expect(before === undefined || x >= before.x + width || y >= before.y + height).toBe(true);
      }
    }
    expect(sheetPlaces(1, 4, 3, { width: 300, height: 200 }, 2)[0]?.height).toBeCloseTo(200);
  });
});

describe("the size of tiles", () => {
  it("shows any number at a glance, within the window", () => {
    for (let count = 1; count <= 200; count += 1) {
      const { columns, tilePx } = birdsEyeLayout(count, 1420, 780, 10);
      const rows = Math.ceil(count / columns);
      expect(columns * (tilePx + 10) - 10).toBeLessThanOrEqual(1420);
      expect(rows * (tilePx + 10) - 10).toBeLessThanOrEqual(780);
      expect(tilePx).toBeGreaterThan(20);
      expect(tilePx).toBeLessThan(168);
    }
  });

  it("keeps each tile to be seen as a whole, in as many columns as one wants", () => {
    expect(columnLayout(1, 1420, 780, 10)).toEqual({ columns: 1, tilePx: 780 });
    expect(columnLayout(3, 1420, 780, 10).tilePx).toBe(445);
    expect(columnLayout(12, 100, 100, 10).tilePx).toBe(1);
  });

  it("leaves room for all slices of a tile, and scrolls", () => {
    const wanted = chooseLayout(12, 1260, 640, 10);
    expect(sheetLayout(wanted, 1, 1260, 640, 10)).toEqual(wanted);
    expect(sheetLayout(wanted, 4, 1260, 640, 10)).toEqual(wanted);
    for (const depth of [12, 16]) {
      const { columns, tilePx } = sheetLayout(wanted, depth, 1260, 640, 10);
      expect(columns).toBe(3);
      expect(tilePx / 4).toBeGreaterThanOrEqual(SMALLEST_SLICE_PX);
    }
    const large = columnLayout(2, 1260, 640, 10);
    expect(sheetLayout(large, 16, 1260, 640, 10)).toEqual(large);
    expect(sheetLayout(wanted, 16, 300, 640, 10)).toEqual({ columns: 1, tilePx: 236 });
  });

  it("is kept in the browser, within bounds, until all are to fit again", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const look = new GridLook(storage);
    look.birdsEye.value = true;
    look.resize(1, { columns: 4, tilePx: 300 });
    expect(look.birdsEye.value).toBe(false);
    expect(new GridLook(storage).columns.value).toBe(3);
    look.resize(1, { columns: 1, tilePx: 900 });
    expect(look.columns.value).toBe(1);
    look.fit();
    expect(new GridLook(storage).columns.value).toBeNull();
    kept.set("synanno.columns", "-2");
    expect(new GridLook(storage).columns.value).toBeNull();
  });
});
