/** How fast people judge while they are at work. */

import { useMemo } from "preact/hooks";
import uPlot from "uplot";

import { lately, weekday } from "../../core/frontend/times";
import type { Pace } from "./contract";
import { active, count, decimal, isTooShort, rate } from "./format";
import { PanelFrame, Words } from "./panel";
import { axis, colour, daysOf, Plot, thin, timeRange, timesIn, zoneOf, type PlotData } from "./plot";

const HEIGHT = 250;
const WORDS =
  "Line: decisions in an hour of active time. Bars: active hours of everybody. Pauses over 60 s between decisions are left out.";

export function PacePanel({ pace, file }: { readonly pace: Pace; readonly file: string }) {
  return (
    <PanelFrame
      name="Pace"
      className="panel--third"
      file={file}
      note={zoneOf(pace.series.step) === "UTC" ? `${WORDS} Days are days in UTC.` : WORDS}
    >
      {pace.sentence !== "" ? (
        <Words>{pace.sentence}</Words>
      ) : (
        <>
          <p class="panel__lead">
            <b>{rate(pace.all.per_hour, pace.all.active_hours)}</b> decisions an hour:{" "}
            {count(pace.all.decisions)} in {active(pace.all.active_hours)}
          </p>
          {isTooShort(pace.all.active_hours) ? (
            <Words>That is too short to tell. The chart comes after a minute of work.</Words>
          ) : (
            <PacePlot pace={pace} />
          )}
        </>
      )}
    </PanelFrame>
  );
}

/** None where there was too little time to tell. */
export function ratesOf(series: Pace["series"]): (number | null)[] {
  return series.per_hour.map((rate, at) =>
    isTooShort(series.active_hours[at] ?? 0) ? null : rate,
  );
}

function PacePlot({ pace }: { readonly pace: Pace }) {
  const { series } = pace;
  const zone = zoneOf(series.step);
  const at = (time: number) => (zone === undefined ? lately(time) : weekday(time, zone));
  const data = useMemo<PlotData>(
    () => [[...series.starts], [...series.active_hours], ratesOf(series)],
    [series],
  );
  return (
    <Plot
      label={`Decisions in an active hour, by ${series.step}`}
      height={HEIGHT}
      data={data}
      options={() => ({
        ...daysOf(zone),
        cursor: { points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          x: { range: timeRange },
          hours: { range: (_, __, most) => [0, Math.max(most, 0.1) * 2.6] },
          y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.15] },
        },
        axes: [
          axis({ space: 60, values: timesIn(zone) }),
          axis({ size: 56, values: (_, ticks) => ticks.map(count) }),
        ],
        series: [
          { label: zone === undefined ? series.step : `${series.step} (${zone})`, value: (_, time) => (time === null ? "–" : at(1000 * time)) },
          {
            label: "Active hours",
            scale: "hours",
            stroke: "transparent",
            fill: thin("--text-quiet", 0.28),
            paths: uPlot.paths.bars?.({ size: [0.8, 30], align: 1 }) ?? null,
            points: { show: false },
            value: (_, hours) => decimal(hours, 1),
          } as uPlot.Series,
          {
            label: "Decisions an hour",
            stroke: colour("--main"),
            width: 2,
            spanGaps: true,
            points: { show: true, size: 5, fill: colour("--main") },
            value: (_, rate) => count(rate),
          },
        ],
      })}
    />
  );
}
