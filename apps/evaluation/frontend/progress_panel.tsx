/** How far the campaign is, and when it will be done. */

import { useMemo } from "preact/hooks";
import type uPlot from "uplot";

import { dayOf, dayOfYear } from "../../core/frontend/times";
import type { Progress, State } from "./contract";
import { count, percent, plural } from "./format";
import { PanelFrame, Words } from "./panel";
import {
  axis,
  colour,
  Plot,
  thin,
  timeRange,
  timesIn,
  type PlotData,
  type PlotOptions,
} from "./plot";
import { STATE_WORDS } from "./summary";

const STATES: readonly State[] = ["settled", "disputed", "waiting", "unjudged"];
const HEIGHT = 250;

export function ProgressPanel(props: { readonly progress: Progress; readonly file: string }) {
  const { progress } = props;
  const data = useMemo(() => dataOf(progress), [progress]);
  return (
    <PanelFrame name="Progress" className="panel--two-thirds" file={props.file} note={method(progress)}>
      <StateBar progress={progress} />
      <p class="panel__lead">{sentence(progress)}</p>
      {progress.votes === 0 ? (
        <Words>Nobody has judged anything yet: the line begins with the first page.</Words>
      ) : (
        <Plot
          label={`Votes and settled instances over time. ${sentence(progress)}`}
          height={HEIGHT}
          data={data}
          options={() => optionsOf(progress)}
        />
      )}
    </PanelFrame>
  );
}

function sentence({ forecast }: Progress): string {
  if (forecast.median === null || forecast.low === null) {
    return forecast.sentence;
  }
  const latest = forecast.high === null ? "years from now" : dayOf(1000 * forecast.high);
  const [middle, first] = [forecast.median, forecast.low].map((at) => dayOf(1000 * at));
  return `Done about ${middle}; four times in five between ${first} and ${latest}.`;
}

function method({ forecast, votes_needed }: Progress): string {
  if (forecast.state !== "ok") {
    return "The thick line is votes given of all that are needed; the thin one settled instances.";
  }
  const history = plural(forecast.history, forecast.step);
  return (
    `Thick: votes given of all that are needed; thin: settled instances; the fan is the forecast. ` +
    `About ${count(votes_needed)} votes are left, and ${count(forecast.votes_per_day)} a day were given in the last ${history}: ` +
    `a bootstrap draws those days again 1000 times (working days and weekends apart, from two weeks on).`
  );
}

function StateBar({ progress }: { readonly progress: Progress }) {
  if (progress.instances === 0) {
    return <Words>This campaign has no instances.</Words>;
  }
  return (
    <div class="states">
      <div class="states__bar" aria-hidden="true">
        {STATES.map((state) => (
          <span key={state} data-state={state} style={{ flexGrow: progress.states[state] }} />
        ))}
      </div>
      <ul>
        {STATES.map((state) => (
          <li key={state} data-state={state}>
            <b>{count(progress.states[state])}</b> {STATE_WORDS[state]}
          </li>
        ))}
        <li>
          <b>{count(progress.pages_done)}</b> of {count(progress.pages_total)} pages done
        </li>
      </ul>
    </div>
  );
}

/** x; votes, settled as shares; then the forecast: earliest, middle, latest. */
export function dataOf(progress: Progress): PlotData {
  const { series, forecast, votes, votes_needed, instances } = progress;
  const now = Date.parse(progress.made_at) / 1000;
  const all = Math.max(1, votes + votes_needed);
  const past = series.ends.map((end) => Math.min(end, now));
  const given = series.votes.map((n) => n / all);
  const settled = series.settled.map((n) => n / Math.max(1, instances));
  const ends = [forecast.low, forecast.median, forecast.high];
  const known = ends.filter((end): end is number => end !== null);
  const ahead = forecast.state === "ok" ? [...new Set(known)].sort((a, b) => a - b) : [];
  const x = [...past, ...ahead];
  const empty = ahead.map(() => null);
  const done = votes / all;
  const line = (end: number | null): (number | null)[] => {
    if (ahead.length === 0 || end === null) {
      return x.map(() => null);
    }
    const reach = (at: number) => Math.min(1, done + ((1 - done) * (at - now)) / (end - now));
    return [...past.map((_, i) => (i === past.length - 1 ? done : null)), ...ahead.map(reach)];
  };
  const high = forecast.high ?? now + 20 * ((forecast.median ?? now) - now);
  return [
    x,
    [...given, ...empty],
    [...settled, ...empty],
    line(forecast.low),
    line(forecast.median),
    line(high),
  ];
}

function optionsOf(progress: Progress): PlotOptions {
  const isPoint = progress.series.ends.length === 1; // which no line shows
  const share = (_: uPlot, value: number | null) => percent(value, 1);
  const forecast: uPlot.Series = { stroke: "transparent", points: { show: false }, value: share };
  const end: uPlot.Series = { ...forecast, stroke: thin("--main", 0.45), width: 1 };
  return {
    legend: { live: true },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { range: timeRange }, y: { range: [0, 1.02] } },
    axes: [
      axis({ space: 70, values: timesIn() }),
      axis({ values: (_, ticks) => ticks.map((tick) => percent(tick)), size: 52 }),
    ],
    series: [
      { label: "Until", value: (_, at) => (at === null ? "–" : dayOfYear(1000 * at)) },
      {
        label: "Votes given",
        stroke: colour("--main"),
        width: 2.5,
        fill: thin("--main", 0.1),
        points: { show: isPoint, size: 6, fill: colour("--main") },
        value: share,
      },
      {
        label: "Settled",
        stroke: colour("--correct"),
        width: 1.5,
        points: { show: isPoint, size: 6, fill: colour("--correct") },
        value: share,
      },
      { ...end, label: "Earliest" },
      { ...forecast, label: "Forecast", stroke: colour("--main"), dash: [5, 4], width: 1.5 },
      { ...end, label: "Latest" },
    ],
    bands: progress.forecast.state === "ok" ? [{ series: [3, 5], fill: thin("--main", 0.16) }] : [],
  };
}
