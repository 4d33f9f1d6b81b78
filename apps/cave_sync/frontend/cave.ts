/** The page of deliveries to CAVE: says how far a dry run or a sync is, and shows what became of it. */

import { getNews } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { flag, nullable, number, object, text, type Read } from "../../core/frontend/readers";
import "./cave.css";

const INTERVAL_MS = 1000;

const run = object({
  stage: text,
  finished_at: nullable(text),
  done: number,
  total: number,
});
const progress = object({ state: text, is_checked: flag, run: nullable(run) });

export type Progress = Read<typeof progress>;

/** Whether a worker is at it, or about to be. */
export function isUnderWay({ state, run: now }: Progress): boolean {
  return state === "checking" || (now !== null && now.finished_at === null);
}

/** How far it is in words; the bar has no length where `of` is 0. */
export function stepOf({ state, run: now }: Progress): { words: string; done: number; of: number } {
  if (state === "checking" || now === null) {
    return { words: "A worker looks at it; nothing is written in CAVE.", done: 0, of: 0 };
  }
  const done = now.done.toLocaleString("en");
  const total = now.total.toLocaleString("en");
  switch (now.stage) {
    case "reading":
      return { words: "What was under way is read back from CAVE", done: 0, of: 0 };
    case "gathering":
      return { words: `${done} of ${total} synapses are read`, done: now.done, of: now.total };
    case "sending":
      return { words: `${done} of ${total} rows are sent`, done: now.done, of: now.total };
    case "roots":
      return { words: `The neurons of ${done} of ${total} rows are read`, done: now.done, of: now.total };
    default:
      return { words: "A worker is on its way…", done: 0, of: 0 };
  }
}

function show(card: HTMLElement, found: Progress): void {
  const { words, done, of } = stepOf(found);
  const place = card.querySelector<HTMLElement>("[data-progress-text]");
  const bar = card.querySelector<HTMLProgressElement>("[data-progress-bar]");
  if (place !== null && place.textContent !== words) {
    place.textContent = words;
  }
  if (bar === null) {
    return;
  }
  if (of === 0) {
    bar.removeAttribute("value");
  } else {
    bar.max = of;
    bar.value = done;
  }
}

/** Asks how far it is until it is over; then calls `onOver`. */
export function follow(card: HTMLElement, onOver: () => void, signal: AbortSignal): Promise<void> {
  const ask = async () => {
    const news = await getNews(card.dataset["follow"] ?? "", null, { signal });
    const found = progress(news?.body, "progress");
    if (!isUnderWay(found)) {
      onOver();
      return null;
    }
    show(card, found);
    return INTERVAL_MS;
  };
  return poll({ ask, failedMs: INTERVAL_MS, onGone: onOver }, signal);
}

const leaving = new AbortController();
window.addEventListener("pagehide", () => leaving.abort(), { once: true });
for (const card of document.querySelectorAll<HTMLElement>("[data-follow]")) {
  follow(card, () => window.location.reload(), leaving.signal).catch((error: unknown) => {
    if (!leaving.signal.aborted) {
      throw error;
    }
  });
}
