/** Progress bars of campaigns in preparation: asked each second while the tab is visible. */

import { fieldsOf, flagField, numberField, textField } from "../../core/frontend/fields";
import { getNews } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";

const INTERVAL_MS = 1000;

export interface Progress {
  readonly status: string;
  readonly cancelling: boolean;
  readonly placed: number;
  readonly toPlace: number;
  /** Neurons along which it goes, and those of them that are walked. */
  readonly neurons: number;
  readonly walked: number;
  readonly prepared: number;
  readonly toPrepare: number;
}

export function parseProgress(answer: unknown): Progress {
  const source = fieldsOf(answer, "progress");
  return {
    status: textField(source, "status"),
    cancelling: flagField(source, "cancelling"),
    placed: numberField(source, "placed"),
    toPlace: numberField(source, "to_place"),
    neurons: numberField(source, "neurons"),
    walked: numberField(source, "walked"),
    prepared: numberField(source, "prepared"),
    toPrepare: numberField(source, "to_prepare"),
  };
}

/**
 * Asks for progress until the campaign is no longer in preparation, or cannot be seen; then calls
 * `onReady`. Rejects with the signal's reason when it is aborted.
 */
export function watchProgress(
  url: string,
  onProgress: (progress: Progress) => void,
  onReady: () => void,
  signal: AbortSignal,
): Promise<void> {
  let etag: string | null = null;
  const ask = async () => {
    const news = await getNews(url, etag, { signal });
    if (news === null) {
      return INTERVAL_MS;
    }
    const progress = parseProgress(news.body);
    etag = news.etag;
    onProgress(progress);
    if (progress.status === "preparing") {
      return INTERVAL_MS;
    }
    onReady();
    return null;
  };
  return poll({ ask, failedMs: INTERVAL_MS, onGone: onReady }, signal);
}

/** How much of what is done, and in words; null while it has not begun. */
export function stepOf(progress: Progress): { done: number; of: number; words: string } | null {
  const { cancelling, placed, toPlace, neurons, walked, prepared, toPrepare } = progress;
  const [onPages, all] = [placed.toLocaleString("en"), toPlace.toLocaleString("en")];
  if (cancelling) {
    const words = `Being cancelled; ${onPages} instances are still on pages`;
    return { done: toPlace - placed, of: toPlace, words };
  }
  if (walked < neurons) {
    const words = `Skeletons and walks: ${walked} of ${neurons} ${neurons === 1 ? "neuron" : "neurons"}`;
    return { done: walked, of: neurons, words };
  }
  if (placed < toPlace) {
    return { done: placed, of: toPlace, words: `${onPages} of ${all} instances are on pages` };
  }
  if (toPrepare === 0) {
    return null;
  }
  return { done: prepared, of: toPrepare, words: `${prepared} of ${toPrepare} cutouts are ready` };
}

function show(card: HTMLElement, progress: Progress): void {
  const bar = card.querySelector<HTMLProgressElement>("[data-progress-bar]");
  const text = card.querySelector<HTMLElement>("[data-progress-text]");
  const step = stepOf(progress);
  if (step === null) {
    return; // the bar has no length yet
  }
  if (bar !== null) {
    bar.max = Math.max(step.of, 1);
    bar.value = step.done;
  }
  if (text !== null) {
    text.textContent = step.words;
  }
}

function start(): void {
  const leaving = new AbortController();
  window.addEventListener("pagehide", () => leaving.abort(), { once: true });
  for (const card of document.querySelectorAll<HTMLElement>("[data-progress-url]")) {
    const url = card.dataset["progressUrl"] ?? "";
    // The page knows what the campaign looks like afterwards, so it is asked for as a whole.
    const done = () => window.location.reload();
    watchProgress(url, (progress) => show(card, progress), done, leaving.signal).catch(
      (error: unknown) => {
        if (!leaving.signal.aborted) {
          throw error;
        }
      },
    );
  }
}

/**
 * A page that the browser brings back from its memory has stopped asking, and what it shows is of
 * long ago: it is asked for as a whole.
 */
export function renewWhenRestored(reload: () => void): void {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      reload();
    }
  });
}

renewWhenRestored(() => window.location.reload());
start();
