/**
 * How pages look to a person: kept on the server, so that all their browsers agree. The latest choice
 * holds. What the server does not have yet is kept here, with what was chosen before, and sent again
 * with the next page, unless another browser has chosen otherwise by then.
 */

import { HttpError, isGone, isTransient } from "../../core/frontend/http";
import { FieldError, nullable, object, record, text, type Read } from "../../core/frontend/readers";
import type { KeptValues } from "./storage";

type Choices = Readonly<Record<string, string>>;
const parse = object({ choices: record(text) });

/** What the server does not have: as it was before, where anything was chosen, and as it is now. */
const parseUnsent = object({ changes: record(object({ before: nullable(text), now: text })) });
type Unsent = Read<typeof parseUnsent>["changes"];

/** Sends what was chosen; rejects where the server has not taken it. */
export type SendChoices = (chosen: Choices) => Promise<unknown>;

/** Reads what the page brings. Throws FieldError. */
export function parseChoices(source: unknown): Choices {
  return parse(source, "preferences").choices;
}

export class OwnChoices implements KeptValues {
  private readonly place: string;
  private unsent: Unsent;
  private isSending = false;

  constructor(
    private brought: Choices,
    person: string,
    private readonly storage: KeptValues,
    private readonly send: SendChoices,
  ) {
    this.place = `synanno.unsent-choices.${person}`;
    const kept = keptIn(storage.getItem(this.place) ?? "");
    this.unsent = only(kept, (name, { before }) => (brought[name] ?? null) === before);
    if (Object.keys(kept).length > 0) {
      this.keep(this.unsent);
    }
    void this.sendAll();
  }

  getItem(name: string): string | null {
    return this.unsent[name]?.now ?? this.brought[name] ?? null;
  }

  setItem(name: string, value: string): void {
    if (this.getItem(name) !== value) {
      this.keep({ ...this.unsent, [name]: { before: this.brought[name] ?? null, now: value } });
      void this.sendAll();
    }
  }

  /** One after another: of two side by side the server might keep the older one. */
  private async sendAll(): Promise<void> {
    if (this.isSending) {
      return; // the one that is on its way sees to it
    }
    this.isSending = true;
    try {
      await Promise.resolve(); // what is chosen together is sent together
      while (Object.keys(this.unsent).length > 0 && (await this.sendOnce())) {
        // what was chosen meanwhile is left
      }
    } finally {
      this.isSending = false;
    }
  }

  /** Whether the server has answered. What it refuses it would refuse from each page. */
  private async sendOnce(): Promise<boolean> {
    const sent = this.unsent;
    const chosen = Object.fromEntries(Object.entries(sent).map(([name, { now }]) => [name, now]));
    try {
      await this.send(chosen);
    } catch (error) {
      if (!isRefused(error)) {
        return false; // it holds here meanwhile
      }
    }
    this.brought = { ...this.brought, ...chosen }; // for as long as this page is open
    const later = only(this.unsent, (name, { now }) => chosen[name] !== now);
    const known = Object.entries(later).map(([name, { now }]) => {
      return [name, { before: this.brought[name] ?? null, now }] as const;
    });
    this.keep(Object.fromEntries(known));
    return true;
  }

  private keep(unsent: Unsent): void {
    this.unsent = unsent;
    this.storage.setItem(this.place, JSON.stringify({ changes: unsent }));
  }
}

/** Whether the server has said that it will not keep what was sent, whoever sends it. */
function isRefused(error: unknown): boolean {
  return error instanceof HttpError && error.status >= 400 && !isTransient(error) && !isGone(error);
}

function only(unsent: Unsent, isWanted: (name: string, change: Unsent[string]) => boolean): Unsent {
  return Object.fromEntries(Object.entries(unsent).filter(([name, change]) => isWanted(name, change)));
}

/** What could not be sent; nothing where it cannot be read, or another version wrote it. */
function keptIn(kept: string): Unsent {
  try {
    return kept === "" ? {} : parseUnsent(JSON.parse(kept), "unsent").changes;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FieldError) {
      return {};
    }
    throw error;
  }
}
