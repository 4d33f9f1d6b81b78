/** Work that can wait until what was asked for is on the screen. */

const WITHIN_MS = 1000;
/** Where a browser does not say when it is idle. */
const LATER_MS = 200;

/** Runs it when the browser has nothing better to do, and soon in any case. */
export function whenIdle(run: () => void): void {
  if ("requestIdleCallback" in globalThis) {
    globalThis.requestIdleCallback(run, { timeout: WITHIN_MS });
  } else {
    setTimeout(run, LATER_MS);
  }
}
