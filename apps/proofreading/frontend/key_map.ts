/** Which key does what, for everybody and for this person. */

import { computed, signal } from "@preact/signals";

import { shownChord } from "./chords";
import { COMMANDS, type Command, type CommandName, type Scope } from "./commands";

export type OwnKeys = Readonly<Record<string, readonly string[]>>;

/** As many as the server keeps of one command. */
export const MOST_KEYS = 4;

type Chords = ReadonlyMap<string, Command>;

/** What choosing keys needs of it. */
export type ChosenKeys = Omit<KeyMap, "titled">;

/** `Name` are those of its commands. */
export class KeyMap<Name extends string = CommandName> {
  /** The keys of commands for which the person has chosen; none where a command has no key. */
  readonly own = signal<OwnKeys>({});
  private readonly byScope = computed<Readonly<Record<Scope, Chords>>>(() => ({
    grid: this.chordsIn("grid"),
    cards: this.chordsIn("cards"),
    revise: this.chordsIn("revise"),
    missed: this.chordsIn("missed"),
  }));

  constructor(
    /** Where the keys are pressed. */
    readonly scope: Scope = "grid",
    /** Those that can be chosen for; a name is one command's, in whatever table it is. */
    readonly commands: readonly Command[] = COMMANDS,
  ) {}

  commandOf(chord: string, scope: Scope = this.scope): Command | null {
    return this.byScope.value[scope].get(chord) ?? null;
  }

  /** Those that have the key wherever the command holds, and are not that command. */
  othersWith(chord: string, command: Command): readonly Command[] {
    const holders = command.scopes.map((scope) => this.commandOf(chord, scope));
    const others = holders.filter((one): one is Command => one !== null && one !== command);
    return [...new Set(others)];
  }

  /** The keys that do it: those that nobody else has. */
  keysOf(command: Command): readonly string[] {
    const { scopes } = command;
    const scope = scopes.includes(this.scope) ? this.scope : scopes[0];
    return this.chosenOrGiven(command).filter((chord) => this.commandOf(chord, scope) === command);
  }

  isOwn(command: Command): boolean {
    return this.own.value[command.name] !== undefined;
  }

  /** "Submit this page (s)": a title with the first key. */
  titled(title: string, name: Name): string {
    const command = this.commands.find((each) => each.name === name);
    const isHere = command?.scopes.includes(this.scope) ?? false;
    const chord = isHere && command !== undefined ? this.keysOf(command)[0] : undefined;
    return chord === undefined ? title : `${title} (${shownChord(chord)})`;
  }

  /** Adds a key to a command, and takes it from those that have it where the command holds. */
  assign(command: Command, chord: string): void {
    const others = this.othersWith(chord, command);
    if (others.length === 0 && this.keysOf(command).includes(chord)) {
      return;
    }
    const kept = without(this.keysOf(command), chord).slice(-(MOST_KEYS - 1));
    const changed = new Map<Command, readonly string[]>([[command, [...kept, chord]]]);
    for (const holder of others) {
      changed.set(holder, without(this.keysOf(holder), chord));
    }
    this.set(changed);
  }

  remove(command: Command, chord: string): void {
    this.set(new Map([[command, without(this.keysOf(command), chord)]]));
  }

  /** Gives a command the keys that it has for everybody; others that took one lose it. */
  reset(command: Command): void {
    const changed = new Map<Command, readonly string[]>([[command, this.given(command)]]);
    for (const chord of command.keys) {
      for (const holder of this.othersWith(chord, command)) {
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
      if (isSameList(keys, this.given(command))) {
        delete own[command.name];
      } else {
        own[command.name] = keys;
      }
    }
    this.own.value = own;
  }

  private chordsIn(scope: Scope): Chords {
    const found = new Map<string, Command>();
    // What the person has chosen goes before what a newer version brought for everybody, and that
    // before what was chosen for the like of it elsewhere.
    const here = this.commands.filter(({ scopes }) => scopes.includes(scope));
    for (const command of here.sort((one, other) => this.rank(one) - this.rank(other))) {
      for (const chord of this.chosenOrGiven(command)) {
        if (!found.has(chord)) {
          found.set(chord, command);
        }
      }
    }
    return found;
  }

  private chosenOrGiven(command: Command): readonly string[] {
    return this.own.value[command.name] ?? this.given(command);
  }

  /** For everybody, and with what the person chose for the like of it. */
  private given(command: Command): readonly string[] {
    const like = command.like === undefined ? [] : (this.own.value[command.like] ?? []);
    return [...command.keys, ...without(like, ...command.keys)];
  }

  private rank(command: Command): number {
    if (this.isOwn(command)) {
      return 0;
    }
    return command.like === undefined ? 1 : 2;
  }
}

function without(keys: readonly string[], ...chords: readonly string[]): readonly string[] {
  return keys.filter((each) => !chords.includes(each));
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
