import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, it, vi } from "vitest";

import type { FoundTable } from "./plan_contract";
import { OtherColumns } from "./wizard_columns";

const root = document.body.appendChild(document.createElement("div"));
const say = vi.fn();

afterEach(() => {
  render(null, root);
  say.mockReset();
});

function shown(
  leaveOut: readonly string[] | null,
  leftOut: readonly string[] = [],
  others: readonly string[] = ["mood", "chance", "cell"],
): readonly HTMLInputElement[] {
  const found = { others, left_out: leftOut } as unknown as FoundTable;
  void act(() => render(<OtherColumns found={found} leaveOut={leaveOut} problem={null} say={say} />, root));
  return [...root.querySelectorAll("input")];
}

it("keeps what nobody leaves out, and says how much that is", () => {
  expect(shown(null).map((each) => each.checked)).toEqual([true, true, true]);
  expect(root.textContent).toContain("all kept");
  expect(shown(null, ["mood"]).map((each) => each.checked)).toEqual([false, true, true]);
  expect(root.textContent).toContain("2 of 3 kept");
  expect(shown(["*"]).map((each) => each.checked)).toEqual([false, false, false]);
  expect(root.textContent).toContain("none kept");
});

it("leaves a column out, and takes one in again where all were out", () => {
  shown(null, ["mood"])[1]?.click();
  expect(say).toHaveBeenCalledWith(["mood", "chance"]);
  shown(["*"])[2]?.click();
  expect(say).toHaveBeenLastCalledWith(["mood", "chance"]);
});

it("leaves out what is not listed, as before, where there are very many", () => {
  const many = Array.from({ length: 250 }, (_, at) => `c${at}`);
  const boxes = shown(["*"], [], many);
  expect(boxes).toHaveLength(200);
  boxes[3]?.click();
  expect(say).toHaveBeenLastCalledWith(many.filter((each) => each !== "c3"));
});
