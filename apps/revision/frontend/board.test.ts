import { beforeEach, expect, it } from "vitest";

import { Board } from "./board";
import { rowsOf } from "./drawing/testing";
import { SliceBook } from "./slice_book";
import { easelOf } from "./testing";

const at = (x: number, y: number) => ({ x, y });
let board: Board;
let markers: string[];

beforeEach(() => {
  const easel = easelOf({ box: { lo: [0, 0, 10], hi: [12, 9, 13] } });
  markers = [];
  const set = (side: string, spot: { x: number; y: number }) =>
    markers.push(`${side} ${spot.x},${spot.y}`) > 0;
  board = new Board(new SliceBook(easel, new Map(), () => undefined), 1, set);
});

const mask = () => board.book.slice.value.mask.value;
const curve = () => board.book.slice.value.curve.value;

function click(x: number, y: number, isTaking = false): void {
  board.press(at(x, y), 0.5, isTaking);
  board.release();
}

function box(): void {
  for (const [x, y] of [
    [2, 2],
    [8, 2],
    [8, 6],
    [2, 6],
  ] as const) {
    click(x, y);
  }
}

it("Points that are clicked are a curve, which is filled, and taken back with it", () => {
  box();
  expect(curve()?.points).toHaveLength(4);
  expect(mask().count()).toBe(0);
  board.fill();
  expect(mask().count()).toBeGreaterThan(20);
  expect(curve()).toBeNull();
  board.book.undo();
  expect([mask().count(), curve()?.points.length]).toEqual([0, 4]);
  board.book.undo();
  expect(curve()?.points).toHaveLength(3);
});

it("A line that is drawn around it becomes a curve of as many points as are wanted", () => {
  board.press(at(2, 2), 0.5);
  board.drag([at(5, 1), at(8, 2), at(9, 4)]);
  board.drag([at(8, 6), at(5, 7), at(2, 6), at(1, 4)]);
  board.release();
  expect(curve()?.points).toHaveLength(12);
  board.resize(-4);
  expect(curve()?.points).toHaveLength(8);
});

it("However far the slider goes, the curve is made of what it was, as one step", () => {
  box();
  const before = curve();
  board.setPointCount(12);
  const twelve = curve()?.points;
  for (const count of [11, 5, 3, 9]) {
    board.slidePointCount(count);
    expect(curve()?.points).toHaveLength(count);
  }
  board.slidePointCount(12);
  board.release();
  expect(curve()?.points).toEqual(twelve);
  board.slidePointCount(20);
  board.slidePointCount(30);
  board.release();
  board.book.undo();
  expect(curve()?.points).toEqual(twelve);
  board.book.undo();
  board.book.undo();
  expect(curve()?.points).toEqual(before?.points);
});

it("A curve of as many points as there may be gets no more, and that is told", () => {
  box();
  board.setPointCount(64);
  const points = curve()?.points ?? [];
  const [one, other] = [points[0]!, points[1]!];
  const between = at((one.x + other.x) / 2, (one.y + other.y) / 2);
  board.press(between, 0.1);
  board.drag([at(11, 8)]);
  board.release();
  expect(curve()?.points).toEqual(points);
  expect(board.told.value).toContain("64 points at most");
  board.told.value = "";
  click(11.5, 8.5);
  expect(curve()?.points).toEqual(points);
  expect(board.told.value).toContain("64 points at most");
});

it("Points are dragged, added on the curve, and taken away", () => {
  box();
  board.press(at(8.2, 6.1), 0.5);
  board.drag([at(9, 7), at(10, 8)]);
  board.release();
  expect(curve()?.points[2]).toEqual(at(10, 8));
  board.book.undo();
  expect(curve()?.points[2]).toEqual(at(8, 6));
  const top = curve()?.polygon().find(({ x }) => x >= 5) ?? at(0, 0);
  click(top.x, top.y);
  expect(curve()?.points).toHaveLength(5);
  click(top.x, top.y, true);
  expect(curve()?.points).toHaveLength(4);
  board.pointer.value = at(1, 1);
  board.takePoint();
  expect(curve()?.points[0]).toEqual(at(8, 2));
  board.dropCurve();
  expect(curve()).toBeNull();
});

it("Brush and eraser draw while the hand moves; the whole stroke is one step", () => {
  board.take("brush");
  board.resize(-6);
  expect(board.size).toBe(1);
  board.press(at(1.5, 1.5), 1);
  board.drag([at(4.5, 1.5)]);
  expect(rowsOf(board.shown.value)[1]).toBe(".####.......");
  expect(mask().count()).toBe(0);
  board.release();
  board.take("erase");
  board.resize(-8);
  click(2.5, 1.5);
  expect(rowsOf(mask())[1]).toBe(".#.##.......");
  board.book.undo();
  board.book.undo();
  expect(mask().count()).toBe(0);
});

it("A hole is filled; where none is, that is told", () => {
  box();
  board.fill();
  board.take("erase");
  board.resize(-8);
  click(5.5, 4.5);
  board.fill(); // without a curve: the tool for holes
  expect(board.tool.value).toBe("fill");
  click(0.5, 0.5);
  expect(board.told.value).toContain("not enclosed");
  click(5.5, 4.5);
  expect(mask().at(5, 4)).toBe(true);
  click(5.5, 4.5);
  expect(board.told.value).toContain("already");
});

it("A mask is copied to the slices beside, cleared, and made as it was", () => {
  box();
  board.fill(true);
  const drawn = mask();
  board.copy(1);
  expect(board.book.slice.value.z).toBe(12);
  expect(mask().equals(drawn)).toBe(true);
  board.copy(1); // there is no slice behind the last
  board.clear();
  expect(mask().count()).toBe(0);
  board.step(-1);
  expect(mask().equals(drawn)).toBe(true);
  board.asOriginal();
  expect(mask().count()).toBe(0);
});

it("A point is set with the next click, and the tool before is back", () => {
  board.take("brush");
  board.take("pre");
  click(3, 4);
  expect([markers, board.tool.value]).toEqual([["pre 3,4"], "brush"]);
  board.take("post");
  board.take("post"); // thought better of it
  expect(board.tool.value).toBe("brush");
});

it("What is being drawn is kept where a key turns to another slice", () => {
  board.take("brush");
  board.press(at(5, 5), 1);
  board.step(1);
  board.drag([at(9, 9)]);
  expect(mask().count()).toBe(0);
  board.step(-1);
  expect(mask().count()).toBeGreaterThan(0);
});
