/**
 * What a person has set for themselves. The page brings it from the server, so that all browsers
 * of the person agree; a change is sent at once, told to the other tabs of this browser, and kept
 * here until the server has it. What is sent, and kept, says what was changed, and from what: another
 * browser may have changed other keys, or the same ones, by then. What another browser chose stays,
 * and is told.
 */

import { batch, effect, signal } from "@preact/signals";

import { FieldError, list, object, record, text, type Read } from "../../core/frontend/readers";
import type { ChosenKeys, OwnKeys } from "./key_map";
import type { KeptValues } from "./storage";

const parse = object({ keys: record(list(text)) });
export type Settings = Read<typeof parse>;

/** What the server does not have: the keys as they were chosen here, and as they were before. */
interface Unsent {
  readonly keys: OwnKeys;
  readonly before: OwnKeys;
}
const before = record(list(text));

/** saved: the server has it. saving: on its way. unsaved: only this browser has it. */
export type SettingsState = "saved" | "saving" | "unsaved";

/** The keys of commands, as they were known here and as they were chosen; null: as for everybody. */
export interface Changes {
  readonly keys: Readonly<Record<string, KeyChange>>;
}
interface KeyChange {
  readonly before: readonly string[] | null;
  readonly now: readonly string[] | null;
}

const parseAnswer = object({ keys: record(list(text)), others: list(text) });

/** Sends what was changed, and brings the answer; rejects where the server has not taken it. */
export type SendSettings = (changes: Changes) => Promise<unknown>;

/** Reads what the page brings. Throws FieldError. */
export function parseSettings(source: unknown): Settings {
  return parse(source, "preferences");
}

export class PersonalSettings {
  readonly state = signal<SettingsState>("saved");
  /** Why the server does not have it, as a sentence. */
  readonly trouble = signal("");
  /** What was chosen here for commands that have other keys of another browser, which hold. */
  readonly others = signal<Readonly<Record<string, KeyChange["now"]>>>({});
  private readonly place: string;
  /** As the server, or another tab, has them: what needs no sending. */
  private known: string;
  private sending = false;

  constructor(
    private readonly keys: Pick<ChosenKeys, "own">,
    brought: Settings,
    person: string,
    private readonly storage: KeptValues,
    private readonly send: SendSettings,
  ) {
    this.place = `synanno.unsaved-settings.${person}`;
    this.known = JSON.stringify(brought);
    const unsent = read(storage.getItem(this.place) ?? "");
    this.keys.own.value = unsent === null ? brought.keys : merged(unsent, brought.keys);
    effect(() => this.keepIfChanged(JSON.stringify({ keys: this.keys.own.value })));
  }

  /** Heeds a change that another tab of this browser made. */
  heed(event: Pick<StorageEvent, "key" | "newValue">): void {
    if (event.key === this.place && event.newValue !== null && event.newValue !== "") {
      const unsent = read(event.newValue);
      if (unsent !== null) {
        this.known = JSON.stringify({ keys: unsent.keys }); // that tab sends it
        this.keys.own.value = unsent.keys;
      }
    }
  }

  /** Sends again what the server does not have. */
  async retry(): Promise<void> {
    if (this.sending) {
      return; // the one that is on its way sees to it
    }
    this.sending = true;
    this.state.value = "saving";
    const sent = this.keys.own.peek();
    const changes = changesOf(this.knownKeys(), sent);
    try {
      this.take(sent, changes, parseAnswer(await this.send({ keys: changes }), "settings"));
    } catch (error) {
      this.state.value = "unsaved";
      this.trouble.value = error instanceof Error ? error.message : String(error);
      return;
    } finally {
      this.sending = false;
    }
    if (this.present() !== this.known) {
      await this.retry(); // changed meanwhile
      return;
    }
    const answered = this.keys.own.peek(); // which other tabs heed: they had what was sent
    this.storage.setItem(this.place, JSON.stringify({ keys: answered, before: answered }));
    this.storage.setItem(this.place, "");
    this.state.value = "saved";
    this.trouble.value = "";
  }

  /** Chooses here what another browser has chosen otherwise. */
  insist(): void {
    const chosen = this.others.value;
    batch(() => {
      this.others.value = {};
      this.keys.own.value = withKeys(this.keys.own.value, chosen);
    });
  }

  /** Lets what the other browser chose be as it is. */
  yieldToOthers(): void {
    this.others.value = {};
  }

  /** What all browsers have chosen by now, and what was chosen here since it was sent. */
  private take(sent: OwnKeys, changes: Changes["keys"], answer: Read<typeof parseAnswer>): void {
    const mine = answer.others.map((name) => [name, changes[name]?.now ?? null] as const);
    this.known = JSON.stringify({ keys: answer.keys });
    batch(() => {
      this.keys.own.value = merged({ keys: this.keys.own.peek(), before: sent }, answer.keys);
      if (mine.length > 0) {
        this.others.value = { ...this.others.value, ...Object.fromEntries(mine) };
      }
    });
  }

  private keepIfChanged(present: string): void {
    if (present !== this.known) {
      const { keys } = parseSettings(JSON.parse(present));
      const unsent: Unsent = { keys, before: this.knownKeys() };
      this.storage.setItem(this.place, JSON.stringify(unsent));
      void this.retry();
    }
  }

  private knownKeys(): OwnKeys {
    return parseSettings(JSON.parse(this.known)).keys;
  }

  private present(): string {
    return JSON.stringify({ keys: this.keys.own.peek() });
  }
}

/** The keys of those commands that were changed here; of the others those that the server has. */
function merged({ keys, before }: Unsent, present: OwnKeys): OwnKeys {
  const changed = Object.entries(changesOf(before, keys)).map(([name, { now }]) => [name, now] as const);
  return withKeys(present, Object.fromEntries(changed));
}

/** Null: as for everybody again. */
function withKeys(own: OwnKeys, chosen: Readonly<Record<string, KeyChange["now"]>>): OwnKeys {
  const all = Object.entries({ ...own, ...chosen });
  return Object.fromEntries(all.filter((one): one is [string, readonly string[]] => one[1] !== null));
}

function changesOf(before: OwnKeys, keys: OwnKeys): Changes["keys"] {
  const names = [...new Set([...Object.keys(keys), ...Object.keys(before)])];
  const each = names.map((name) => {
    return [name, { before: before[name] ?? null, now: keys[name] ?? null }] as const;
  });
  return Object.fromEntries(each.filter(([, one]) => !isSame(one.before, one.now)));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function read(kept: string): Unsent | null {
  try {
    if (kept === "") {
      return null;
    }
    const source: unknown = JSON.parse(kept);
    const { keys } = parseSettings(source);
    const was = (source as Partial<Unsent>).before; // an older version kept none
    return { keys, before: was === undefined ? {} : before(was, "before") };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FieldError) {
      return null; // of another version: the server has what counts
    }
    throw error;
  }
}
