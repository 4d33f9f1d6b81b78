import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";

import { Summary } from "./summary";
import { progress } from "./testing";

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

async function shown(labels: { correct: number; incorrect: number }): Promise<string> {
  await act(() => render(<Summary known={{ progress: progress({ labels }) }} />, root));
  return root.querySelector("dd.key-figures__more")?.textContent ?? "";
}

it("says how many of those settled the expert could not tell", async () => {
  expect(await shown({ correct: 33, incorrect: 4 })).toBe("40 of 1003 the expert could not tell");
});

it("says nothing of them where there are none", async () => {
  expect(await shown({ correct: 36, incorrect: 4 })).toBe("40 of 100");
});
