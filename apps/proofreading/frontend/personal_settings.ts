/**
 * What a person has set for themselves. The page brings it from the server, so that all browsers
 * of the person agree; a change is sent at once, told to the other tabs of this browser, and kept
 * here until the server has it.
 */

import { effect, signal } from "@preact/signals";

import { FieldError, list, object, record, text, type Read } from "../../core/frontend/readers";
import type { KeyMap } from "./key_map";
import type { KeptValues } from "./storage";

const parse = object({ keys: record(list(text)) });
export type Settings = Read<typeof parse>;

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
    this.keys.own.value = (this.unsaved() ?? brought).keys;
    effect(() => this.keepIfChanged(JSON.stringify({ keys: this.keys.own.value })));
  }

  /** Heeds a change that another tab of this browser made. */
  heed(event: Pick<StorageEvent, "key" | "newValue">): void {
    if (event.key === this.place && event.newValue !== null && event.newValue !== "") {
      const settings = read(event.newValue);
      if (settings !== null) {
        this.known = JSON.stringify(settings); // that tab sends it
        this.keys.own.value = settings.keys;
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
      this.storage.setItem(this.place, present);
      void this.retry();
    }
  }

  private present(): string {
    return JSON.stringify({ keys: this.keys.own.peek() });
  }

  private unsaved(): Settings | null {
    return read(this.storage.getItem(this.place) ?? "");
  }
}

function read(kept: string): Settings | null {
  try {
    return kept === "" ? null : parseSettings(JSON.parse(kept));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FieldError) {
      return null; // of another version: the server has what counts
    }
    throw error;
  }
}
