/** A campaign in which nobody has judged yet says what is to come, and shows no empty panels. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { AllPanels } from "./dashboard_view";
import { people, progress } from "./testing";

vi.mock("./plot", async (original) => ({ ...(await original<object>()), Plot: () => null }));

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

const NAMES = ["progress", "pace", "annotators", "agreement", "categories", "overturns", "places", "leases"];
const urls = Object.fromEntries(NAMES.map((name) => [name, `/${name}`])) as never;

async function panelsOf(votes: number): Promise<string[]> {
  const known = { progress: progress({ votes }), annotators: people() };
  await act(() => render(<AllPanels known={known} urls={urls} commands={null} />, root));
  return [...root.querySelectorAll(".panel h2")].map((heading) => heading.textContent ?? "");
}

it("says what will be seen, beside its people", async () => {
  expect(await panelsOf(0)).toEqual(["Nobody has judged anything yet", "People"]);
  expect(root.textContent).toContain("once two people have judged the same instance");
  expect(await panelsOf(1)).toEqual(["Progress", "People"]);
});
