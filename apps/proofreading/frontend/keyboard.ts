/** Which key presses are for the page, and which for the browser or a control. */

import { chordOf } from "./chords";
import type { KeyAction } from "./commands";
import type { KeyMap } from "./key_map";

/** Ctrl and Alt with a key, and keys such as F9. */
const WRITES_NOTHING = /^(Ctrl\+|Alt\+|(Shift\+)?F\d)/;

type HelpRows = readonly (readonly [keys: readonly string[], meaning: string])[];

/** What the mouse does, for the list that the help shows. */
export const MOUSE_HELP: HelpRows = [
  [["Click"], "Next label of the synapse: correct, incorrect, unsure"],
  [["Right click"], "The synapse in detail: all slices large, what is known of it"],
  [["What is wrong?"], "On an incorrect or unsure synapse: choose kinds of error, write a note"],
  [
    ["Wheel"],
    "Previous, next slice of the synapse under the pointer, which gets the outline: the next key " +
      "labels it. Beside the tiles, scroll",
  ],
  [["Ctrl Wheel"], "Magnify the picture under the pointer; drag it to see another part"],
];

/** The action of a key press, or null where the browser or a control should have it. */
export function actionOf(event: KeyboardEvent, keys: KeyMap): KeyAction | null {
  const chord = chordOf(event);
  const command = chord === null ? null : keys.commandOf(chord);
  if (chord === null || command === null || isTaken(chord, command.action, event.target)) {
    return null;
  }
  return event.repeat && !command.repeats ? null : command.action;
}

/** Whether the browser would turn this key into a click on a tile, which `cycle` replaces. */
export function wouldClickTile(event: KeyboardEvent): boolean {
  const isTile = event.target instanceof Element && event.target.matches(".tile__face");
  return isTile && (event.key === " " || event.key === "Enter");
}

/**
 * A slider needs its arrow keys, a text field all keys but those that submit and write nothing, an
 * open dialog all but the one that closes the help, outside of its text fields; buttons other than
 * tiles keep Space and Enter. Those of tiles come here: the browser's own click would go to the
 * tile that has the focus when the key is let go, which a quick hand has left by then.
 */
function isTaken(chord: string, action: KeyAction, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) {
    return false;
  }
  if (target.closest("dialog") !== null) {
    return action.do !== "help" || target.matches("input, textarea");
  }
  if (chord === "Space" || chord === "Enter") {
    return !target.matches(".tile__face, .card-error, .strip, body");
  }
  const slider = target instanceof HTMLInputElement && target.type === "range";
  if (slider) {
    return chord.length > 1 && !chord.startsWith("Ctrl+");
  }
  const submits = action.do === "submit" && WRITES_NOTHING.test(chord);
  return !submits && target.matches("input:not([type=checkbox]), textarea, select");
}
