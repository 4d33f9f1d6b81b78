/** Progress bars of campaigns in preparation: asked each second while the tab is visible. */

import { backoffMs, pause } from "../../core/frontend/backoff";
import { fieldsOf, numberField, textField } from "../../core/frontend/fields";

const INTERVAL_MS = 1000;
const NOT_MODIFIED = 304;
/** No longer logged in, no longer allowed, or no longer there: the whole page says which. */
const GONE = new Set([401, 403, 404]);

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
 * Asks for progress until the campaign is no longer in preparation; then calls `onReady`.
 *
 * Rejects with the signal's reason when it is aborted.
 */
export async function watchProgress(
  url: string,
  onProgress: (progress: Progress) => void,
  onReady: () => void,
  signal: AbortSignal,
): Promise<void> {
  let etag: string | null = null;
  let failures = 0;
  while (!signal.aborted) {
    await whenVisible(signal);
    const answer = await ask(url, etag, signal);
    if (answer === null) {
      failures += 1;
      await pause(backoffMs(failures, INTERVAL_MS), signal);
      continue;
    }
    failures = 0;
    if (GONE.has(answer.status)) {
      onReady();
      return;
    }
    if (answer.status !== NOT_MODIFIED) {
      etag = answer.etag;
      const progress = parseProgress(JSON.parse(answer.text));
      onProgress(progress);
      if (progress.status !== "preparing") {
        onReady();
        return;
      }
    }
    await pause(INTERVAL_MS, signal);
  }
}

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly text: string;
}

/** One request; null when the server fails or cannot be reached: the caller asks again. */
async function ask(url: string, etag: string | null, signal: AbortSignal): Promise<Answer | null> {
  const headers: HeadersInit = etag === null ? {} : { "If-None-Match": etag };
  try {
    const response = await fetch(url, { headers, signal, cache: "no-store" });
    const { status } = response;
    const usable = response.ok || status === NOT_MODIFIED || GONE.has(status);
    const text = await response.text();
    return usable ? { status, etag: response.headers.get("ETag"), text } : null;
  } catch (error) {
    if (error instanceof TypeError) {
      return null;
    }
    throw error;
  }
}

function whenVisible(signal: AbortSignal): Promise<void> {
  if (document.visibilityState === "visible") {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState === "visible") {
        document.removeEventListener("visibilitychange", look);
        resolve();
      }
    };
    document.addEventListener("visibilitychange", look, { signal });
  });
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
