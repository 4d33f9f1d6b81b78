/**
 * Everything that a key does in the grid. A new command is a row here and a line in key_actions.ts;
 * help, the list in which people choose their own keys, and titles of buttons know it then.
 */

import type { Label } from "./labels";
import type { Direction } from "./layout";
import type { PanDirection } from "./magnifier";
import type { TrailDirection } from "./page_trail";
import type { Layer } from "./preferences";

export type KeyAction =
  | { readonly do: "move"; readonly direction: Direction }
  | { readonly do: "label"; readonly label: Label }
  | { readonly do: "step" | "opacity" | "walk"; readonly by: 1 | -1 }
  | { readonly do: "own-opacity" | "resize" | "magnify"; readonly by: 1 | -1 }
  | { readonly do: "turn"; readonly to: TrailDirection }
  | { readonly do: "layer"; readonly layer: Layer }
  | { readonly do: "pan"; readonly direction: PanDirection }
  | {
      readonly do:
        | ("cycle" | "explain" | "cannot-judge" | "undo" | "redo")
        | ("opacity-as-all" | "whole" | "fit" | "birds-eye" | "all-slices")
        | ("overlay" | "details" | "viewer" | "submit" | "skip" | "help" | "keys")
        | ("mark" | "map" | "mesh");
    };

export const GROUPS = ["Labels", "Moving", "Picture", "Tiles", "Page", "Windows", "Neurons"] as const;

type Group = (typeof GROUPS)[number];

export interface Command<Name extends string = string> {
  /** Under this name the server keeps a person's own keys: it stays what it is. */
  readonly name: Name;
  readonly group: Group;
  readonly meaning: string;
  /** Its keys where the person has chosen no others, as chords.ts writes them. */
  readonly keys: readonly string[];
  readonly action: KeyAction;
  /** Whether holding the key down repeats it. */
  readonly repeats: boolean;
}

const REPEATS = true;

function row<const Name extends string>(
  name: Name,
  meaning: string,
  keys: readonly string[],
  action: KeyAction,
  repeats = false,
): Omit<Command<Name>, "group"> {
  return { name, meaning, keys, action, repeats };
}

function inGroup<Name extends string>(
  group: Group,
  rows: readonly Omit<Command<Name>, "group">[],
): readonly Command<Name>[] {
  return rows.map((each) => ({ ...each, group }));
}

