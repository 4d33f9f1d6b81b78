/** Which key does what, for everybody and for this person. */

import { computed, signal } from "@preact/signals";

import { shownChord } from "./chords";
import { COMMANDS, type Command, type CommandName } from "./commands";

export type OwnKeys = Readonly<Record<string, readonly string[]>>;

/** As many as the server keeps of one command. */
export const MOST_KEYS = 4;

const ALL: readonly Command[] = COMMANDS;

export class KeyMap {
  /** The keys of commands for which the person has chosen; none where a command has no key. */
  readonly own = signal<OwnKeys>({});
  private readonly byChord = computed(() => {
    const found = new Map<string, Command>();
    // What the person has chosen goes before what a newer version brought for everybody.
    const chosenFirst = [...ALL].sort((one, other) => this.rank(one) - this.rank(other));
    for (const command of chosenFirst) {
      for (const chord of this.chosenOrGiven(command)) {
        if (!found.has(chord)) {
          found.set(chord, command);
        }
      }
    }
    return found;
  });

  commandOf(chord: string): Command | null {
    return this.byChord.value.get(chord) ?? null;
  }

  /** The keys that do it: those that nobody else has. */
  keysOf(command: Command): readonly string[] {
    return this.chosenOrGiven(command).filter((chord) => this.commandOf(chord) === command);
  }

  isOwn(command: Command): boolean {
    return this.own.value[command.name] !== undefined;
  }

  /** "Submit this page (s)": a title with the first key. */
  titled(title: string, name: CommandName): string {
    const command = ALL.find((each) => each.name === name);
    const chord = command && this.keysOf(command)[0];
    return chord === undefined ? title : `${title} (${shownChord(chord)})`;
  }

  /** Adds a key to a command, and takes it from the one that has it. */
  assign(command: Command, chord: string): void {
    const holder = this.commandOf(chord);
    if (holder === command) {
      return;
    }
    const mine = [...this.keysOf(command).slice(-(MOST_KEYS - 1)), chord];
    const changed = new Map<Command, readonly string[]>([[command, mine]]);
    if (holder !== null) {
      changed.set(holder, without(this.keysOf(holder), chord));
    }
    this.set(changed);
  }

  remove(command: Command, chord: string): void {
    this.set(new Map([[command, without(this.keysOf(command), chord)]]));
  }

  /** Gives a command the keys that it has for everybody; others that took one lose it. */
  reset(command: Command): void {
    const changed = new Map<Command, readonly string[]>([[command, command.keys]]);
    for (const chord of command.keys) {
      const holder = this.commandOf(chord);
      if (holder !== null && holder !== command) {
        changed.set(holder, without(changed.get(holder) ?? this.keysOf(holder), chord));
      }
    }
    this.set(changed);
  }

  resetAll(): void {
    this.own.value = {};
  }

  private set(changed: ReadonlyMap<Command, readonly string[]>): void {
    const own = { ...this.own.value };
    for (const [command, keys] of changed) {
      if (isSameList(keys, command.keys)) {
        delete own[command.name];
      } else {
        own[command.name] = keys;
      }
    }
    this.own.value = own;
  }

  private chosenOrGiven(command: Command): readonly string[] {
    return this.own.value[command.name] ?? command.keys;
  }

  private rank(command: Command): number {
    return this.isOwn(command) ? 0 : 1;
  }
}

function without(keys: readonly string[], chord: string): readonly string[] {
  return keys.filter((each) => each !== chord);
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
