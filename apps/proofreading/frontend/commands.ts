/**
 * Everything that a key does in the grid. A new command is a row here and a line in key_actions.ts;
 * help, the list in which people choose their own keys, and titles of buttons know it then.
 */

import type { Label } from "./labels";
import type { Direction } from "./layout";

export type KeyAction =
  | { readonly do: "move"; readonly direction: Direction }
  | { readonly do: "label"; readonly label: Label }
  | { readonly do: "step" | "opacity" | "walk"; readonly by: 1 | -1 }
  | {
      readonly do:
        | ("cycle" | "explain" | "undo" | "redo")
        | ("overlay" | "viewer" | "submit" | "skip" | "help" | "keys")
        | ("mark" | "map" | "mesh");
    };

export const GROUPS = ["Labels", "Moving", "Picture", "Page", "Windows", "Neurons"] as const;

export interface Command {
  /** Under this name the server keeps a person's own keys: it stays what it is. */
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  readonly meaning: string;
  /** Its keys where the person has chosen no others, as chords.ts writes them. */
  readonly keys: readonly string[];
  readonly action: KeyAction;
  /** Whether holding the key down repeats it. */
  readonly repeats?: boolean;
}

export const COMMANDS = [
  {
    name: "label-next",
    group: "Labels",
    meaning: "Next label: correct, incorrect, unsure",
    keys: ["Space", "Enter"],
    action: { do: "cycle" },
  },
  {
    name: "label-correct",
    group: "Labels",
    meaning: "Correct",
    keys: ["1"],
    action: { do: "label", label: "correct" },
  },
  {
    name: "label-incorrect",
    group: "Labels",
    meaning: "Incorrect",
    keys: ["2"],
    action: { do: "label", label: "incorrect" },
  },
  {
    name: "label-unsure",
    group: "Labels",
    meaning: "Unsure",
    keys: ["3"],
    action: { do: "label", label: "unsure" },
  },
  {
    name: "explain",
    group: "Labels",
    meaning: "Incorrect, and say what is wrong: kinds of error, a note",
    keys: ["e"],
    action: { do: "explain" },
  },
  {
    name: "undo",
    group: "Labels",
    meaning: "Take back the last label; again, the one before",
    keys: ["Ctrl+z"],
    action: { do: "undo" },
  },
  {
    name: "redo",
    group: "Labels",
    meaning: "Set again what was taken back",
    keys: ["Ctrl+Shift+z"],
    action: { do: "redo" },
  },
  {
    name: "move-left",
    group: "Moving",
    meaning: "Synapse to the left",
    keys: ["ArrowLeft"],
    action: { do: "move", direction: "left" },
    repeats: true,
  },
  {
    name: "move-right",
    group: "Moving",
    meaning: "Synapse to the right",
    keys: ["ArrowRight"],
    action: { do: "move", direction: "right" },
    repeats: true,
  },
  {
    name: "move-up",
    group: "Moving",
    meaning: "Synapse above",
    keys: ["ArrowUp"],
    action: { do: "move", direction: "up" },
    repeats: true,
  },
  {
    name: "move-down",
    group: "Moving",
    meaning: "Synapse below",
    keys: ["ArrowDown"],
    action: { do: "move", direction: "down" },
    repeats: true,
  },
  {
    name: "move-first",
    group: "Moving",
    meaning: "First synapse of the page",
    keys: ["Home"],
    action: { do: "move", direction: "first" },
    repeats: true,
  },
  {
    name: "move-last",
    group: "Moving",
    meaning: "Last synapse of the page",
    keys: ["End"],
    action: { do: "move", direction: "last" },
    repeats: true,
  },
  {
    name: "slice-before",
    group: "Moving",
    meaning: "Previous slice",
    keys: [",", "PageUp"],
    action: { do: "step", by: -1 },
    repeats: true,
  },
  {
    name: "slice-after",
    group: "Moving",
    meaning: "Next slice",
    keys: [".", "PageDown"],
    action: { do: "step", by: 1 },
    repeats: true,
  },
  {
    name: "overlay",
    group: "Picture",
    meaning: "Show or hide mask and points",
    keys: ["q"],
    action: { do: "overlay" },
  },
  {
    name: "opacity-less",
    group: "Picture",
    meaning: "Less mask opacity",
    keys: ["-"],
    action: { do: "opacity", by: -1 },
    repeats: true,
  },
  {
    name: "opacity-more",
    group: "Picture",
    meaning: "More mask opacity",
    keys: ["+", "="],
    action: { do: "opacity", by: 1 },
    repeats: true,
  },
  {
    name: "submit",
    group: "Page",
    meaning: "Submit the page",
    keys: ["s", "Ctrl+Enter"],
    action: { do: "submit" },
  },
  {
    name: "skip",
    group: "Page",
    meaning: "Skip the page, with a reason",
    keys: ["k"],
    action: { do: "skip" },
  },
  {
    name: "viewer",
    group: "Windows",
    meaning: "Open the synapse in Neuroglancer; Esc closes it",
    keys: ["n"],
    action: { do: "viewer" },
  },
  {
    name: "help",
    group: "Windows",
    meaning: "Show or close the help",
    keys: ["?"],
    action: { do: "help" },
  },
  {
    name: "keys",
    group: "Windows",
    meaning: "Choose your own keys",
    keys: ["Shift+k"],
    action: { do: "keys" },
  },
  {
    name: "walk-on",
    group: "Neurons",
    meaning: "Looking for missed synapses: on along the section",
    keys: ["f"],
    action: { do: "walk", by: 1 },
    repeats: true,
  },
  {
    name: "walk-back",
    group: "Neurons",
    meaning: "Looking for missed synapses: back along the section",
    keys: ["r"],
    action: { do: "walk", by: -1 },
    repeats: true,
  },
  {
    name: "mark",
    group: "Neurons",
    meaning: "Looking for missed synapses: mark the place under the pointer",
    keys: ["c"],
    action: { do: "mark" },
  },
  {
    name: "map",
    group: "Neurons",
    meaning: "Show or hide the map of the neuron",
    keys: ["m"],
    action: { do: "map" },
  },
  {
    name: "mesh",
    group: "Neurons",
    meaning: "The whole neuron in 3-D",
    keys: ["Shift+m"],
    action: { do: "mesh" },
  },
] as const satisfies readonly Command[];

export type CommandName = (typeof COMMANDS)[number]["name"];
