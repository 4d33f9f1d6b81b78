/**
 * A key with its modifiers as a text, "Ctrl+Shift+z". Cmd counts as Ctrl; letters are small, and
 * Shift is named only where it does not choose the character itself: "?" and not "Shift+?".
 */

const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "NumLock"]);
const NO_KEYS = new Set(["Dead", "Unidentified", "Process", "Compose"]);
const BROWSERS = /^(F5|F11|F12|Ctrl\+(Shift\+)?[acfilnoprtvwx+\-=0]|Alt\+(F4|ArrowLeft|ArrowRight))$/;
const SHOWN: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  PageUp: "Page Up",
  PageDown: "Page Down",
  "-": "−",
};

/** The chord of a key press; null where only a modifier was pressed, or nothing that has a name. */
export function chordOf(event: KeyboardEvent): string | null {
  const { key } = event;
  if (MODIFIERS.has(key) || NO_KEYS.has(key) || event.isComposing) {
    return null;
  }
  const isCharacter = key.length === 1 && key !== " ";
  // Some browsers tell of AltGr, which makes characters, as of Ctrl with Alt.
  const byAltGr =
    isCharacter && event.ctrlKey && event.altKey && event.getModifierState("AltGraph");
  const isLetter = isCharacter && key.toLowerCase() !== key.toUpperCase();
  const ctrl = (event.ctrlKey || event.metaKey) && !byAltGr ? "Ctrl+" : "";
  const alt = event.altKey && !byAltGr ? "Alt+" : "";
  const shift = event.shiftKey && (isLetter || !isCharacter) ? "Shift+" : "";
  const name = key === " " ? "Space" : isLetter ? key.toLowerCase() : key;
  return `${ctrl}${alt}${shift}${name}`;
}

/** "Ctrl Shift Z", as it is shown. */
export function shownChord(chord: string): string {
  const parts = chord === "+" ? ["+"] : chord.replace(/\+\+$/, "+Plus").split("+");
  const shown = parts.map((part) => SHOWN[part] ?? (part === "Plus" ? "+" : part));
  const last = shown.at(-1) ?? "";
  const isWithOthers = shown.length > 1 && last.length === 1;
  return [...shown.slice(0, -1), isWithOthers ? last.toUpperCase() : last].join(" ");
}

/** Why a chord cannot be chosen for anything, as a sentence; null where it can. */
export function whyNotChosen(chord: string): string | null {
  if (/^(Shift\+)?Tab$/.test(chord)) {
    return "Tab goes from one control to the next.";
  }
  if (/(^|\+)Escape$/.test(chord)) {
    return "Escape closes windows.";
  }
  return BROWSERS.test(chord) ? `${shownChord(chord)} belongs to the browser.` : null;
}
