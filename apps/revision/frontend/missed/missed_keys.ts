/** What keys do on the page "Missed synapses". */

import { chordOf } from "../../../proofreading/frontend/chords";
import type { CommandName } from "./commands";
import type { MissedController } from "./missed_controller";

const DEEDS: Readonly<Record<CommandName, (missed: MissedController) => void>> = {
  "missed-mark": (missed) => missed.mark(),
  "missed-pre": (missed) => missed.set("pre"),
  "missed-post": (missed) => missed.set("post"),
  "missed-first": (missed) => missed.takeSlice("z1"),
  "missed-last": (missed) => missed.takeSlice("z2"),
  "missed-review": (missed) => missed.focusNumbers(),
  "missed-save": (missed) => void missed.save(),
  "missed-look": (missed) => {
    const draft = missed.draft.peek();
    if (draft !== null) {
      missed.lookAt(draft.position);
    }
  },
  "missed-drop": (missed) => missed.drop(),
  "missed-help": ({ windows }) => windows.help.toggle(),
  "missed-keys": ({ windows }) => windows.keys.open(),
};

/** These write nothing, so they are heeded in a field, too. */
const WITH_CTRL = /^(Ctrl|Alt)\+/;

/** Does what a key press asks for; whether it asked for anything. */
export function pressOnMissed(event: KeyboardEvent, missed: MissedController): boolean {
  const chord = chordOf(event);
  const command = chord === null ? null : missed.keys.commandOf(chord);
  if (chord === null || command === null || event.repeat) {
    return false;
  }
  const name = command.name as CommandName;
  const closesHelp = name === "missed-help" && missed.windows.help.isOpen;
  if ((missed.isCovered && !closesHelp) || isTaken(chord, event.target)) {
    return false;
  }
  DEEDS[name](missed);
  return true;
}

function isTaken(chord: string, target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.matches("input, textarea, select") &&
    !WITH_CTRL.test(chord)
  );
}
