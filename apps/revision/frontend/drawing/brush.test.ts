import { expect, it } from "vitest";

import { snapped, stroke } from "./brush";
import { fillHole } from "./flood";
import { SliceMask } from "./slice_mask";
import { chance, maskOf, rowsOf, spots } from "./testing";

const at = (x: number, y: number) => ({ x, y });

it("A brush is as many voxels wide as it says", () => {
  for (const size of [1, 2, 3, 4, 7, 12]) {
    const mask = new SliceMask(30, 30);
    stroke(mask, at(15.2, 15.3), at(15.2, 15.3), { size, aspect: 1 }, 1);
    const widths = rowsOf(mask).map((row) => row.replaceAll(".", "").length);
    expect(Math.max(...widths)).toBe(size);
    expect(widths.filter((width) => width > 0)).toHaveLength(size);
  }
  expect(snapped(at(15.2, 15.9), 3)).toEqual(at(15.5, 15.5));
  expect(snapped(at(15.2, 15.9), 4)).toEqual(at(15, 16));
});

it("A quick stroke has no gaps, and is the sum of brushes set down along it", () => {
  const next = chance(3);
  for (let round = 0; round < 60; round += 1) {
    const [from, to] = spots(2, next, 60) as [{ x: number; y: number }, { x: number; y: number }];
    const size = 1 + (round % 6);
    const aspect = round % 2 === 0 ? 1 : 1.6;
    const mask = new SliceMask(60, 60);
    stroke(mask, from, to, { size, aspect }, 1);
    expect(pieces(mask)).toBe(1);
    const way = mask.clone();
    stroke(way, from, from, { size, aspect }, 1);
    stroke(way, to, to, { size, aspect }, 1);
    expect(way.equals(mask)).toBe(true);
  }
});

it("What is not square in the tissue gets a brush that is round there", () => {
  const mask = new SliceMask(40, 40);
  stroke(mask, at(20.5, 20.5), at(20.5, 20.5), { size: 12, aspect: 2 }, 1);
  expect(rowsOf(mask).filter((row) => row.includes("#"))).toHaveLength(6);
});

it("The eraser takes away, and nothing is drawn beyond the border", () => {
  const mask = maskOf("#####", "#####", "#####");
  stroke(mask, at(-3, 1.5), at(2.5, 1.5), { size: 1, aspect: 1 }, 0);
  expect(rowsOf(mask)).toEqual(["#####", "...##", "#####"]);
});

it("A hole is filled, what is open is not", () => {
  const ring = maskOf("......", ".####.", ".#..#.", "..##..", "......");
  expect(fillHole(ring, 0, 0)).toBe("open");
  expect(fillHole(ring, 1, 1)).toBe("solid");
  expect(fillHole(ring, 9, 9)).toBe("open");
  expect(fillHole(ring, 2, 2)).toBe("filled"); // closed at corners counts as closed
  expect(rowsOf(ring)).toEqual(["......", ".####.", ".####.", "..##..", "......"]);
});

/** How many pieces of cleft there are, voxels joined at sides or corners. */
function pieces(mask: SliceMask): number {
  const left = new Set<number>();
  mask.labels.forEach((label, index) => label === 1 && left.add(index));
  let count = 0;
  for (const start of left) {
    count += 1;
    const waiting = [start];
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      left.delete(index);
      for (const down of [-1, 0, 1]) {
        for (const across of [-1, 0, 1]) {
          const next = index + down * mask.width + across;
          if (left.has(next)) {
            waiting.push(next);
          }
        }
      }
    }
  }
  return count;
}
