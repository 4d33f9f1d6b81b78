/** Asking again and again while somebody looks, with longer pauses while the server fails. */

import { backoffMs, pause } from "./backoff";
import { HttpError, isGone, NetworkError } from "./http";
import { LEFT } from "./leaving";
import { FieldError } from "./readers";

export interface Polling {
  /** Asks once; how long to wait then in milliseconds, or null where there is nothing to wait for.
      What it throws of the network and of the server is a failure, after which it is asked again. */
  readonly ask: () => Promise<number | null>;
  /** The pause after the first failure; it grows with those that follow. */
  readonly failedMs: number;
  /** Nothing more can be had here: not logged in, not allowed, not there. */
  readonly onGone: () => void;
  /** Hears each time whether the server answers. */
  readonly onContact?: (answers: boolean) => void;
  /** An event `look` on it ends a wait. */
  readonly wake?: EventTarget;
}

/** Asks until there is nothing to wait for; rejects with the signal's reason when it is aborted. */
export async function poll(polling: Polling, signal: AbortSignal): Promise<void> {
  const { ask, failedMs, onGone, onContact, wake = new EventTarget() } = polling;
  let failures = 0;
  for (;;) {
    await whenVisible(signal);
    let waitMs: number | null;
    try {
      waitMs = await ask();
      failures = 0;
    } catch (error) {
      if (isGone(error)) {
        onGone();
        return;
      }
      if (!isFailure(error)) {
        throw error;
      }
      failures += 1;
      waitMs = backoffMs(failures, failedMs);
    }
    if (waitMs === null) {
      return;
    }
    onContact?.(failures === 0);
    await pauseOrLook(waitMs, wake, signal);
  }
}

/** An answer that cannot be read counts, too: that of a proxy, or of a server that is being renewed. */
function isFailure(error: unknown): boolean {
  return error instanceof NetworkError || error instanceof HttpError || error instanceof FieldError;
}

async function whenVisible(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  while (document.visibilityState !== "visible") {
    await heard(document, "visibilitychange", signal);
  }
}

async function pauseOrLook(ms: number, wake: EventTarget, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    await Promise.race([pause(ms, either), heard(wake, "look", either)]);
  } finally {
    over.abort(LEFT); // what was waited for in vain leaves no listener behind
  }
}

function heard(target: EventTarget, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      target.removeEventListener(name, hear);
      reject(signal.reason);
    };
    const hear = () => {
      signal.removeEventListener("abort", stop);
      resolve();
    };
    target.addEventListener(name, hear, { once: true });
    signal.addEventListener("abort", stop, { once: true });
  });
}
