import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { PacePanel, ratesOf } from "./pace_panel";
import { PeoplePanel } from "./people_panel";
import { ProgressPanel } from "./progress_panel";
import { annotator, EMPTY_PANELS, people, progress, share } from "./testing";

const drawn = vi.hoisted(() => ({ plots: 0, latest: {} as Drawn }));

interface Drawn {
  readonly series: readonly { readonly value: (plot: null, at: number) => string }[];
  readonly axes: readonly { readonly values: (plot: null, ticks: readonly number[]) => string[] }[];
}

// The document of these tests has no canvas; what is drawn is looked at in a real browser.
vi.mock("uplot", () => ({
  default: class {
    static readonly paths = {};

    constructor(options: Drawn) {
      drawn.plots += 1;
      drawn.latest = options;
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

it("days of the server, which begin at midnight in UTC, are told as those days, and hours as the reader's", async () => {
  const midnight = Date.parse("2026-05-22T00:00:00Z") / 1000;
  const told = async (step: "hour" | "day") => {
    const series = { step, starts: [midnight], active_hours: [2], per_hour: [360] };
    await act(() => render(<PacePanel pace={{ ...pace, series }} file="" />, root));
    const { series: [x], axes: [axis] } = drawn.latest;
    return [x?.value(null, midnight), axis?.values(null, [midnight, midnight + 86_400]).at(0)];
  };
  expect(await told("day")).toEqual(["Fri 22 May", "22 May"]);
  expect(root.textContent).toContain("Days are days in UTC.");
  expect(await told("hour")).toEqual(["21 May 2026, 21:30", "21 May"]);
  expect(root.textContent).not.toContain("UTC");
});

it("what the plot of progress is called has the reader's days, as what is written has", async () => {
  const [median, low, high] = ["23", "22", "25"].map((day) => Date.parse(`2026-05-${day}T01:00:00Z`) / 1000);
  const sentence = "Done about 23 May 2026.";
  const forecast = { ...progress().forecast, state: "ok" as const, sentence, median: median!, low: low!, high: high! };
  await show({ ...PANELS, progress: progress({ forecast }) });
  const words = "Done about 22 May 2026; four times in five between 21 May 2026 and 24 May 2026.";
  expect(root.querySelector(".panel__lead")?.textContent).toBe(words);
  expect(root.querySelector('[role="img"]')?.getAttribute("aria-label")).toContain(words);
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
