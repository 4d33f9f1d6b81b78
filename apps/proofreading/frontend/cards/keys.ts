/** What each key does on the cards. */

import type { Label } from "../labels";

export type CardAction =
  | { readonly do: "move"; readonly by: -1 | 1 }
  | { readonly do: "kind"; readonly index: number }
  | { readonly do: "label"; readonly label: Label }
  | { readonly do: "step"; readonly by: -1 | 1 }
  | { readonly do: "opacity"; readonly by: -1 | 1 }
  | { readonly do: "first" | "last" | "note" | "overlay" | "filter" | "undo" | "redo" | "help" };

/** Keys with their meaning, for the list that `?` shows; they act on the outlined card. */
export const CARD_KEYS: readonly (readonly [keys: readonly string[], meaning: string])[] = [
  [["←", "→"], "Previous, next card"],
  [["Home", "End"], "First, last card"],
  [["1", "…", "9"], "Name a kind of error, or take it back; several can be named"],
  [["Enter"], "Write a note; Enter or Esc ends it"],
  [["c"], "Correct again"],
  [["i"], "Incorrect"],
  [["u"], "Unsure"],
  [[",", "."], "Previous, next slice (also Page Up, Page Down, and the wheel over the picture)"],
  [["q"], "Show or hide mask and points"],
  [["−", "+"], "Less, more mask opacity"],
  [["f"], "Show those without a kind, or all"],
  [["Ctrl Z"], "Take back the last step; again, the one before"],
  [["Ctrl Shift Z"], "Do again what was taken back"],
  [["?"], "Show or close this help"],
];

const ACTIONS: Readonly<Record<string, CardAction>> = {
  ArrowLeft: { do: "move", by: -1 },
  ArrowRight: { do: "move", by: 1 },
  Home: { do: "first" },
  End: { do: "last" },
  Enter: { do: "note" },
  c: { do: "label", label: "correct" },
  i: { do: "label", label: "incorrect" },
  u: { do: "label", label: "unsure" },
  ",": { do: "step", by: -1 },
  ".": { do: "step", by: 1 },
  PageUp: { do: "step", by: -1 },
  PageDown: { do: "step", by: 1 },
  "+": { do: "opacity", by: 1 },
  "=": { do: "opacity", by: 1 },
  "-": { do: "opacity", by: -1 },
  q: { do: "overlay" },
  f: { do: "filter" },
  "?": { do: "help" },
};

/** Actions that holding a key down repeats. */
const REPEATED = new Set<CardAction["do"]>(["move", "step", "opacity"]);

/** The action of a key press, or null where the browser or a control should have it. */
export function cardActionOf(event: KeyboardEvent): CardAction | null {
  const action = meaningOf(event);
  if (action === null || isTaken(event.key, event.target)) {
    return null;
  }
  return event.repeat && !REPEATED.has(action.do) ? null : action;
}

function meaningOf(event: KeyboardEvent): CardAction | null {
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && !event.altKey && event.key.toLowerCase() === "z") {
    return { do: event.shiftKey ? "redo" : "undo" };
  }
  if (isCommand || event.altKey) {
    return null;
  }
  if (/^[1-9]$/.test(event.key)) {
    return { do: "kind", index: Number(event.key) - 1 };
  }
  return ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
}

/** Text fields have all keys, a slider its own, buttons and links Enter, an open dialog all but
 * `?`. */
function isTaken(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) {
    return false;
  }
  if (target.closest("dialog") !== null) {
    return key !== "?";
  }
  if (key === "Enter") {
    return target.closest("button, a, input, textarea") !== null;
  }
  const isSlider = target instanceof HTMLInputElement && target.type === "range";
  return isSlider ? key.length > 1 : target.matches("input, textarea, select");
}
