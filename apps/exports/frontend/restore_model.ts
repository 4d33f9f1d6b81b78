/** The files that somebody has sent to restore campaigns from, kept up to date; without a page. */

import { HttpError, NetworkError, getNews, sendAny } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { uuid4 } from "../../core/frontend/uuid";
import { isUnfinished, readRestore, readRestores, type Choices, type Restore } from "./restore_contract";

const SOON_MS = 700;
const LATER_MS = 10_000;

/** Why something was not done, and which choice that is about. */
export interface Trouble {
  readonly sentence: string;
  readonly field: string;
}

/** The names in a text that has commas or spaces between them, each once. */
export function namesIn(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((name) => name !== ""))];
}

export interface RestoreListener {
  onRestores(restores: readonly Restore[]): void;
  onContact(answers: boolean): void;
  onGone(): void;
}

export class RestoreModel {
  private readonly wake = new EventTarget();
  private etag: string | null = null;
  private restores: readonly Restore[] = [];
  /** A file that came to no answer is sent again under its key. */
  private sent: { readonly file: File; readonly key: string } | null = null;

  constructor(
    private readonly url: string,
    private readonly mostMb: number,
    private readonly listener: RestoreListener,
  ) {}

  /** Asks until the signal is aborted, and rejects with its reason then. */
  keep(signal: AbortSignal): Promise<void> {
    const { listener, wake } = this;
    return poll(
      {
        ask: () => this.look(signal),
        failedMs: SOON_MS,
        onContact: (answers) => listener.onContact(answers),
        onGone: () => listener.onGone(),
        wake,
      },
      signal,
    );
  }

  /** Null where it was done. */
  send(file: File): Promise<Trouble | null> {
    if (file.size > this.mostMb * 1e6) {
      const sentence = `${file.name} has more than ${this.mostMb} MB; whoever runs the server restores it with a command.`;
      return Promise.resolve({ sentence, field: "file" });
    }
    return this.run(async () => {
      if (this.sent?.file !== file) {
        this.sent = { file, key: uuid4() };
      }
      const form = new FormData();
      form.append("key", this.sent.key);
      form.append("file", file);
      this.put(readRestore(await sendAny(this.url, "POST", form)));
      this.sent = null;
    });
  }

  make(one: Restore, choices: Choices): Promise<Trouble | null> {
    return this.run(async () => {
      this.put(readRestore(await sendAny(`${this.url}/${one.key}/campaign`, "POST", choices)));
    });
  }

  remove(one: Restore): Promise<Trouble | null> {
    return this.run(async () => {
      await sendAny(`${this.url}/${one.key}`, "DELETE", {});
      this.tell(this.restores.filter((each) => each.key !== one.key));
    });
  }

  private async look(signal: AbortSignal): Promise<number> {
    const news = await getNews(this.url, this.etag, { signal });
    if (news !== null) {
      this.etag = news.etag;
      this.tell(readRestores(news.body));
    }
    return this.restores.some(isUnfinished) ? SOON_MS : LATER_MS;
  }

  private async run(deed: () => Promise<void>): Promise<Trouble | null> {
    try {
      await deed();
      return null;
    } catch (error) {
      if (error instanceof HttpError) {
        return { sentence: error.sentence, field: error.field ?? "" };
      }
      if (error instanceof NetworkError) {
        return { sentence: error.message, field: "" };
      }
      throw error;
    } finally {
      this.etag = null; // whatever was on its way may be older
      this.wake.dispatchEvent(new Event("look"));
    }
  }

  private put(one: Restore): void {
    const known = this.restores.some((each) => each.key === one.key);
    const others = this.restores.map((each) => (each.key === one.key ? one : each));
    this.tell(known ? others : [one, ...this.restores]);
  }

  private tell(restores: readonly Restore[]): void {
    this.restores = restores;
    this.listener.onRestores(restores);
  }
}
