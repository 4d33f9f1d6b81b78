import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { PacePanel, ratesOf } from "./pace_panel";
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

const pace = {
  ...EMPTY_PANELS.pace,
  all: { decisions: 900, active_hours: 2.5, per_hour: 360 },
};
const PANELS = { pace, progress: progress(), annotators: people(anna) };

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

it("a pace of which there is too little to tell is neither written nor drawn", async () => {
  const short = { ...pace, all: { decisions: 5, active_hours: 0.0013, per_hour: 3700 } };
  await show({ ...PANELS, pace: short });
  const said = root.textContent;
  expect(said).toContain("too short to tell");
  expect(said).not.toContain("3,700");
  expect(drawn.plots).toBe(1); // that of the progress
  const series = { ...pace.series, active_hours: [0.001, 2], per_hour: [3700, 360] };
  expect(ratesOf(series)).toEqual([null, 360]);
});
