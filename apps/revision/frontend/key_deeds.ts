/** What keys do on the page "Revise". */

import { chordOf } from "../../proofreading/frontend/chords";
import type { CommandName } from "./commands";
import type { EaselSession } from "./easel_session";
import type { ReviseController } from "./revise_controller";

type Deed = (revise: ReviseController, session: EaselSession) => void;

const FAR = 10;

const DEEDS: Readonly<Record<CommandName, Deed>> = {
  "revise-pre": (_, { board }) => board.take("pre"),
  "revise-post": (_, { board }) => board.take("post"),
  "revise-swap": (_, session) => void session.swapMarkers(),
  "revise-reset-pre": (_, session) => void session.resetMarker("pre"),
  "revise-reset-post": (_, session) => void session.resetMarker("post"),
  "revise-points": ({ overlay }) => overlay.toggleLayer("points"),
  "revise-draw": (_, { board }) => board.take("draw"),
  "revise-fill": (_, { board }) => board.fill(),
  "revise-fill-instead": (_, { board }) => board.fill(true),
  "revise-erase": (_, { board }) => board.take("erase"),
  "revise-brush": (_, { board }) => board.take("brush"),
  "revise-smaller": (_, { board }) => board.resize(-1),
  "revise-larger": (_, { board }) => board.resize(1),
  "revise-take-point": (_, { board }) => board.takePoint(),
  "revise-drop-curve": (_, { board }) => board.dropCurve(),
  "revise-clear": (_, { board }) => board.clear(),
  "revise-copy-on": (_, { board }) => board.copy(1),
  "revise-copy-back": (_, { board }) => board.copy(-1),
  "revise-original": (_, { board }) => board.asOriginal(),
  "revise-undo": (_, { steps }) => void steps.undo(),
  "revise-redo": (_, { steps }) => void steps.redo(),
  "revise-undo-here": (_, { book, steps }) => void steps.undo(book.slice.peek().z),
  "revise-redo-here": (_, { book, steps }) => void steps.redo(book.slice.peek().z),
  "revise-save": (revise) => void revise.save(),
  "revise-before": (_, { board }) => board.step(-1),
  "revise-after": (_, { board }) => board.step(1),
  "revise-middle": (_, session) => toMiddle(session),
  "revise-auto": (_, session) => propose(session),
  "revise-accept": (_, session) => void decide(session, true),
  "revise-refuse": (_, session) => void decide(session, false),
  "revise-accept-all": (_, session) => void decideAll(session, true),
  "revise-refuse-all": (_, session) => void decideAll(session, false),
  "revise-versions": ({ windows }) => windows.versions.open(),
  "revise-overlay": ({ overlay }) => overlay.toggleLayer("mask"),
  "revise-opacity-less": ({ overlay }) => overlay.changeOpacity(-1),
  "revise-opacity-more": ({ overlay }) => overlay.changeOpacity(1),
  "revise-outline": (revise) => revise.toggleOutline(),
  "revise-beside": (revise) => revise.toggleBeside(),
  "revise-zoom-in": ({ stage }) => stage?.zoom(1),
  "revise-zoom-out": ({ stage }) => stage?.zoom(-1),
  "revise-fit": ({ stage }) => stage?.fit(),
  "revise-retry": (revise) => revise.resume(),
  "revise-left": ({ stage }) => stage?.move(-1, 0),
  "revise-right": ({ stage }) => stage?.move(1, 0),
  "revise-up": ({ stage }) => stage?.move(0, -1),
  "revise-down": ({ stage }) => stage?.move(0, 1),
  "revise-far-left": ({ stage }) => stage?.move(-FAR, 0),
  "revise-far-right": ({ stage }) => stage?.move(FAR, 0),
  "revise-far-up": ({ stage }) => stage?.move(0, -FAR),
  "revise-far-down": ({ stage }) => stage?.move(0, FAR),
  "revise-press": ({ stage }) => stage?.pressAtCross(),
  "revise-finish": ({ windows }) => windows.finish.open(),
  "revise-release": ({ windows }) => windows.release.open(),
  "revise-viewer": ({ windows }) => windows.viewer.open(),
  "revise-facts": ({ windows }) => windows.facts.open(),
  "revise-help": ({ windows }) => windows.help.toggle(),
  "revise-keys": ({ windows }) => windows.keys.open(),
};

/** What can be done where nothing is held. */
const ALWAYS: readonly CommandName[] = ["revise-help", "revise-keys", "revise-retry"];

/** Does what a key press asks for; whether it asked for anything. */
export function pressOnRevise(event: KeyboardEvent, revise: ReviseController): boolean {
  const chord = chordOf(event);
  const command = chord === null ? null : revise.keys.commandOf(chord);
  if (chord === null || command === null || (event.repeat && !command.repeats)) {
    return false;
  }
  const name = command.name as CommandName;
  const closesHelp = name === "revise-help" && revise.windows.help.isOpen;
  if ((revise.isCovered && !closesHelp) || isTaken(chord, event.target)) {
    return false;
  }
  const session = revise.session.peek();
  if (session === null && !ALWAYS.includes(name)) {
    return false;
  }
  revise.noteActivity();
  // A key that is held down steps no further than is seen.
  if (!event.repeat || session?.turns.isTaken.peek() !== true) {
    DEEDS[name](revise, session as EaselSession);
  }
  return true;
}

/** Whether a control needs the key itself: a text all of them, a slider its arrows, a button Enter. */
function isTaken(chord: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) {
    return false;
  }
  if (target instanceof HTMLInputElement && target.type === "range") {
    return chord.length > 1 && !chord.startsWith("Ctrl+");
  }
  if (target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    return true;
  }
  const isButton = target.closest("button, a, summary, [type=radio]") !== null;
  return isButton && (chord === "Enter" || chord === "Space" || chord.includes("Arrow"));
}

export function toMiddle({ board, book, easel }: EaselSession): void {
  const middle = book.slices.findIndex(({ z }) => z === easel.middle_z);
  board.step(middle - book.chosen.peek());
}

/** Asks for a proposal in the first way that there is. */
export function propose({ easel, proposals }: EaselSession, method?: string): void {
  const key = method ?? easel.methods.find(({ available }) => available)?.key;
  if (key !== undefined) {
    void proposals.ask(key);
  }
}

/** Accepts or refuses the slice that is shown, and goes to the next one that is proposed. */
export function decide(session: EaselSession, accept: boolean): Promise<void> {
  return session.turns.take(() => decideHere(session, accept));
}

async function decideHere(session: EaselSession, accept: boolean): Promise<void> {
  const { board, book, proposals } = session;
  const { z } = book.slice.peek();
  const isDone = await proposals.decide([z], accept);
  // Who turned to another slice or draws meanwhile is not taken away from there.
  if (isDone && book.slice.peek().z === z && !board.isDrawing) {
    const open = [...proposals.masks.peek().keys()].sort((one, other) => one - other);
    const next = open.find((each) => each > z) ?? open[0];
    if (next !== undefined) {
      board.step(book.slices.findIndex((slice) => slice.z === next) - book.chosen.peek());
    }
  }
}

export function decideAll({ proposals, turns }: EaselSession, accept: boolean): Promise<void> {
  return turns.take(async () => {
    await proposals.decide([...proposals.masks.peek().keys()], accept);
  });
}

/** What was refused, of these slices, is open again. */
export function takeBackRefusals({ proposals, turns }: EaselSession, zs: readonly number[]): void {
  void turns.take(() => proposals.takeBackRefusals(zs));
}
