import { expect, it } from "vitest";

import { chance } from "./testing";
import { ViewTransform } from "./view_transform";

const SLICE = { width: 160, height: 120 };
const CANVAS = { width: 1201, height: 803 };

it("The whole slice fits, also where voxels are not square", () => {
  for (const aspect of [1, 2, 0.5]) {
    const view = ViewTransform.fit(SLICE, CANVAS, aspect);
    const [first, last] = [view.toPixel({ x: 0, y: 0 }), view.toPixel({ x: 160, y: 120 })];
    expect(Math.min(first.x, first.y)).toBeGreaterThanOrEqual(0);
    expect(last.x).toBeLessThanOrEqual(CANVAS.width);
    expect(last.y).toBeLessThanOrEqual(CANVAS.height);
    expect(view.scaleY / view.scale).toBeCloseTo(aspect);
  }
});

it("A pixel and its voxel lead to each other, after any zooming and panning", () => {
  const next = chance(5);
  let view = ViewTransform.fit(SLICE, CANVAS, 1.25);
  for (let round = 0; round < 200; round += 1) {
    const [px, py] = [next() * CANVAS.width, next() * CANVAS.height];
    view = view.zoomed(0.7 + next() * 0.8, px, py, SLICE, CANVAS);
    view = view.panned(next() * 60 - 30, next() * 60 - 30, SLICE, CANVAS);
    const back = view.toPixel(view.toVoxel(px, py));
    expect(back.x).toBeCloseTo(px, 6);
    expect(back.y).toBeCloseTo(py, 6);
    const middle = view.toVoxel(CANVAS.width / 2, CANVAS.height / 2);
    expect(middle.x).toBeGreaterThanOrEqual(-1);
    expect(middle.x).toBeLessThanOrEqual(161);
  }
});

it("What lies under the pointer stays there when it is zoomed", () => {
  const view = ViewTransform.fit(SLICE, CANVAS, 1);
  const before = view.toVoxel(700, 400);
  const after = view.zoomed(4, 700, 400, SLICE, CANVAS).toVoxel(700, 400);
  expect(Math.hypot(after.x - before.x, after.y - before.y)).toBeLessThan(1 / view.scale);
});

it("A place out of sight is brought into sight, one in sight moves nothing", () => {
  const near = ViewTransform.fit(SLICE, CANVAS, 1).zoomed(5, 600, 400, SLICE, CANVAS);
  const place = near.showing({ x: 2, y: 3 }, SLICE, CANVAS).toPixel({ x: 2, y: 3 });
  expect(place.x).toBeGreaterThan(0);
  expect(place.y).toBeGreaterThan(0);
  expect(near.showing({ x: 80, y: 60 }, SLICE, CANVAS)).toBe(near);
});
