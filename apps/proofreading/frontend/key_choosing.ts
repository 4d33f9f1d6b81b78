/** Choosing a key for a command: what waits for a key press, and what is in its way. */

import { batch, signal } from "@preact/signals";

import { shownChord, whyNotChosen } from "./chords";
import type { Command } from "./commands";
import type { ChosenKeys } from "./key_map";

/** A key that others have: one in the grid, one on the cards, where the command holds in both. */
export interface Conflict {
  readonly command: Command;
  readonly chord: string;
  readonly holders: readonly Command[];
}

export class KeyChoosing {
  /** The command whose new key is the next one that is pressed. */
  readonly waiting = signal<Command | null>(null);
  readonly conflict = signal<Conflict | null>(null);
  /** What came of it, as a sentence. */
  readonly told = signal("");

  constructor(private readonly keys: ChosenKeys) {}

  begin(command: Command): void {
    this.tell("");
    this.waiting.value = command;
  }

  /** Ends the waiting; what was in the way stays as it is. */
  giveUp(): void {
    this.tell("");
  }

  press(chord: string): void {
    const command = this.waiting.value;
    if (command === null) {
      return;
    }
    const why = whyNotChosen(chord);
    if (why !== null) {
      this.tell(`${why} Choose another key.`);
      this.waiting.value = command;
      return;
    }
    const holders = this.keys.othersWith(chord, command);
    if (holders.length > 0) {
      const named = holders.map(({ meaning }) => `“${meaning}”`).join(" and ");
      this.tell(`${shownChord(chord)} is the key of ${named}.`);
      this.conflict.value = { command, chord, holders };
      return;
    }
    this.give(command, chord);
  }

  /** Takes the key from the command that has it. */
  take(): void {
    const conflict = this.conflict.value;
    if (conflict !== null) {
      this.give(conflict.command, conflict.chord);
      conflict.holders.forEach((holder) => this.noteKeyless(holder));
    }
  }

  remove(command: Command, chord: string): void {
    this.keys.remove(command, chord);
    this.tell("");
    this.noteKeyless(command);
  }

  reset(command: Command): void {
    this.keys.reset(command);
    this.tell(`“${command.meaning}” has the keys that it has for everybody.`);
  }

  resetAll(): void {
    this.keys.resetAll();
    this.tell("All keys are as for everybody.");
  }

  private give(command: Command, chord: string): void {
    this.keys.assign(command, chord);
    this.tell(`${shownChord(chord)}: ${command.meaning}.`);
  }

  private noteKeyless(command: Command): void {
    if (this.keys.keysOf(command).length === 0) {
      this.told.value = `${this.told.value} “${command.meaning}” has no key now.`.trim();
    }
  }

  private tell(sentence: string): void {
    batch(() => {
      this.waiting.value = null;
      this.conflict.value = null;
      this.told.value = sentence;
    });
  }
}
