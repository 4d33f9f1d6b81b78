import { expect, it } from "vitest";

import { KeyMap } from "../../proofreading/frontend/key_map";
import { COMMANDS } from "../../proofreading/frontend/commands";
import { MATTER_MOST, REVISE_COMMANDS, SYNANNO_KEYS, type CommandName } from "./commands";

it("No key does two things, and SynAnno's own do what they did there", () => {
  const chords = REVISE_COMMANDS.flatMap(({ keys }) => keys);
  expect(new Set(chords).size).toBe(chords.length);
  const keys = new KeyMap("revise", REVISE_COMMANDS);
  const named = [..."qwertyui"].map((chord) => keys.commandOf(chord)?.name);
  expect(named).toEqual(Object.keys(SYNANNO_KEYS));
  expect(Object.values(SYNANNO_KEYS).join("")).toBe("qwertyui");
  expect(new Set(MATTER_MOST).size).toBe(10);
});

it("Names are no other table's: what a person chose for one is not the other's", () => {
  const names = REVISE_COMMANDS.map(({ name }) => name);
  expect(COMMANDS.filter(({ name }) => (names as string[]).includes(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  const meanings = REVISE_COMMANDS.map(({ meaning }) => meaning);
  expect(new Set(meanings).size).toBe(meanings.length);
});

it("A key can be given to another tool", () => {
  const keys = new KeyMap<CommandName>("revise", REVISE_COMMANDS);
  const brush = REVISE_COMMANDS.find(({ name }) => name === "revise-brush")!;
  keys.assign(brush, "t");
  expect(keys.commandOf("t")).toBe(brush);
  expect(keys.titled("Eraser", "revise-erase")).toBe("Eraser");
});
