/**
 * What a person has set for themselves. The page brings it from the server, so that all browsers
 * of the person agree; a change is sent at once, told to the other tabs of this browser, and kept
 * here until the server has it. What is kept says what was changed: another browser may have changed
 * other keys by the time it is sent.
 */

import { effect, signal } from "@preact/signals";

import { FieldError, list, object, record, text, type Read } from "../../core/frontend/readers";
import type { KeyMap, OwnKeys } from "./key_map";
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

/** Sends what is to be kept; rejects where the server has not taken it. */
export type SendSettings = (settings: Settings) => Promise<unknown>;

/** Reads what the page brings. Throws FieldError. */
export function parseSettings(source: unknown): Settings {
  return parse(source, "preferences");
}

export class PersonalSettings {
  readonly state = signal<SettingsState>("saved");
  /** Why the server does not have it, as a sentence. */
  readonly trouble = signal("");
  private readonly place: string;
  /** As the server, or another tab, has them: what needs no sending. */
  private known: string;
  private sending = false;

  constructor(
    private readonly keys: KeyMap,
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
    const present = this.present();
    try {
      await this.send(parseSettings(JSON.parse(present)));
    } catch (error) {
      this.state.value = "unsaved";
      this.trouble.value = error instanceof Error ? error.message : String(error);
      return;
    } finally {
      this.sending = false;
    }
    this.known = present;
    if (this.present() !== present) {
      await this.retry(); // changed meanwhile
      return;
    }
    this.storage.setItem(this.place, "");
    this.state.value = "saved";
    this.trouble.value = "";
  }

  private keepIfChanged(present: string): void {
    if (present !== this.known) {
      const { keys } = parseSettings(JSON.parse(present));
      const unsent: Unsent = { keys, before: parseSettings(JSON.parse(this.known)).keys };
      this.storage.setItem(this.place, JSON.stringify(unsent));
      void this.retry();
    }
  }

  private present(): string {
    return JSON.stringify({ keys: this.keys.own.peek() });
  }
}

/** The keys of those commands that were changed here; of the others those that the server has. */
function merged({ keys, before }: Unsent, present: OwnKeys): OwnKeys {
  const own: Record<string, readonly string[]> = { ...present };
  for (const name of new Set([...Object.keys(keys), ...Object.keys(before)])) {
    const chosen = keys[name];
    if (JSON.stringify(chosen) === JSON.stringify(before[name])) {
      continue;
    }
    if (chosen === undefined) {
      delete own[name]; // as for everybody again
    } else {
      own[name] = chosen;
    }
  }
  return own;
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
