/**
 * Everything that a key does on the page "Revise". A command is a row here and a line in
 * key_deeds.ts; help, the list in which people choose their own keys, and titles of buttons know it
 * then.
 */

import type { Command } from "../../proofreading/frontend/commands";

type Row<Name extends string> = readonly [
  name: Name,
  meaning: string,
  keys: readonly string[],
  repeats?: boolean,
];

const REPEATS = true;

/** Under its name the server keeps a person's own keys: `revise-` keeps it apart from others. */
function inGroup<const Name extends string>(
  group: string,
  rows: readonly Row<Name>[],
): readonly Command<`revise-${Name}`>[] {
  return rows.map(([name, meaning, keys, repeats = false]) => ({
    name: `revise-${name}` as const,
    group,
    scopes: ["revise"],
    meaning,
    keys,
    action: { do: "own" },
    repeats,
  }));
}

export const REVISE_COMMANDS = [
  ...inGroup("Points", [
    ["pre", "Presynaptic point: then click where it is", ["q"]],
    ["post", "Postsynaptic point: then click where it is", ["w"]],
    ["swap", "Swap the two points", ["s"]],
    ["reset-pre", "Presynaptic point as in the table", ["Shift+q"]],
    ["reset-post", "Postsynaptic point as in the table", ["Shift+w"]],
    ["points", "Show or hide the points", ["p"]],
  ]),
  ...inGroup("Drawing", [
    ["draw", "Draw a curve: drag around it, or click its points", ["e"]],
    ["fill", "Fill the curve; without one, a hole that is clicked", ["r"]],
    ["fill-instead", "Fill the curve instead of the mask that is there", ["Shift+r"]],
    ["erase", "Eraser", ["t"]],
    ["brush", "Brush", ["b"]],
    ["smaller", "Smaller brush or eraser; fewer points of the curve", ["["], REPEATS],
    ["larger", "Larger brush or eraser; more points of the curve", ["]"], REPEATS],
    ["take-point", "Take away the point of the curve under the pointer", ["Backspace"]],
    ["drop-curve", "Take the curve away", ["Shift+Backspace"]],
    ["clear", "Clear the slice", ["Delete"]],
    ["copy-on", "Copy the mask to the next slice, and go there", ["c"]],
    ["copy-back", "Copy the mask to the previous slice, and go there", ["Shift+c"]],
    ["original", "The slice as the cleft volume has it", ["Shift+o"]],
    ["undo", "Take back the last step, in whatever slice it was", ["Ctrl+z"], REPEATS],
    ["redo", "Do again what was taken back", ["Ctrl+Shift+z", "Ctrl+y"], REPEATS],
    ["undo-here", "Take back the last step of this slice", ["Alt+z"], REPEATS],
    ["redo-here", "Do again what was taken back in this slice", ["Alt+Shift+z"], REPEATS],
    ["save", "Save now what is drawn", ["y", "Ctrl+s"]],
  ]),
  ...inGroup("Slices", [
    ["before", "Previous slice", [",", "PageUp"], REPEATS],
    ["after", "Next slice", [".", "PageDown"], REPEATS],
    ["middle", "The middle slice", ["Home"]],
    ["auto", "Fill the other slices: ask for a proposal", ["u"]],
    ["accept", "Accept the proposal for this slice, and go to the next one", ["a"]],
    ["refuse", "Refuse it, and go to the next one", ["d"]],
    ["accept-all", "Accept the proposal for all slices", ["Shift+a"]],
    ["refuse-all", "Refuse it for all slices", ["Shift+d"]],
    ["versions", "Versions of this slice: look at them, restore one", ["v"]],
  ]),
  ...inGroup("Picture", [
    ["overlay", "Show or hide the mask", ["m"]],
    ["opacity-less", "Less mask opacity", ["-"], REPEATS],
    ["opacity-more", "More mask opacity", ["+", "="], REPEATS],
    ["outline", "Show or hide the outline of the original mask", ["o"]],
    ["beside", "Show or hide the original mask beside it", ["Shift+b"]],
    ["zoom-in", "Zoom in", ["z"], REPEATS],
    ["zoom-out", "Zoom out", ["Shift+z"], REPEATS],
    ["fit", "The whole slice", ["0"]],
    ["retry", "Ask again for a picture that did not come", ["g"]],
  ]),
  ...inGroup("Pointer, by keys", [
    ["left", "A voxel to the left", ["ArrowLeft"], REPEATS],
    ["right", "A voxel to the right", ["ArrowRight"], REPEATS],
    ["up", "A voxel up", ["ArrowUp"], REPEATS],
    ["down", "A voxel down", ["ArrowDown"], REPEATS],
    ["far-left", "Ten voxels to the left", ["Shift+ArrowLeft"], REPEATS],
    ["far-right", "Ten voxels to the right", ["Shift+ArrowRight"], REPEATS],
    ["far-up", "Ten voxels up", ["Shift+ArrowUp"], REPEATS],
    ["far-down", "Ten voxels down", ["Shift+ArrowDown"], REPEATS],
    ["press", "What a click does", ["Enter"], REPEATS],
  ]),
  ...inGroup("Instance", [
    ["finish", "Finish it: say what it is now", ["f", "Ctrl+Enter"]],
    ["release", "Put it back for somebody else", ["k"]],
    ["viewer", "Open it in Neuroglancer; Esc closes it", ["i"]],
    ["facts", "What the table says of it", ["Shift+f"]],
    ["help", "Show or close the help", ["?"]],
    ["keys", "Choose your own keys", ["Shift+k"]],
  ]),
] as const;

export type CommandName = (typeof REVISE_COMMANDS)[number]["name"];

/** What most turns need, and no more: the help begins with it. */
export const MATTER_MOST: readonly CommandName[] = [
  "revise-draw",
  "revise-fill",
  "revise-brush",
  "revise-erase",
  "revise-copy-on",
  "revise-auto",
  "revise-pre",
  "revise-post",
  "revise-undo",
  "revise-finish",
];

/** The keys of SynAnno's own page, for those who know it. */
export const SYNANNO_KEYS: Readonly<Partial<Record<CommandName, string>>> = {
  "revise-pre": "q",
  "revise-post": "w",
  "revise-draw": "e",
  "revise-fill": "r",
  "revise-erase": "t",
  "revise-save": "y",
  "revise-auto": "u",
  "revise-viewer": "i",
};
