import { expect, it } from "vitest";

import { fillPolygon } from "./raster";
import { SliceMask, type Spot } from "./slice_mask";
import { distanceOf, Spline } from "./spline";
import { chance, rowsOf, spots } from "./testing";

const SQUARE: readonly Spot[] = [
  { x: 2, y: 2 },
  { x: 6, y: 2 },
  { x: 6, y: 6 },
  { x: 2, y: 6 },
];

function circle(count: number, radius: number): readonly Spot[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    return { x: 50 + radius * Math.cos(angle), y: 50 + radius * Math.sin(angle) };
  });
}

/** How often a polygon winds around a place, by its angles: another way than the one tested. */
function winding(corners: readonly Spot[], { x, y }: Spot): number {
  const angles = corners.map((corner) => Math.atan2(corner.y - y, corner.x - x));
  const turned = angles.reduce((sum, angle, index) => {
    const turn = (angles[(index + 1) % angles.length] ?? 0) - angle;
    return sum + turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
  }, 0);
  return Math.round(turned / (2 * Math.PI));
}

it("Voxels whose centre lies inside are filled, and no others", () => {
  const mask = new SliceMask(8, 4);
  fillPolygon(mask, [
    { x: 1.4, y: 0.6 },
    { x: 4.6, y: 0.6 },
    { x: 4.6, y: 2.6 },
    { x: 1.4, y: 2.6 },
  ]);
  expect(rowsOf(mask)).toEqual(["........", ".####...", ".####...", "........"]);
});

it("Any polygon is filled by the non-zero rule, also where it crosses itself or the border", () => {
  const next = chance(11);
  for (let round = 0; round < 40; round += 1) {
    const corners = spots(3 + (round % 9), next, 30).map(({ x, y }) => ({ x: x - 5, y: y - 5 }));
    const mask = new SliceMask(20, 20);
    fillPolygon(mask, corners);
    for (let at = 0; at < 400; at += 1) {
      const [x, y] = [at % 20, Math.floor(at / 20)];
      expect(mask.at(x, y)).toBe(winding(corners, { x: x + 0.5, y: y + 0.5 }) !== 0);
    }
  }
});

it("The curve goes through its points and joins its ends", () => {
  const polygon = new Spline(SQUARE).polygon();
  for (const point of SQUARE) {
    expect(Math.min(...polygon.map((place) => distanceOf(place, point)))).toBeLessThan(1e-9);
  }
  const steps = polygon.map((place, at) => distanceOf(place, polygon.at(at - 1) ?? place));
  expect(Math.max(...steps)).toBeLessThan(0.5);
  expect(new Spline(SQUARE.slice(0, 2)).polygon()).toEqual([]);
});

it("Points that lie on each other break nothing", () => {
  const [a, b, c] = SQUARE as [Spot, Spot, Spot];
  const polygon = new Spline([a, a, b, b, b, c, a]).polygon();
  expect(polygon.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
  expect(new Spline([a, a, b, a]).isClosed).toBe(false);
});

it("Another number of points is another way to hold the same curve", () => {
  const drawn = Spline.along(circle(200, 20), 12)!;
  expect(drawn.points).toHaveLength(12);
  for (const count of [8, 24]) {
    const other = drawn.resampled(count);
    expect(other.points).toHaveLength(count);
    for (const place of other.polygon()) {
      expect(Math.abs(distanceOf(place, { x: 50, y: 50 }) - 20)).toBeLessThan(0.6);
    }
  }
  expect(drawn.resampled(1).points).toHaveLength(3);
  expect(Spline.along([SQUARE[0]!, SQUARE[0]!, SQUARE[0]!], 5)).toBeNull();
});

it("Points are moved, added behind the nearest one, and taken away", () => {
  const spline = new Spline(SQUARE);
  expect(spline.moved(1, { x: 9, y: 1 }).points[1]).toEqual({ x: 9, y: 1 });
  const near = spline.nearest({ x: 6.2, y: 4 });
  expect(near?.segment).toBe(1);
  expect(near?.distance).toBeLessThan(1);
  expect(spline.inserted(1, { x: 7, y: 4 }).points[2]).toEqual({ x: 7, y: 4 });
  expect(spline.nearest({ x: 1.8, y: 4 })?.segment).toBe(3); // the one that closes it
  expect(spline.without(0).points).toEqual(SQUARE.slice(1));
  expect(spline.pointAt({ x: 5.5, y: 2.2 }, 1)).toBe(1);
  expect(spline.pointAt({ x: 4, y: 4 }, 1)).toBe(-1);
});
