/** Asks for panels again and again while the tab is visible; an ETag makes most answers empty. */

import { backoffMs, pause } from "../../core/frontend/backoff";
import type { PanelName, Panels } from "./contract";

/** How often it is asked whether there is something new. */
const INTERVAL_MS = 4000;
/** How often while the figures are made for the first time. */
const FIRST_MS = 700;
const NOT_MODIFIED = 304;
const BEING_MADE = 202;
/** No longer logged in, no longer allowed, or no longer there: the whole page says which. */
const GONE = new Set([401, 403, 404]);

export interface Listener {
  /** New figures of a panel. */
  onPanel<Name extends PanelName>(name: Name, body: Panels[Name]): void;
  /** Whether the server answers. */
  onContact(answers: boolean): void;
  onGone(): void;
}

/** What tells the panels apart: `leases` change by themselves, the others are made together. */
const FOLLOWING: readonly PanelName[] = [
  "pace",
  "annotators",
  "agreement",
  "categories",
  "overturns",
  "places",
];

/** Keeps all panels up to date until the signal is aborted, which rejects with its reason. The
 * event `look` ends a wait: something was done of which one wants to see what became. */
export async function keepPanels(
  urls: Readonly<Record<PanelName, string>>,
  listener: Listener,
  signal: AbortSignal,
  wake: EventTarget = new EventTarget(),
): Promise<void> {
  const etags = new Map<PanelName, string>();
  let failures = 0;
  while (!signal.aborted) {
    await whenVisible(signal);
    const outcome = await round(urls, etags, listener, signal);
    if (outcome === "gone") {
      listener.onGone();
      return;
    }
    failures = outcome === "failed" ? failures + 1 : 0;
    listener.onContact(failures === 0);
    const waits = { ok: INTERVAL_MS, making: FIRST_MS, failed: backoffMs(failures, INTERVAL_MS) };
    await Promise.race([pause(waits[outcome], signal), lookOf(wake)]);
  }
}

function lookOf(wake: EventTarget): Promise<void> {
  return new Promise((resolve) => {
    wake.addEventListener("look", () => resolve(), { once: true });
  });
}

type Outcome = "ok" | "making" | "failed" | "gone";

/** The panels that are made together are asked for when the first of them has changed. */
async function round(
  urls: Readonly<Record<PanelName, string>>,
  etags: Map<PanelName, string>,
  listener: Listener,
  signal: AbortSignal,
): Promise<Outcome> {
  const [leases, first] = await Promise.all([
    renew("leases", urls, etags, listener, signal),
    renew("progress", urls, etags, listener, signal),
  ]);
  if (first === "changed" || (first === "same" && FOLLOWING.some((name) => !etags.has(name)))) {
    const rest = await Promise.all(
      FOLLOWING.map((name) => renew(name, urls, etags, listener, signal)),
    );
    return worst([leases, first, ...rest]);
  }
  return worst([leases, first]);
}

type Renewal = "changed" | "same" | "making" | "failed" | "gone";

function worst(renewals: readonly Renewal[]): Outcome {
  for (const trouble of ["gone", "failed", "making"] as const) {
    if (renewals.includes(trouble)) {
      return trouble;
    }
  }
  return "ok";
}

async function renew<Name extends PanelName>(
  name: Name,
  urls: Readonly<Record<PanelName, string>>,
  etags: Map<PanelName, string>,
  listener: Listener,
  signal: AbortSignal,
): Promise<Renewal> {
  const etag = etags.get(name);
  const headers: Record<string, string> = { Accept: "application/json" };
  if (etag !== undefined) {
    headers["If-None-Match"] = etag;
  }
  try {
    const response = await fetch(urls[name], { headers, signal, cache: "no-store" });
    if (response.status === NOT_MODIFIED) {
      return "same";
    }
    if (GONE.has(response.status)) {
      return "gone";
    }
    if (response.status === BEING_MADE) {
      return "making";
    }
    if (!response.ok) {
      return "failed";
    }
    listener.onPanel(name, (await response.json()) as Panels[Name]);
    etags.set(name, response.headers.get("ETag") ?? "");
    return "changed";
  } catch (error) {
    if (error instanceof TypeError) {
      return "failed"; // the server cannot be reached: the caller asks again
    }
    throw error;
  }
}

function whenVisible(signal: AbortSignal): Promise<void> {
  if (document.visibilityState === "visible") {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    const look = () => {
      if (document.visibilityState === "visible") {
        document.removeEventListener("visibilitychange", look);
        resolve();
      }
    };
    document.addEventListener("visibilitychange", look, { signal });
  });
}
