/** Exports in words. */

import type { Export } from "./contract";

export interface FormatWords {
  readonly name: string;
  readonly title: string;
  readonly what: string;
}

export const FORMATS: readonly FormatWords[] = [
  { name: "synanno", title: "SynAnno's JSON", what: "opens in SynAnno, and can be restored here" },
  { name: "csv", title: "CSV table", what: "a row for each synapse: ids, points, verdict, votes, revision" },
  { name: "parquet", title: "Parquet table", what: "the same, for pandas, Arrow and DuckDB" },
  { name: "masks", title: "Masks", what: "what was drawn: PNG with SynAnno's names, npy and npz, in a zip" },
  { name: "segmentation", title: "Segmentation", what: "corrected masks as a precomputed volume, in a zip" },
  { name: "annotations", title: "Annotations", what: "points and verdicts as a precomputed layer, in a zip" },
];

const OF_STATE: Readonly<Record<Export["state"], string>> = {
  waiting: "waits for a worker",
  writing: "is being written",
  ready: "ready",
  failed: "failed",
  cancelled: "cancelled",
  expired: "files deleted: their time was over",
  removed: "deleted",
};

export function titlesOf(formats: readonly string[]): string {
  return formats.map((name) => FORMATS.find((each) => each.name === name)?.title ?? name).join(", ");
}

/** What has become of it, with a capital where it begins a line. */
export function stateOf(one: Export): string {
  if (one.state === "expired" && one.failure !== "") {
    return "files deleted";
  }
  return one.is_cancelling ? "is being cancelled" : OF_STATE[one.state];
}

/** How far it is. */
export function stepOf(one: Export): string {
  if (one.state === "waiting") {
    return "It begins as soon as a worker is free.";
  }
  if (one.stage === "joining") {
    return `All ${count(one.done)} synapses are read; the files are put together.`;
  }
  if (one.total === null) {
    return "It has just begun.";
  }
  return `${count(one.done)} of ${count(one.total)} synapses are read.`;
}

/** What was chosen and how much came of it. */
export function contentOf(one: Export): string {
  const { discarded, unjudged, people } = one.options;
  const words = [
    ...(one.state === "ready" ? [`${count(one.written)} synapse${one.written === 1 ? "" : "s"}`] : []),
    ...(discarded === "leave-out" ? ["without what was discarded"] : []),
    ...(unjudged === "leave-out" ? ["without what nobody has judged"] : []),
    people === "names" ? "with names" : people === "pseudonyms" ? "with pseudonyms" : "without people",
  ];
  return words.join(", ");
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** 1234567 as "1.2 MB". */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step] ?? ""}`;
}

const AT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A time of the world, as it is at this place. */
export function at(time: string): string {
  return AT.format(new Date(time));
}
