import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { backoffMs, pause } from "./backoff";
import { listField, numberField, numbersField, textField, wordField } from "./fields";
import { FieldError } from "./readers";
import { uuid4 } from "./uuid";

describe("backoffMs", () => {
  it("doubles from half a second and stops at half a minute", () => {
    expect([1, 2, 3, 4].map((failures) => backoffMs(failures))).toEqual([500, 1000, 2000, 4000]);
    expect(backoffMs(50)).toBe(30_000);
    expect(backoffMs(2, 5000)).toBe(10_000);
  });
});

describe("pause", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("ends early with the reason of the signal", async () => {
    const stopping = new AbortController();
    const waiting = pause(1000, stopping.signal);
    stopping.abort(new Error("left"));
    await expect(waiting).rejects.toThrow("left");
    await expect(pause(1000, stopping.signal)).rejects.toThrow("left");
  });

  it("resolves after its time", async () => {
    const waiting = pause(1000);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe("uuid4", () => {
  it("is a version 4 UUID, and another one each time", () => {
    const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const all = new Set(Array.from({ length: 100 }, () => uuid4()));
    expect(all.size).toBe(100);
    for (const each of all) {
      expect(each).toMatch(pattern);
    }
  });
});

describe("fields", () => {
  it("names the field that is not what it should be", () => {
    const source = { depth: "16", slices: [1, null], part: "other", key: 3 };
    expect(() => numberField(source, "depth")).toThrow(/"depth" should be a number/);
    expect(() => numbersField(source, "slices")).toThrow(/"slices.1" should be a number/);
    expect(() => wordField(source, "part", ["page"])).toThrow(/"part" should be one of page/);
    expect(() => textField(source, "key")).toThrow(/"key" should be a text/);
    expect(() => listField(source, "missing")).toThrow(FieldError);
  });
});
