/** Progress bars of campaigns in preparation: asked each second while the tab is visible. */

import { fieldsOf, numberField, textField } from "../../core/frontend/fields";
import { getNews } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";

const INTERVAL_MS = 1000;

export interface Progress {
  readonly status: string;
  readonly prepared: number;
  readonly toPrepare: number;
}

export function parseProgress(answer: unknown): Progress {
  const source = fieldsOf(answer, "progress");
  return {
    status: textField(source, "status"),
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

function show(card: HTMLElement, progress: Progress): void {
  const bar = card.querySelector<HTMLProgressElement>("[data-progress-bar]");
  const text = card.querySelector<HTMLElement>("[data-progress-text]");
  if (progress.toPrepare === 0) {
    return; // the preparation has not begun: the bar has no length yet
  }
  if (bar !== null) {
    bar.max = progress.toPrepare;
    bar.value = progress.prepared;
  }
  if (text !== null) {
    text.textContent = `${progress.prepared} of ${progress.toPrepare} cutouts are ready`;
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
