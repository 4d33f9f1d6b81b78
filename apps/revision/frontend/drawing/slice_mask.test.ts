import { expect, it } from "vitest";

import { outlineOf } from "./outline";
import { RunsError, SliceMask } from "./slice_mask";
import { chance, maskOf, rowsOf } from "./testing";

it("Runs are lengths, row by row, beginning with background", () => {
  expect(maskOf("..##", "#...").runs()).toEqual([2, 3, 3]);
  expect(maskOf("##", "..").runs()).toEqual([0, 2, 2]);
  expect(maskOf("..", "..").runs()).toEqual([4]);
});

it("What is sent comes back as it was", () => {
  const next = chance(7);
  for (let round = 0; round < 50; round += 1) {
    const [width, height] = [1 + Math.floor(next() * 30), 1 + Math.floor(next() * 30)];
    const labels = Uint8Array.from({ length: width * height }, () => (next() < 0.4 ? 1 : 0));
    const mask = new SliceMask(width, height, labels);
    expect(SliceMask.ofRuns(mask.runs(), mask).equals(mask)).toBe(true);
    expect(mask.runs().reduce((sum, each) => sum + each, 0)).toBe(width * height);
  }
});

it("Runs of another size are refused", () => {
  const size = { width: 3, height: 2 };
  for (const runs of [[], [5], [7], [3, -1, 4], [1.5, 4.5]]) {
    expect(() => SliceMask.ofRuns(runs, size)).toThrow(RunsError);
  }
});

it("The outline runs along the edges of voxels, a line at a time", () => {
  const edges = outlineOf(maskOf("....", ".##.", ".#..", "...."));
  const ends = edges.map(([from, to]) => `${from.x},${from.y} ${to.x},${to.y}`);
  expect(ends.sort()).toEqual(
    ["1,1 3,1", "2,2 3,2", "1,3 2,3", "1,1 1,3", "2,2 2,3", "3,1 3,2"].sort(),
  );
  expect(outlineOf(maskOf("##", "##"))).toHaveLength(4); // also at the border
});

it("A row is set as far as it goes", () => {
  const mask = new SliceMask(4, 2);
  mask.set(0, -3, 2, 1);
  mask.set(1, 3, 99, 1);
  mask.set(2, 0, 4, 1);
  expect(rowsOf(mask)).toEqual(["##..", "...#"]);
});
