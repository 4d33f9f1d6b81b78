/** Exports in words. */

import type { Export, ExportFile, Given } from "./contract";

export interface FormatWords {
  readonly name: string;
  readonly title: string;
  readonly what: string;
}

export const FORMATS: readonly FormatWords[] = [
  { name: "synanno", title: "SynAnno's JSON", what: "opens in SynAnno, and can be restored here" },
  { name: "csv", title: "CSV table", what: "a row for each synapse: ids, points, verdict, votes, revision" },
  { name: "parquet", title: "Parquet table", what: "the same, for pandas, Arrow and DuckDB" },
  { name: "masks", title: "Masks", what: "masks that were drawn and points that were set: PNG, npy and npz, in a zip" },
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

export function nameOf(one: Export): string {
  return `Export ${one.number}`;
}

/** What there is of formats that keep nothing else; of others nothing is said. */
export function soFar(format: string, { drawn, with_points, most_counted }: Given): string {
  const drawnOn = `${upTo(drawn, most_counted)} drawn on`;
  if (format === "segmentation") {
    return drawn === 0 ? "No mask was drawn so far: it would hold none." : `So far: ${drawnOn}.`;
  }
  if (format !== "masks") {
    return "";
  }
  return drawn + with_points === 0
    ? "No mask was drawn and no point set so far: it would be empty."
    : `So far: ${drawnOn}, ${upTo(with_points, most_counted)} with a point that was set.`;
}

function upTo(found: number, most: number): string {
  return found > most ? `more than ${count(most)} synapses` : synapses(found);
}

/** What of a format that does not hold all synapses is in a file. */
export function heldBy({ instances }: ExportFile): string {
  if (instances === null) {
    return "";
  }
  return instances > 0 ? synapses(instances) : "holds no mask";
}

/** What has become of it, with a capital where it begins a line. */
export function stateOf(one: Export): string {
  if (one.state === "expired" && one.failure !== "") {
    return "files deleted";
  }
  return one.is_cancelling ? "is being cancelled" : OF_STATE[one.state];
}

/** What is said of one when it was asked for, or to be cancelled. */
export function toldOf(one: Export): string {
  if (one.is_cancelling) {
    return `${nameOf(one)} is being cancelled.`;
  }
  if (one.state === "waiting" || one.state === "writing") {
    return `${nameOf(one)} is being written; its files appear below.`;
  }
  return one.state === "cancelled" ? `${nameOf(one)} was cancelled.` : `${nameOf(one)}: ${stateOf(one)}.`;
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
    ...(one.state === "ready" ? [synapses(one.written)] : []),
    ...(discarded === "leave-out" ? ["without what was discarded"] : []),
    ...(unjudged === "leave-out" ? ["without what nobody has judged"] : []),
    people === "names" ? "with names" : people === "pseudonyms" ? "with pseudonyms" : "without people",
  ];
  return words.join(", ");
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

function synapses(found: number): string {
  return `${count(found)} synapse${found === 1 ? "" : "s"}`;
}

/** 1234567 as "1.2 MB". */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step] ?? ""}`;
}