export const COMMANDS = [
  ...inGroup("Labels", [
    row(
      "label-next",
      "Next label: correct, incorrect, unsure",
      ["Space", "Enter"],
      { do: "cycle" },
    ),
    row("label-correct", "Correct", ["1"], { do: "label", label: "correct" }),
    row("label-incorrect", "Incorrect", ["2"], { do: "label", label: "incorrect" }),
    row("label-unsure", "Unsure", ["3"], { do: "label", label: "unsure" }),
    row(
      "cannot-judge",
      "Cannot be judged: unsure, since nothing to be judged is to be seen",
      ["4"],
      { do: "cannot-judge" },
    ),
    row(
      "explain",
      "Incorrect, and say what is wrong: kinds of error, a note",
      ["e"],
      { do: "explain" },
    ),
    row("undo", "Take back the last label; again, the one before", ["Ctrl+z"], { do: "undo" }),
    row("redo", "Set again what was taken back", ["Ctrl+Shift+z"], { do: "redo" }),
  ]),
  ...inGroup("Moving", [
    row(
      "move-left",
      "Synapse to the left",
      ["ArrowLeft"],
      { do: "move", direction: "left" },
      REPEATS,
    ),
    row(
      "move-right",
      "Synapse to the right",
      ["ArrowRight"],
      { do: "move", direction: "right" },
      REPEATS,
    ),
    row("move-up", "Synapse above", ["ArrowUp"], { do: "move", direction: "up" }, REPEATS),
    row("move-down", "Synapse below", ["ArrowDown"], { do: "move", direction: "down" }, REPEATS),
    row(
      "move-first",
      "First synapse of the page",
      ["Home"],
      { do: "move", direction: "first" },
      REPEATS,
    ),
    row(
      "move-last",
      "Last synapse of the page",
      ["End"],
      { do: "move", direction: "last" },
      REPEATS,
    ),
    row("slice-before", "Previous slice", [",", "PageUp"], { do: "step", by: -1 }, REPEATS),
    row("slice-after", "Next slice", [".", "PageDown"], { do: "step", by: 1 }, REPEATS),
  ]),
  ...inGroup("Picture", [
    row("overlay", "Show or hide mask and points", ["q"], { do: "overlay" }),
    row("opacity-less", "Less mask opacity", ["-"], { do: "opacity", by: -1 }, REPEATS),
    row("opacity-more", "More mask opacity", ["+", "="], { do: "opacity", by: 1 }, REPEATS),
    row("image", "Show or hide the image", ["i"], { do: "layer", layer: "image" }),
    row("mask", "Show or hide the mask", ["w"], { do: "layer", layer: "mask" }),
    row("points", "Show or hide the points", ["p"], { do: "layer", layer: "points" }),
    row(
      "own-opacity-less",
      "Less mask opacity, of this synapse alone",
      ["["],
      { do: "own-opacity", by: -1 },
      REPEATS,
    ),
    row(
      "own-opacity-more",
      "More mask opacity, of this synapse alone",
      ["]"],
      { do: "own-opacity", by: 1 },
      REPEATS,
    ),
    row(
      "own-opacity-reset",
      "Mask opacity of this synapse as of all others",
      ["o"],
      { do: "opacity-as-all" },
    ),
    row("magnify", "Magnify the picture within its tile", ["x"], { do: "magnify", by: 1 }, REPEATS),
    row("magnify-less", "Magnify it less", ["Shift+x"], { do: "magnify", by: -1 }, REPEATS),
    row("whole-picture", "The whole picture again", ["0"], { do: "whole" }),
    row(
      "pan-left",
      "Look further left in a magnified picture",
      ["Shift+ArrowLeft"],
      { do: "pan", direction: "left" },
      REPEATS,
    ),
    row(
      "pan-right",
      "Look further right",
      ["Shift+ArrowRight"],
      { do: "pan", direction: "right" },
      REPEATS,
    ),
    row("pan-up", "Look further up", ["Shift+ArrowUp"], { do: "pan", direction: "up" }, REPEATS),
    row(
      "pan-down",
      "Look further down",
      ["Shift+ArrowDown"],
      { do: "pan", direction: "down" },
      REPEATS,
    ),
  ]),
  ...inGroup("Tiles", [
    row("tiles-larger", "Larger tiles", ["z"], { do: "resize", by: 1 }, REPEATS),
    row("tiles-smaller", "Smaller tiles", ["Shift+z"], { do: "resize", by: -1 }, REPEATS),
    row("tiles-fit", "All tiles in the window", ["v"], { do: "fit" }),
    row(
      "birds-eye",
      "Bird's-eye view: all tiles small, with their labels; again, back",
      ["b"],
      { do: "birds-eye" },
    ),
    row("all-slices", "All slices of each synapse, or one", ["a"], { do: "all-slices" }),
  ]),
  ...inGroup("Page", [
    row("submit", "Submit the page", ["s", "Ctrl+Enter"], { do: "submit" }),
    row("page-earlier", "Back to the page that you submitted before", ["<"], {
      do: "turn",
      to: "earlier",
    }),
    row("page-later", "Forth again, towards the page at work", [">"], { do: "turn", to: "later" }),
    row("skip", "Skip the page, with a reason", ["k"], { do: "skip" }),
  ]),
  ...inGroup("Windows", [
    row("details", "The synapse in detail: all slices large, what is known of it", ["d"], {
      do: "details",
    }),
    row("viewer", "Open the synapse in Neuroglancer; Esc closes it", ["n"], { do: "viewer" }),
    row("help", "Show or close the help", ["?"], { do: "help" }),
    row("keys", "Choose your own keys", ["Shift+k"], { do: "keys" }),
  ]),
  ...inGroup("Neurons", [
    row(
      "walk-on",
      "Looking for missed synapses: on along the section",
      ["f"],
      { do: "walk", by: 1 },
      REPEATS,
    ),
    row(
      "walk-back",
      "Looking for missed synapses: back along the section",
      ["r"],
      { do: "walk", by: -1 },
      REPEATS,
    ),
    row(
      "mark",
      "Looking for missed synapses: mark the place under the pointer",
      ["c"],
      { do: "mark" },
    ),
    row("map", "Show or hide the map of the neuron", ["m"], { do: "map" }),
    row("mesh", "The whole neuron in 3-D", ["Shift+m"], { do: "mesh" }),
  ]),
];

export type CommandName = (typeof COMMANDS)[number]["name"];
