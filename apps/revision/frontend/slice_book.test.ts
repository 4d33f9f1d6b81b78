import { expect, it } from "vitest";

import { SliceMask } from "./drawing/slice_mask";
import { Spline } from "./drawing/spline";
import { SliceBook, type Slice } from "./slice_book";
import { easelOf, ORIGINAL_RUNS } from "./testing";

function bookOf() {
  const edits: string[] = [];
  const note = (slice: Slice, origin: string) => edits.push(`${slice.z} ${origin}`);
  const book = new SliceBook(easelOf(), ORIGINAL_RUNS, note);
  return { book, edits };
}

const painted = (book: SliceBook, runs: readonly number[]) => SliceMask.ofRuns(runs, book.size);

it("A slice is as in the volume until somebody draws on it", () => {
  const { book, edits } = bookOf();
  expect(book.slices.map(({ z }) => z)).toEqual([10, 11, 12]);
  expect(book.slice.value.z).toBe(11);
  expect(book.slice.value.mask.value.runs()).toEqual([4, 2, 10]);
  expect(book.slice.value.isOriginal.value).toBe(true);
  expect(book.edit(book.slice.value, painted(book, [0, 16]))).toBe(true);
  expect(book.edit(book.slice.value, painted(book, [0, 16]))).toBe(false); // nothing changed
  expect(book.slice.value.isOriginal.value).toBe(false);
  expect(edits).toEqual(["11 drawn"]);
});

it("Steps are taken back in their slices, with the curve that was filled", () => {
  const { book, edits } = bookOf();
  const curve = new Spline([{ x: 1, y: 1 }]);
  const first = book.slice.value;
  book.edit(first, first.mask.value, "drawn", curve);
  expect(edits).toEqual([]); // a curve is not stored
  book.edit(first, painted(book, [0, 16]), "drawn", null);
  book.step(1);
  book.edit(book.slice.value, painted(book, [1, 15]));
  book.step(-2);
  book.undo();
  expect(book.slice.value.z).toBe(12); // where that step was
  expect(first.curve.value).toBeNull();
  book.undo(11);
  expect(first.curve.value?.points).toEqual(curve.points);
  expect(book.slice.value.mask.value.runs()).toEqual([4, 2, 10]);
  book.redo();
  expect(book.slice.value.mask.value.runs()).toEqual([0, 16]);
  expect(edits).toEqual(["11 drawn", "12 drawn", "12 drawn", "11 drawn", "11 drawn"]);
});

it("A version from the server takes the place of what was here, and its steps are gone", () => {
  const { book } = bookOf();
  const slice = book.slice.value;
  book.edit(slice, painted(book, [0, 16]));
  slice.clashWith({ z: 11, number: 3, by: "Ada", at: null, runs: null });
  expect(slice.clash.value?.theirs.equals(slice.original)).toBe(true);
  book.take({ z: 11, number: 3, runs: [8, 8], origin: "restored", by: "Ada", at: null });
  expect([slice.clash.value, slice.isUnsaved.value]).toEqual([null, false]);
  expect(slice.mask.value.runs()).toEqual([8, 8]);
  expect(book.history.canUndo.value).toBe(false);
  book.take({ z: 11, number: 4, runs: null, origin: "restored", by: "Ada", at: null });
  expect(slice.isOriginal.value).toBe(true);
});

it("One cannot step beyond the slices", () => {
  const { book } = bookOf();
  expect([book.step(1), book.step(1), book.step(-9), book.step(-1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
