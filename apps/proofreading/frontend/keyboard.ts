/** What each key does. */

import type { Label } from "./labels";
import type { Direction } from "./layout";

export type KeyAction =
  | { readonly do: "move"; readonly direction: Direction }
  | { readonly do: "label"; readonly label: Label }
  | { readonly do: "viewer" }
  | { readonly do: "step"; readonly by: 1 | -1 }
  | { readonly do: "opacity"; readonly by: 1 | -1 }
  | { readonly do: "cycle" | "explain" | "overlay" | "submit" | "help" | "undo" | "redo" | "skip" };

/** Keys with their meaning, for the list that `?` shows; they act on the outlined synapse. */
export const KEY_HELP: readonly (readonly [keys: readonly string[], meaning: string])[] = [
  [["Space", "Enter"], "Next label: correct, incorrect, unsure"],
  [["1", "2", "3"], "Correct, incorrect, unsure"],
  [["e"], "Incorrect, and say what is wrong: kinds of error, a note"],
  [["←", "→", "↑", "↓"], "Go to another synapse"],
  [["Home", "End"], "Go to the first, the last synapse of the page"],
  [[",", "."], "Previous, next slice (also Page Up, Page Down)"],
  [["q"], "Show or hide mask and points"],
  [["n"], "Open the synapse in Neuroglancer; Esc closes it"],
  [["−", "+"], "Less, more mask opacity"],
  [["Ctrl Z"], "Take back the last label; again, the one before"],
  [["Ctrl Shift Z"], "Set again what was taken back"],
  [["s", "Ctrl Enter"], "Submit the page"],
  [["k"], "Skip the page, with a reason"],
  [["?"], "Show or close this help"],
];

/** What the mouse does, for the same list. */
export const MOUSE_HELP: typeof KEY_HELP = [
  [["Click"], "Next label of the synapse: correct, incorrect, unsure"],
  [["What is wrong?"], "On an incorrect synapse: choose kinds of error, write a note"],
  [
    ["Wheel"],
    "Previous, next slice of the synapse under the pointer, which gets the outline: the next key " +
      "labels it. Beside the tiles, scroll",
  ],
];

const ACTIONS: Readonly<Record<string, KeyAction>> = {
  " ": { do: "cycle" },
  Enter: { do: "cycle" },
  ArrowLeft: { do: "move", direction: "left" },
  ArrowRight: { do: "move", direction: "right" },
  ArrowUp: { do: "move", direction: "up" },
  ArrowDown: { do: "move", direction: "down" },
  Home: { do: "move", direction: "first" },
  End: { do: "move", direction: "last" },
  "1": { do: "label", label: "correct" },
  "2": { do: "label", label: "incorrect" },
  "3": { do: "label", label: "unsure" },
  ",": { do: "step", by: -1 },
  ".": { do: "step", by: 1 },
  PageUp: { do: "step", by: -1 },
  PageDown: { do: "step", by: 1 },
  "+": { do: "opacity", by: 1 },
  "=": { do: "opacity", by: 1 },
  "-": { do: "opacity", by: -1 },
  e: { do: "explain" },
  n: { do: "viewer" },
  q: { do: "overlay" },
  s: { do: "submit" },
  k: { do: "skip" },
  "?": { do: "help" },
};

/** Actions that holding a key down repeats. */
const REPEATED = new Set<KeyAction["do"]>(["move", "step", "opacity"]);

/** The action of a key press, or null where the browser or a control should have it. */
export function actionOf(event: KeyboardEvent): KeyAction | null {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    return event.repeat ? null : { do: "submit" };
  }
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z") {
    return isTaken("z", event.target) ? null : { do: event.shiftKey ? "redo" : "undo" };
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.key, event.target)) {
    return null;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const action = ACTIONS[key] ?? null;
  return action !== null && event.repeat && !REPEATED.has(action.do) ? null : action;
}

/** Whether the browser would turn this key into a click on a tile, which `cycle` replaces. */
export function wouldClickTile(event: KeyboardEvent): boolean {
  const isTile = event.target instanceof Element && event.target.matches(".tile__face");
  return isTile && (event.key === " " || event.key === "Enter");
}

/**
 * A slider needs its arrow keys, a text field all keys, an open dialog all but `?` outside of its
 * text fields; buttons other than tiles keep Space and Enter. Those of tiles come here: the browser's own click would go to
 * the tile that has the focus when the key is let go, which a quick hand has left by then.
 */
function isTaken(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) {
    return false;
  }
  if (target.closest("dialog") !== null) {
    return key !== "?" || target.matches("input, textarea");
  }
  if ((key === " " || key === "Enter") && !target.matches(".tile__face, body")) {
    return true;
  }
  const slider = target instanceof HTMLInputElement && target.type === "range";
  return slider ? key.length > 1 : target.matches("input, textarea, select");
}
