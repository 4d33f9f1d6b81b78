/** Everything that a key does on the page "Missed synapses"; `missed-` keeps the names apart. */

import type { Command } from "../../../proofreading/frontend/commands";

function row<const Name extends string>(
  name: Name,
  group: string,
  meaning: string,
  ...keys: readonly string[]
): Command<`missed-${Name}`> {
  return {
    name: `missed-${name}`,
    group,
    scopes: ["missed"],
    meaning,
    keys,
    action: { do: "own" },
    repeats: false,
  };
}

export const MISSED_COMMANDS = [
  row("mark", "Places", "A new synapse under the pointer: a yellow marker", "c"),
  row("pre", "Places", "Its presynaptic point, under the pointer", "q"),
  row("post", "Places", "Its postsynaptic point, under the pointer", "w"),
  row("first", "Places", "The slice in view is its first one (Z1)", "["),
  row("last", "Places", "The slice in view is its last one (Z2)", "]"),
  row("review", "Review", "To its numbers", "v"),
  row("save", "Review", "Save it", "y", "Ctrl+Enter"),
  row("look", "Review", "Look at it", "g"),
  row("drop", "Review", "Drop it: nothing is added", "Delete"),
  row("help", "Windows", "Show or close the help", "?"),
  row("keys", "Windows", "Choose your own keys", "Shift+k"),
] as const;

export type CommandName = (typeof MISSED_COMMANDS)[number]["name"];
