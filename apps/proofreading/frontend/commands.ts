/**
 * Everything that a key does, on the tiles of the grid and on the cards of "What is wrong?". A new
 * command is a row here and a line in key_actions.ts, or in cards/keys.ts; help, the list in which
 * people choose their own keys, and titles of buttons know it then.
 */

import type { CardAction, CardDeed } from "./cards/keys";
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
        | ("mark" | "map" | "mesh" | "retry" | "keep" | "set" | "errors");
    }
  | { readonly do: "card"; readonly action: CardAction | CardDeed }
  /** Of a page with commands of its own, which knows them by their names. */
  | { readonly do: "own" };

export const GROUPS = [
  ...(["Labels", "Moving", "Picture", "Tiles", "Page", "Windows", "Neurons"] as const),
  "Cards",
] as const;

type Group = (typeof GROUPS)[number];

/** Where keys are pressed. Within a scope a key does one thing; in another it may do another. */
export type Scope = "grid" | "cards" | "revise" | "missed";

export interface Command<Name extends string = string> {
  /** Under this name the server keeps a person's own keys: it stays what it is. */
  readonly name: Name;
  readonly group: string;
  readonly scopes: readonly Scope[];
  readonly meaning: string;
  /** What it means on the cards, where that has other words. */
  readonly onCards?: string;
  /**
   * Does on the cards what this one does in the grid. What a person chose for that does this, too,
   * as long as they chose nothing for this and the key does nothing else on the cards.
   */
  readonly like?: string;
  /** Its keys where the person has chosen no others, as chords.ts writes them. */
  readonly keys: readonly string[];
  readonly action: KeyAction;
  /** Whether holding the key down repeats it. */
  readonly repeats: boolean;
}

const REPEATS = true;
/** So many kinds of error can be named by a key: as many as there are digits. */
const MOST_KINDS = 9;

type Row<Name extends string> = Omit<Command<Name>, "group" | "scopes"> &
  Partial<Pick<Command, "scopes">>;

function row<const Name extends string>(
  name: Name,
  meaning: string,
  keys: readonly string[],
  action: KeyAction,
  repeats = false,
): Row<Name> {
  return { name, meaning, keys, action, repeats };
}

/** Of the grid and of the cards: both have the same key. */
function both<const Name extends string>(each: Row<Name>, onCards: string = each.meaning): Row<Name> {
  return { ...each, scopes: ["grid", "cards"], onCards };
}

/** Of the cards alone. */
function card<const Name extends string>(
  name: Name,
  meaning: string,
  keys: readonly string[],
  action: CardAction | CardDeed,
  like?: string,
): Row<Name> {
  const each = row(name, meaning, keys, { do: "card", action });
  return { ...each, scopes: ["cards"], ...(like === undefined ? {} : { like }) };
}

