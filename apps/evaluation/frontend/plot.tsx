/** A uPlot in Preact: it fills the width, and is drawn anew in the colours of the scheme. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { clock, dayOfYear } from "../../core/frontend/times";

const HALF_HOUR_S = 1800;
const DAY_S = 86_400;

export type PlotData = uPlot.AlignedData;
export type PlotOptions = Omit<uPlot.Options, "width" | "height">;

interface PlotProps {
  readonly label: string;
  readonly height: number;
  /** Drawn anew whenever this is another array: keep it while the figures are the same. */
  readonly data: PlotData;
  readonly options: () => PlotOptions;
}

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A colour of the scheme, so thin that what is behind it is seen. */
export function thin(name: string, share: number): string {
  return `color-mix(in srgb, ${colour(name)} ${Math.round(100 * share)}%, transparent)`;
}

/** What a plot over time shows: an hour about a single point, which uPlot gives three years. */
export function timeRange(plot: uPlot, first: number, last: number): [number, number] {
  return plot.data[0].length === 1 ? [first - HALF_HOUR_S, first + HALF_HOUR_S] : [first, last];
}

type TickWords = (plot: uPlot, ticks: readonly number[]) => string[];

/** A date where a plot has days, else the time of day; in the reader's zone unless one is named. */
export function timesIn(zone?: string): TickWords {
  return (_, ticks) => {
    const length = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0);
    return ticks.map((at) => (length < DAY_S ? clock : dayOfYear)(1000 * at, zone));
  };
}

/** The server's days and weeks begin at midnight in UTC: west of it they would be told as the day
    before. Its hours are told as the reader's. */
export function zoneOf(step: string): "UTC" | undefined {
  return step === "hour" ? undefined : "UTC";
}

/** Puts the ticks of a plot where days begin there. */
export function daysOf(zone: "UTC" | undefined): Pick<PlotOptions, "tzDate"> {
  return zone === undefined ? {} : { tzDate: (at) => uPlot.tzDate(new Date(1000 * at), zone) };
}

export function axis(more: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return {
    stroke: colour("--text-quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 0.5 },
    ticks: { stroke: colour("--line"), width: 0.5, size: 4 },
    ...more,
  };
}

export function Plot({ label, height, data, options }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = place.current;
    if (root === null) {
      return;
    }
    let plot = draw(root, height, data, options());
    const width = new ResizeObserver(() => plot.setSize({ width: root.clientWidth, height }));
    width.observe(root);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => {
      plot.destroy();
      plot = draw(root, height, data, options());
    };
    scheme.addEventListener("change", redraw);
    return () => {
      scheme.removeEventListener("change", redraw);
      width.disconnect();
      plot.destroy();
    };
  }, [data, height]);
  return <div ref={place} class="plot" role="img" aria-label={label} style={{ minHeight: `${height}px` }} />;
}

function draw(root: HTMLElement, height: number, data: PlotData, options: PlotOptions): uPlot {
  return new uPlot({ ...options, width: Math.max(root.clientWidth, 200), height }, data, root);
}
