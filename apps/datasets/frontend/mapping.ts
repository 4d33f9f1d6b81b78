/** Which column of a table holds what, as it was said and as the table has it. */

import type { FoundTable } from "./plan_contract";

export type Mapping = Readonly<Record<string, unknown>>;

const AXES = ["x", "y", "z"];

/** The columns that can be chosen. A wide table tells its first ones, and those that are used. */
export function columnsOf(found: FoundTable | null): readonly string[] {
  const used = Object.values(found?.mapping ?? {}).flat();
  return [...new Set([...(found?.columns ?? []), ...used.filter((each) => typeof each === "string")])];
}

/** What was said of a point: three columns, of which some may be missing, or one of lists alone. */
export function pointColumns(value: unknown, columns: readonly string[]): readonly string[] {
  if (typeof value !== "string") {
    return Array.isArray(value) ? value.map(String) : [];
  }
  const three = AXES.map((axis) => `${value}_${axis}`);
  const isStem = !columns.includes(value) && three.every((each) => columns.includes(each));
  return isStem ? three : [value];
}

/** The mapping without columns that the table has not, as after another file was given. */
export function fitting(mapping: Mapping, columns: readonly string[]): Mapping {
  if (columns.length === 0) {
    return mapping; // nothing is known of the table
  }
  const kept = Object.entries(mapping).map(([key, value]): readonly [string, unknown] => {
    if (typeof value !== "string" && !Array.isArray(value)) {
      return [key, value];
    }
    const names = pointColumns(value, columns);
    return names.every((each) => columns.includes(each)) ? [key, value] : [key, withoutMissing(names, columns)];
  });
  return Object.fromEntries(kept.filter(([, value]) => value !== ""));
}

function withoutMissing(names: readonly string[], columns: readonly string[]): unknown {
  return asPoint(names.map((each) => (columns.includes(each) ? each : "")));
}

/** What is sent of three choices, each in its place; "" where nothing is chosen. */
export function asPoint(chosen: readonly string[]): unknown {
  const [first = "", ...rest] = chosen;
  return rest.every((each) => each === "") ? first : chosen;
}
