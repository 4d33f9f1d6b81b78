/** A person chooses keys: what is in the way is named. */

import { describe, expect, it } from "vitest";

import { chordOf, shownChord, whyNotChosen } from "./chords";
import { COMMANDS, type Command, type CommandName } from "./commands";
import { KeyChoosing } from "./key_choosing";
import { KeyMap, MOST_KEYS } from "./key_map";

function command(name: CommandName): Command {
  return COMMANDS.find((each) => each.name === name)!;
}

function chord(key: string, init: KeyboardEventInit = {}): string | null {
  return chordOf(new KeyboardEvent("keydown", { key, ...init }));
}

describe("COMMANDS", () => {
  it("have a name and a meaning of their own each, and no key twice", () => {
    const names = COMMANDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(COMMANDS.map(({ meaning }) => meaning)).size).toBe(names.length);
    for (const scope of ["grid", "cards"] as const) {
      const here = COMMANDS.filter((each: Command) => each.scopes.includes(scope));
      const keys = here.flatMap((each: Command) => each.keys);
      expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
      expect(keys.map(whyNotChosen).filter((why) => why !== null)).toEqual([]);
    }
  });
});

describe("chordOf", () => {
  it("names modifiers, but Shift only where it does not choose the character", () => {
    expect(chord("s")).toBe("s");
    expect(chord("S")).toBe("s"); // caps lock
    expect(chord("S", { shiftKey: true })).toBe("Shift+s");
    expect(chord("?", { shiftKey: true })).toBe("?");
    expect(chord(" ", { shiftKey: true })).toBe("Shift+Space");
    expect(chord("z", { metaKey: true })).toBe("Ctrl+z");
    expect(chord("ArrowUp", { altKey: true })).toBe("Alt+ArrowUp");
    expect(chord("Shift", { shiftKey: true })).toBeNull();
    expect(chord("Dead")).toBeNull();
  });

  it("is shown in words that people know", () => {
    expect(["Ctrl+Shift+z", "ArrowLeft", "-", "+", "Ctrl++", "s"].map(shownChord)).toEqual([
      ...["Ctrl Shift Z", "←", "−", "+", "Ctrl +", "s"],
    ]);
  });
});

describe("KeyChoosing", () => {
  it("names what has the key, and takes it when told to", () => {
    const keys = new KeyMap();
    const choosing = new KeyChoosing(keys);
    choosing.begin(command("skip"));
    choosing.press("e");
    expect(choosing.told.value).toContain("e is the key of “Incorrect, and say what is wrong");
    expect(keys.commandOf("e")?.name).toBe("explain");
    choosing.take();
    expect(keys.commandOf("e")?.name).toBe("skip");
    expect(keys.keysOf(command("skip"))).toEqual(["k", "e"]);
    expect(keys.titled("Why", "explain")).toBe("Why");
    expect(choosing.told.value).toContain("has no key now");
    choosing.reset(command("explain"));
    expect(keys.commandOf("e")?.name).toBe("explain");
    expect(keys.own.value).toEqual({});
  });

  it("leaves the browser its own, and keeps waiting", () => {
    const keys = new KeyMap();
    const choosing = new KeyChoosing(keys);
    choosing.begin(command("skip"));
    choosing.press("Ctrl+w");
    expect(choosing.told.value).toContain("Ctrl W belongs to the browser.");
    choosing.press("j");
    expect(keys.commandOf("j")?.name).toBe("skip");
    expect(choosing.waiting.value).toBeNull();
  });

  it("keeps no more keys of a command than the server takes", () => {
    const keys = new KeyMap();
    for (const chosen of ["F1", "F2", "F3", "F4", "F6"]) {
      keys.assign(command("submit"), chosen);
    }
    expect(keys.keysOf(command("submit"))).toEqual(["F2", "F3", "F4", "F6"]);
    expect(keys.keysOf(command("submit"))).toHaveLength(MOST_KEYS);
    keys.resetAll();
    expect(keys.keysOf(command("submit"))).toEqual(["s", "Ctrl+Enter"]);
  });

  it("lets a chosen key go before one that a newer version brings", () => {
    const keys = new KeyMap();
    keys.own.value = { submit: ["q"], "of-another-version": ["x"] };
    expect(keys.commandOf("q")?.name).toBe("submit");
    expect(keys.keysOf(command("overlay"))).toEqual([]);
    keys.remove(command("submit"), "q");
    expect(keys.commandOf("q")?.name).toBe("overlay");
    expect(keys.own.value["of-another-version"]).toEqual(["x"]);
  });
});

describe("Grid and cards", () => {
  it("share the key of what both do", () => {
    const grid = new KeyMap("grid");
    const cards = new KeyMap("cards");
    grid.assign(command("slice-after"), "l");
    cards.own.value = grid.own.value;
    expect(cards.commandOf("l")?.name).toBe("slice-after");
    expect([grid.commandOf("1")?.name, cards.commandOf("1")?.name]).toEqual([
      ...["label-correct", "card-kind-1"],
    ]);
  });

  it("are kept apart where each does something of its own", () => {
    const keys = new KeyMap("grid");
    const choosing = new KeyChoosing(keys);
    choosing.begin(command("card-note"));
    choosing.press("e"); // is of the grid alone
    expect(choosing.conflict.value).toBeNull();
    expect(keys.commandOf("e")?.name).toBe("explain");
    expect(keys.commandOf("e", "cards")?.name).toBe("card-note");
    expect(keys.keysOf(command("card-note"))).toEqual(["Enter", "e"]);
    choosing.begin(command("card-note"));
    choosing.press("f");
    expect(choosing.told.value).toContain("f is the key of “Those without a kind, or all”.");
  });

  it("both lose a key to what both do", () => {
    const keys = new KeyMap("grid");
    const choosing = new KeyChoosing(keys);
    choosing.begin(command("overlay"));
    choosing.press("f");
    expect(choosing.told.value).toContain("on along the section” and “Those without a kind, or all”");
    choosing.take();
    expect(keys.commandOf("f")?.name).toBe("overlay");
    expect(keys.commandOf("f", "cards")?.name).toBe("overlay");
    expect(keys.own.value).toEqual({ overlay: ["q", "f"], "walk-on": [], "card-filter": [] });
    choosing.reset(command("overlay"));
    choosing.reset(command("walk-on"));
    choosing.reset(command("card-filter"));
    expect(keys.own.value).toEqual({});
  });

  it("have the same own key of a label, as far as it is free on the cards", () => {
    const keys = new KeyMap("cards");
    keys.own.value = { "label-correct": ["1", "y"] };
    expect(keys.keysOf(command("card-correct"))).toEqual(["c", "y"]);
    expect(keys.commandOf("1")?.name).toBe("card-kind-1");
    keys.remove(command("card-correct"), "y");
    expect(keys.keysOf(command("card-correct"))).toEqual(["c"]);
    expect(keys.commandOf("y", "grid")?.name).toBe("label-correct");
    keys.reset(command("card-correct"));
    expect(keys.own.value).toEqual({ "label-correct": ["1", "y"] });
  });
});
