/** How far a dry run or a sync is, as the server tells it. */

import { flag, nullable, number, object, text, type Read } from "../../core/frontend/readers";

const run = object({
  stage: text,
  finished_at: nullable(text),
  done: number,
  total: number,
});

export const progress = object({ state: text, is_checked: flag, run: nullable(run) });

export type Progress = Read<typeof progress>;

/** Whether a worker is at it, or about to be. */
export function isUnderWay({ state, run: now }: Pick<Progress, "state" | "run">): boolean {
  return state === "checking" || (now !== null && now.finished_at === null);
}

/** How far it is in words; the bar has no length where `of` is 0. */
export function stepOf({ state, run: now }: Pick<Progress, "state" | "run">): {
  words: string;
  done: number;
  of: number;
} {
  if (state === "checking" || now === null) {
    return { words: "A worker looks at it; nothing is written in CAVE.", done: 0, of: 0 };
  }
  const done = now.done.toLocaleString("en");
  const total = now.total.toLocaleString("en");
  switch (now.stage) {
    case "reading":
      if (now.total > 0) {
        return { words: `${done} of ${total} rows are looked for in CAVE`, done: now.done, of: now.total };
      }
      return { words: "What was under way is read back from CAVE", done: 0, of: 0 };
    case "gathering":
      return { words: `${done} of ${total} synapses are read`, done: now.done, of: now.total };
    case "sending":
      return { words: `${done} of ${total} rows are sent`, done: now.done, of: now.total };
    case "roots":
      if (now.total === 0) {
        return { words: "CAVE is asked for a newer version", done: 0, of: 0 };
      }
      return { words: `The neurons of ${done} of ${total} rows are read`, done: now.done, of: now.total };
    default:
      return { words: "A worker is on its way…", done: 0, of: 0 };
  }
}
