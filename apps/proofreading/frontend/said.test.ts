/** What can be said together is decided in one place, as the server takes it. */

import { describe, expect, it } from "vitest";

import type { Label, Said } from "./labels";
import { canToggle, MOST_KINDS, saidWith, toggled, withKind, withLabel, withNote } from "./said";

const KNOWN = ["a", "b", "cannotJudge"].map((key) => ({ key, title: key, isOffered: true }));

function said(label: Label, categories: readonly string[] = [], note = ""): Said {
  return { label, categories, note };
}

describe("Another label", () => {
  it("keeps kinds and note between incorrect and unsure", () => {
    expect(withLabel(said("incorrect", ["a"], "n"), "unsure")).toEqual(said("unsure", ["a"], "n"));
    expect(withLabel(said("unsure", ["a"], "n"), "incorrect")).toEqual(said("incorrect", ["a"], "n"));
  });

  it("has none where it is correct, and is none of what cannot be judged", () => {
    expect(withLabel(said("unsure", ["a"], "n"), "correct")).toEqual(said("correct"));
    const dark = said("unsure", ["cannotJudge"], "torn");
    expect(withLabel(dark, "incorrect")).toEqual(said("incorrect", [], "torn"));
  });
});

describe("A kind more or less", () => {
  it("makes what was correct incorrect, and leaves what is unsure so", () => {
    expect(withKind(said("correct"), "a", KNOWN)).toEqual(said("incorrect", ["a"]));
    expect(withKind(said("unsure", ["b"]), "a", KNOWN)).toEqual(said("unsure", ["a", "b"]));
    expect(withKind(said("unsure", ["a"], "n"), "a", KNOWN)).toEqual(said("unsure", [], "n"));
    expect(withKind(said("incorrect", ["a"]), "a", KNOWN)).toEqual(said("incorrect"));
  });

  it("is unsure with the kind that it cannot be judged, alone, and keeps the note", () => {
    const dark = said("unsure", ["cannotJudge"], "torn");
    expect(withKind(said("incorrect", ["a", "b"], "torn"), "cannotJudge", KNOWN)).toEqual(dark);
    expect(withKind(dark, "cannotJudge", KNOWN)).toEqual(said("unsure", [], "torn"));
    expect(withKind(dark, "a", KNOWN)).toEqual(said("unsure", ["a"], "torn"));
    expect(saidWith({ categories: ["cannotJudge"], note: "" }, "incorrect").label).toBe("unsure");
  });

  it("is as much as the server takes, and no more", () => {
    const most = Array.from({ length: MOST_KINDS }, (_, index) => `k${index}`);
    expect(toggled(most, "a")).toEqual(most);
    expect(canToggle(most, "a")).toBe(false);
    expect(canToggle(most, "k3")).toBe(true);
    expect(toggled(most, "cannotJudge")).toEqual(["cannotJudge"]);
  });
});

it("What is correct has no note", () => {
  expect(withNote(said("correct"), "n")).toEqual(said("correct"));
  expect(withNote(said("unsure", ["a"]), " n ")).toEqual(said("unsure", ["a"], "n"));
});
