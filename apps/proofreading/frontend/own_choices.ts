/**
 * How pages look to a person: kept on the server, so that all their browsers agree. The latest choice
 * holds. What the server does not have yet is kept here, and sent again with the next page.
 */

import { object, record, text } from "../../core/frontend/readers";
import type { KeptValues } from "./storage";

type Choices = Readonly<Record<string, string>>;
const parse = object({ choices: record(text) });

/** Sends what was chosen; rejects where the server has not taken it. */
export type SendChoices = (chosen: Choices) => Promise<unknown>;

/** Reads what the page brings. Throws FieldError. */
export function parseChoices(source: unknown): Choices {
  return parse(source, "preferences").choices;
}

export class OwnChoices implements KeptValues {
  private readonly place: string;
  private unsent: Choices;

  constructor(
    private brought: Choices,
    person: string,
    private readonly storage: KeptValues,
    private readonly send: SendChoices,
  ) {
    this.place = `synanno.unsent-choices.${person}`;
    this.unsent = keptIn(storage.getItem(this.place));
    void this.sendAll();
  }

  getItem(name: string): string | null {
    return this.unsent[name] ?? this.brought[name] ?? null;
  }

  setItem(name: string, value: string): void {
    if (this.getItem(name) !== value) {
      this.keep({ ...this.unsent, [name]: value });
      void this.sendAll();
    }
  }

  private async sendAll(): Promise<void> {
    const sent = this.unsent;
    if (Object.keys(sent).length === 0) {
      return;
    }
    try {
      await this.send(sent);
    } catch {
      return; // it holds here meanwhile
    }
    this.brought = { ...this.brought, ...sent };
    const later = Object.entries(this.unsent).filter(([name, value]) => sent[name] !== value);
    this.keep(Object.fromEntries(later));
  }

  private keep(unsent: Choices): void {
    this.unsent = unsent;
    this.storage.setItem(this.place, JSON.stringify({ choices: unsent }));
  }
}

function keptIn(kept: string | null): Choices {
  return kept === null ? {} : parseChoices(JSON.parse(kept));
}
