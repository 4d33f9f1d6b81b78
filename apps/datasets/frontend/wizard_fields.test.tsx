import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Problem, ThreeNumbers } from "./wizard_fields";

let root: HTMLElement;

beforeEach(() => {
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  render(null, root);
  root.remove();
});

function told(problem: string): string | null {
  render(<Problem id="table" problem={problem} />, root);
  return root.textContent;
}

describe("what is told at a field", () => {
  it("begins with a capital, but leaves addresses, paths and names of files as they are", () => {
    expect(told("name: give the dataset a name.")).toBe("Give the dataset a name.");
    expect(told("table: file:///etc lies outside.")).toBe("file:///etc lies outside.");
    expect(told("table: /etc/passwd lies outside.")).toBe("/etc/passwd lies outside.");
    expect(told("own.csv lacks the columns x.")).toBe("own.csv lacks the columns x.");
  });
});

describe("three numbers", () => {
  const say = vi.fn();

  function inputs(): readonly HTMLInputElement[] {
    void act(() => render(<ThreeNumbers id="size" label="nm of a voxel: x, y, z" value={null} say={say} />, root));
    return [...root.querySelectorAll("input")];
  }

  function fill(input: HTMLInputElement | undefined, value: string, next: HTMLElement | null): void {
    if (input === undefined) {
      throw new Error("There is no such field.");
    }
    input.value = value;
    void act(() => {
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.dispatchEvent(new FocusEvent("focusout", { bubbles: true, relatedTarget: next }));
    });
  }

  it("are asked for where they cannot be left out", () => {
    void act(() => render(<ThreeNumbers id="crop" label="Crop" isNeeded value={[96, 96, 6]} say={say} />, root));
    for (const input of root.querySelectorAll("input")) {
      fill(input, "", null);
    }
    expect(root.querySelector("#crop-problem")?.textContent).toBe("Give all three numbers.");
    expect(say).not.toHaveBeenCalled();
  });

  it("have a name each", () => {
    expect(inputs().map((input) => input.getAttribute("aria-label"))).toEqual([
      "nm of a voxel, x",
      "nm of a voxel, y",
      "nm of a voxel, z",
    ]);
  });

  it("tell that some are missing once they are left, and send nothing until all are there", () => {
    const [x, y, z] = inputs();
    const problem = root.querySelector<HTMLElement>("#size-problem");
    fill(x, "8", y ?? null);
    expect(problem?.hidden).toBe(true);
    fill(y, "8", null);
    expect(problem?.textContent).toBe("Give all three numbers.");
    expect(say).not.toHaveBeenCalled();
    fill(z, "40", null);
    expect(problem?.hidden).toBe(true);
    expect(say).toHaveBeenCalledWith([8, 8, 40]);
  });
});
