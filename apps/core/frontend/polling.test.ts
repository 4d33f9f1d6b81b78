import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "./http";
import { poll } from "./polling";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How many listeners are on a target now. */
function listenersOf(target: EventTarget): () => number {
  const on = new Set<unknown>();
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  target.addEventListener = (name: string, hear: EventListener, options?: AddEventListenerOptions) => {
    const heard = (event: Event) => {
      on.delete(hear);
      hear(event);
    };
    on.add(hear);
    addEventListener.call(target, name, heard, options);
  };
  target.removeEventListener = (name: string, hear: EventListener) => {
    on.delete(hear);
    removeEventListener.call(target, name, hear);
  };
  return () => on.size;
}

function start(answers: (() => number | null)[], wake = new EventTarget()) {
  const leaving = new AbortController();
  const asked: number[] = [];
  const contact: boolean[] = [];
  const begun = Date.now();
  let gone = 0;
  const ask = async () => {
    asked.push(Date.now() - begun);
    return (answers.shift() ?? (() => 1000))();
  };
  const done = poll(
    {
      ask,
      failedMs: 2000,
      onGone: () => (gone += 1),
      onContact: (answers) => contact.push(answers),
      wake,
    },
    leaving.signal,
  ).catch((reason: unknown) => reason);
  return { asked, contact, done, leaving, gone: () => gone };
}

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}

describe("poll", () => {
  it("waits longer after each failure in a row", async () => {
    const away = fail(new NetworkError("away"));
    const { asked, contact, leaving } = start([away, fail(new HttpError(503, "error", "")), () => 10]);
    await vi.advanceTimersByTimeAsync(6020);
    leaving.abort();
    expect(asked).toEqual([0, 2000, 6000, 6010]);
    expect(contact).toEqual([false, false, true, true]);
  });

  it("ends where nothing is to be had, and where there is nothing to wait for", async () => {
    const refused = start([fail(new HttpError(404, "not_found", "There is nothing here."))]);
    await refused.done;
    expect(refused.gone()).toBe(1);
    const ready = start([() => null]);
    await ready.done;
    expect([ready.gone(), ready.contact]).toEqual([0, []]);
  });

  it("hides no fault of the program", async () => {
    const fault = new TypeError("a fault");
    expect(await start([fail(fault)]).done).toBe(fault);
  });

  it("looks at once when something was done, and leaves no listener behind", async () => {
    const wake = new EventTarget();
    const count = listenersOf(wake);
    const { asked, leaving, done } = start([], wake);
    await vi.advanceTimersByTimeAsync(5500);
    expect(count()).toBe(1);
    wake.dispatchEvent(new Event("look"));
    await vi.advanceTimersByTimeAsync(10);
    expect(asked).toEqual([0, 1000, 2000, 3000, 4000, 5000, 5500]);
    leaving.abort(new Error("left"));
    expect(await done).toMatchObject({ message: "left" });
    expect(count()).toBe(0);
  });
});
