import { expect, it } from "vitest";

import { History, type Step } from "./history";

const step = (z: number, name: number) => ({
  kind: "drawn" as const,
  z,
  mask: { before: [name], after: [name + 1] },
  curve: null,
});

const before = (step: Step | null) => (step?.kind === "drawn" ? step.mask?.before[0] : null);

it("The last step is taken back first, wherever it was; or the last of a slice", () => {
  const history = new History();
  [step(1, 10), step(2, 20), step(1, 30), step(2, 40)].forEach((each) => history.add(each));
  expect(before(history.undo())).toBe(40);
  expect(before(history.undo(2))).toBe(20);
  expect(history.canUndoIn(2)).toBe(false);
  expect(before(history.redo())).toBe(20);
  expect(before(history.redo(2))).toBe(40);
  expect(history.canRedo.value).toBe(false);
  expect(before(history.undo(1))).toBe(30);
  history.add(step(2, 50));
  expect(before(history.redo(1))).toBe(30); // of another slice: still possible
});

it("A new step of a slice ends what was undone there", () => {
  const history = new History();
  history.add(step(1, 10));
  history.undo();
  history.add(step(1, 20));
  expect(history.redo()).toBeNull();
});

it("The oldest steps are forgotten where there are too many, and those of a slice that changed", () => {
  const history = new History(9);
  [10, 20, 30, 40].forEach((name) => history.add(step(1, name)));
  expect([history.undo(), history.undo(), history.undo(), history.undo()].map(Boolean)).toEqual([
    true,
    true,
    true,
    false,
  ]);
  history.forget(1);
  expect(history.canUndo.value || history.canRedo.value).toBe(false);
});
