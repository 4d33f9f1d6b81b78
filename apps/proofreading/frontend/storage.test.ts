import { describe, expect, it } from "vitest";

import { keptOrForgotten, noteFirstVisit, type KeptValues } from "./storage";

function memory(): KeptValues {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
}

function refuse(): never {
  throw new DOMException("Access is denied for this document.", "SecurityError");
}

describe("noteFirstVisit", () => {
  it("is true once for each campaign", () => {
    const storage = memory();
    expect(noteFirstVisit(storage, "1")).toBe(true);
    expect(noteFirstVisit(storage, "1")).toBe(false);
    expect(noteFirstVisit(storage, "2")).toBe(true);
  });
});

describe("keptOrForgotten", () => {
  it("keeps values in the browser's storage", () => {
    const storage = memory();
    keptOrForgotten(() => storage).setItem("colour", "blue");
    expect(keptOrForgotten(() => storage).getItem("colour")).toBe("blue");
  });

  it.each([
    ["is blocked", refuse],
    ["throws when used", () => ({ getItem: refuse, setItem: refuse })],
  ])("remembers values for this page where storage %s", (_, open) => {
    const storage = keptOrForgotten(open);
    expect(noteFirstVisit(storage, "1")).toBe(true);
    expect(noteFirstVisit(storage, "1")).toBe(false);
  });

  it("hides no other error", () => {
    const broken = keptOrForgotten(() => {
      throw new TypeError("a fault of the program");
    });
    expect(() => broken.getItem("colour")).toThrow(TypeError);
  });
});
