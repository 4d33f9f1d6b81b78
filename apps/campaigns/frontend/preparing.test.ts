import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { renewWhenRestored, stepOf, watchProgress, type Progress } from "./preparing";

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.useFakeTimers();
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function progress(status: string, prepared: number): Response {
  const pages = { cancelling: false, placed: 24, to_place: 24, neurons: 0, walked: 0, pages_done: 0, pages_total: 2 };
  const body = { status, prepared, to_prepare: 10, ...pages };
  return Response.json(body, { headers: { ETag: `"${prepared}"` } });
}

function watch(signal = new AbortController().signal) {
  const seen: Progress[] = [];
  let ready = 0;
  const done = watchProgress("/progress", (each) => seen.push(each), () => (ready += 1), signal);
  return { seen, done, ready: () => ready };
}

describe("watchProgress", () => {
  it("asks each second until the campaign is open, and only for news", async () => {
    fetched.mockResolvedValueOnce(progress("preparing", 3));
    fetched.mockResolvedValueOnce(new Response(null, { status: 304 }));
    fetched.mockResolvedValueOnce(progress("open", 10));
    const { seen, done, ready } = watch();
    await vi.advanceTimersByTimeAsync(5000);
    await done;
    expect(seen.map((each) => each.prepared)).toEqual([3, 10]);
    expect(ready()).toBe(1);
    const asked = fetched.mock.calls.map(([, init]) => new Headers(init?.headers));
    expect(asked.map((headers) => headers.get("If-None-Match"))).toEqual([null, '"3"', '"3"']);
  });

  it("goes on after a failing server, after longer pauses", async () => {
    fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
    fetched.mockResolvedValueOnce(new Response("", { status: 502 }));
    fetched.mockResolvedValueOnce(progress("open", 10));
    const { done, ready } = watch();
    await vi.advanceTimersByTimeAsync(2500);
    expect(fetched).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1000);
    await done;
    expect(ready()).toBe(1);
  });

  it("leaves it to the page to say that the login has ended", async () => {
    fetched.mockResolvedValueOnce(new Response("", { status: 403 }));
    const { done, ready } = watch();
    await done;
    expect(ready()).toBe(1);
  });

  it("does not ask while nobody looks", async () => {
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    fetched.mockResolvedValue(progress("open", 10));
    const { done } = watch();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fetched).not.toHaveBeenCalled();
    visibility.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    await done;
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("ends when the page is left", async () => {
    fetched.mockImplementation(async () => progress("preparing", 3));
    const leaving = new AbortController();
    const { done } = watch(leaving.signal);
    await vi.advanceTimersByTimeAsync(100);
    leaving.abort();
    await expect(done).rejects.toThrow();
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});

describe("renewWhenRestored", () => {
  function pageshow(persisted: boolean): Event {
    return Object.assign(new Event("pageshow"), { persisted });
  }

  it("asks for the page again when the browser brings it back from its memory", () => {
    const reload = vi.fn();
    renewWhenRestored(reload);
    window.dispatchEvent(pageshow(false));
    expect(reload).not.toHaveBeenCalled();
    window.dispatchEvent(pageshow(true));
    expect(reload).toHaveBeenCalledTimes(1);
  });
});

describe("stepOf", () => {
  const begun = {
    ...{ status: "preparing", cancelling: false, prepared: 0, toPrepare: 0 },
    ...{ neurons: 0, walked: 0 },
  };

  it("tells the walks along neurons before the pages", () => {
    const walking = { ...begun, placed: 0, toPlace: 30, neurons: 3, walked: 1 };
    expect(stepOf(walking)).toEqual({ done: 1, of: 3, words: "Skeletons and walks: 1 of 3 neurons" });
    expect(stepOf({ ...walking, walked: 3 })?.words).toBe("0 of 30 instances are on pages");
  });

  it("tells the pages first, then the cutouts", () => {
    expect(stepOf({ ...begun, placed: 0, toPlace: 0 })).toBeNull();
    expect(stepOf({ ...begun, placed: 12_000, toPlace: 1_000_000 })).toEqual({
      done: 12_000,
      of: 1_000_000,
      words: "12,000 of 1,000,000 instances are on pages",
    });
    const rendering = { ...begun, placed: 24, toPlace: 24, prepared: 3, toPrepare: 9 };
    expect(stepOf(rendering)?.words).toBe("3 of 9 cutouts are ready");
  });

  it("runs backwards when it is cancelled", () => {
    const step = stepOf({ ...begun, cancelling: true, placed: 24_000, toPlace: 60_000 });
    expect(step).toMatchObject({ done: 36_000, of: 60_000 });
    expect(step?.words).toContain("24,000 instances are still on pages");
  });
});
