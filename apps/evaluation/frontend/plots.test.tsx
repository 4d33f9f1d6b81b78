import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { PacePanel } from "./pace_panel";
import { PeoplePanel } from "./people_panel";
import { ProgressPanel } from "./progress_panel";
import { annotator, EMPTY_PANELS, people, progress, share } from "./testing";

const drawn = vi.hoisted(() => ({ plots: 0 }));

// The document of these tests has no canvas; what is drawn is looked at in a real browser.
vi.mock("uplot", () => ({
  default: class {
    static readonly paths = {};

    constructor() {
      drawn.plots += 1;
    }

    destroy(): void {}

    setSize(): void {}
  },
}));

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement("div"));
  drawn.plots = 0;
});

afterEach(() => {
  render(null, root);
  root.remove();
});

const matrix = [
  [9, 1, 0],
  [0, 9, 1],
];
const anna = annotator(5, { settled: { ...share(18, 20), matrix }, series: [[0.9, 20]] });

const PANELS = { pace: EMPTY_PANELS.pace, progress: progress(), annotators: people(anna) };

async function show(panels: typeof PANELS): Promise<void> {
  await act(() =>
    render(
      <>
        <ProgressPanel progress={panels.progress} file="" />
        <PacePanel pace={panels.pace} file="" />
        <PeoplePanel annotators={panels.annotators} file="" actions={null} />
      </>,
      root,
    ),
  );
}

it("plots are drawn again when their own figures have changed, and else stay", async () => {
  await show(PANELS);
  await act(() => root.querySelector<HTMLButtonElement>(".table__open")?.click());
  expect(drawn.plots).toBe(3);
  await show(PANELS); // as when another panel has news
  expect(drawn.plots).toBe(3);
  await show({ ...PANELS, pace: { ...PANELS.pace, series: { ...PANELS.pace.series } } });
  expect(drawn.plots).toBe(4);
});