function inGroup<Name extends string>(
  group: Group,
  rows: readonly Row<Name>[],
): readonly Command<Name>[] {
  return rows.map((each) => ({ scopes: ["grid"], ...each, group }));
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
    both(row("undo", "Take back the last label; again, the one before", ["Ctrl+z"], { do: "undo" })),
    both(row("redo", "Set again what was taken back", ["Ctrl+Shift+z"], { do: "redo" })),
    both(
      row("keep-other", "Changed in another tab: keep what was said there", ["g"], { do: "keep" }),
    ),
    both(row("set-mine", "Changed in another tab: set what you said here", ["h"], { do: "set" })),
  ]),
  ...inGroup("Moving", [
    both(row(
      "move-left",
      "Synapse to the left",
      ["ArrowLeft"],
      { do: "move", direction: "left" },
      REPEATS,
    ), "Previous card"),
    both(row(
      "move-right",
      "Synapse to the right",
      ["ArrowRight"],
      { do: "move", direction: "right" },
      REPEATS,
    ), "Next card"),
    row("move-up", "Synapse above", ["ArrowUp"], { do: "move", direction: "up" }, REPEATS),
    row("move-down", "Synapse below", ["ArrowDown"], { do: "move", direction: "down" }, REPEATS),
    both(row(
      "move-first",
      "First synapse of the page",
      ["Home"],
      { do: "move", direction: "first" },
      REPEATS,
    ), "First card"),
    both(row(
      "move-last",
      "Last synapse of the page",
      ["End"],
      { do: "move", direction: "last" },
      REPEATS,
    ), "Last card"),
    both(row("slice-before", "Previous slice", [",", "PageUp"], { do: "step", by: -1 }, REPEATS)),
    both(row("slice-after", "Next slice", [".", "PageDown"], { do: "step", by: 1 }, REPEATS)),
  ]),
  ...inGroup("Picture", [
    both(row("overlay", "Show or hide mask and points", ["q"], { do: "overlay" })),
    both(row("opacity-less", "Less mask opacity", ["-"], { do: "opacity", by: -1 }, REPEATS)),
    both(row("opacity-more", "More mask opacity", ["+", "="], { do: "opacity", by: 1 }, REPEATS)),
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
    both(row("retry", "Ask again for a picture that did not come", ["t"], { do: "retry" })),
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
    both(
      row("all-slices", "All slices of each synapse, or one", ["a"], { do: "all-slices" }),
      "In detail: all slices, or one at a time",
    ),
  ]),
  ...inGroup("Page", [
    row("submit", "Submit the page", ["s", "Ctrl+Enter"], { do: "submit" }),
    row("page-earlier", "Back to the page that you submitted before", ["<"], {
      do: "turn",
      to: "earlier",
    }),
    row("page-later", "Forth again, towards the page at work", [">"], { do: "turn", to: "later" }),
    row("errors", "What is wrong with the incorrect and the unsure, card by card", ["Shift+e"], {
      do: "errors",
    }),
    row("skip", "Skip the page, with a reason", ["k"], { do: "skip" }),
  ]),
  ...inGroup("Windows", [
    both(row("details", "The synapse in detail: all slices large, what is known of it", ["d"], {
      do: "details",
    })),
    both(row("viewer", "Open the synapse in Neuroglancer; Esc closes it", ["n"], { do: "viewer" })),
    both(row("help", "Show or close the help", ["?"], { do: "help" })),
    both(row("keys", "Choose your own keys", ["Shift+k"], { do: "keys" })),
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
  ...inGroup("Cards", [
    ...kinds(),
    card("card-note", "Write a note; Enter or Esc ends it", ["Enter"], { do: "note" }),
    card(
      ...(["card-correct", "Label of the card: correct again", ["c"]] as const),
      ...([{ do: "label", label: "correct" }, "label-correct"] as const),
    ),
    card(
      ...(["card-incorrect", "Label of the card: incorrect", ["i"]] as const),
      ...([{ do: "label", label: "incorrect" }, "label-incorrect"] as const),
    ),
    card(
      ...(["card-unsure", "Label of the card: unsure", ["u"]] as const),
      ...([{ do: "label", label: "unsure" }, "label-unsure"] as const),
    ),
    card("card-filter", "Those without a kind, or all", ["f"], { do: "filter" }),
    card("card-discard", "Discard all false positives", ["Shift+d"], { do: "discard" }),
    card("card-put-back", "Put back what was discarded last", ["Shift+u"], { do: "take-back" }),
    card("card-work", "Back to the pages", ["Shift+e"], { do: "work" }),
  ]),
];

function kinds(): readonly Row<`card-kind-${number}`>[] {
  return Array.from({ length: MOST_KINDS }, (_, index) =>
    card(
      `card-kind-${index + 1}`,
      `Kind of error ${index + 1}: name it, or take it back`,
      [String(index + 1)],
      { do: "kind", index },
    ),
  );
}

export type CommandName = (typeof COMMANDS)[number]["name"];

const ALL: readonly Command[] = COMMANDS;

/** The commands of a group that hold in a scope; all of them where none is named. */
export function commandsOf(group: Group, scope: Scope | null = null): readonly Command[] {
  return ALL.filter((one) => one.group === group && (scope === null || one.scopes.includes(scope)));
}

/** What a command means in a scope. */
export function meaningIn(command: Command, scope: Scope): string {
  return (scope === "cards" ? command.onCards : undefined) ?? command.meaning;
}
