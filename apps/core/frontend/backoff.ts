/** Waiting between attempts. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Milliseconds to wait after `failures` failed attempts in a row: 0.5 s, 1 s, 2 s … 30 s. */
export function backoffMs(failures: number, firstMs: number = FIRST_MS): number {
  return Math.min(LONGEST_MS, firstMs * 2 ** Math.max(0, failures - 1));
}

/** Resolves after `ms`; rejects with the signal's reason when it is aborted before. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
