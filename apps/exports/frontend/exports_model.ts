/** The exports of a campaign, kept up to date, and what is done with them; without a page. */

import { HttpError, NetworkError, getNews, sendAny } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { uuid4 } from "../../core/frontend/uuid";
import { readExport, readExports, type Choices, type Export } from "./contract";
import { nameOf, toldOf } from "./words";

/** How often it is asked while something is being written, and while nothing is. */
const SOON_MS = 1000;
const LATER_MS = 10_000;

/** What became of something that was asked for; of an export that goes on, its key. */
export interface Said {
  readonly sentence: string;
  readonly isTrouble: boolean;
  readonly goesOn: string | null;
}

const OVER = "export_over";

export interface Listener {
  onExports(exports: readonly Export[]): void;
  /** Null where what was said last holds no longer. */
  onSaid(said: Said | null): void;
  onContact(answers: boolean): void;
  onGone(): void;
}

export function isUnfinished(one: Export): boolean {
  return one.state === "waiting" || one.state === "writing";
}

export class ExportsModel {
  private readonly wake = new EventTarget();
  private etag: string | null = null;
  private exports: readonly Export[] = [];
  /** A request that came to no answer is sent again under its key, so that it makes nothing twice. */
  private asked: { readonly choices: string; readonly key: string } | null = null;
  /** Of which it was said last that it goes on. */
  private goesOn: string | null = null;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
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

  /** True where it was asked for. */
  ask(choices: Choices): Promise<boolean> {
    if (choices.formats.length === 0) {
      this.say(trouble("Choose at least one format."));
      return Promise.resolve(false);
    }
    return this.run(async () => {
      const { formats, ...options } = choices;
      const body = { key: this.keyFor(choices), formats, options };
      const asked = readExport(await sendAny(this.url, "POST", body));
      this.put(asked);
      this.asked = null;
      return becameOf(asked);
    });
  }

  /** One that has ended meanwhile is no trouble: it is told what it is, and shown. */
  cancel(one: Export): Promise<boolean> {
    return this.run(async () => {
      try {
        const cancelled = readExport(await sendAny(`${this.url}/${one.key}/cancel`, "POST", {}));
        this.put(cancelled);
        return becameOf(cancelled);
      } catch (error) {
        if (error instanceof HttpError && error.code === OVER) {
          return ended(error.message);
        }
        throw error;
      }
    });
  }

  remove(one: Export): Promise<boolean> {
    return this.run(async () => {
      await sendAny(`${this.url}/${one.key}`, "DELETE", {});
      this.tell(this.exports.filter((each) => each.key !== one.key));
      return ended(`${nameOf(one)} was deleted, and its files with it.`);
    });
  }

  private keyFor(choices: Choices): string {
    const said = JSON.stringify(choices);
    if (this.asked?.choices !== said) {
      this.asked = { choices: said, key: uuid4() };
    }
    return this.asked.key;
  }

  private async look(signal: AbortSignal): Promise<number> {
    const news = await getNews(this.url, this.etag, { signal });
    if (news !== null) {
      this.etag = news.etag;
      this.tell(readExports(news.body));
    }
    return this.exports.some(isUnfinished) ? SOON_MS : LATER_MS;
  }

  private async run(deed: () => Promise<Said>): Promise<boolean> {
    try {
      this.say(await deed());
      return true;
    } catch (error) {
      if (!(error instanceof HttpError || error instanceof NetworkError)) {
        throw error;
      }
      this.say(trouble(error.message));
      return false;
    } finally {
      this.etag = null; // whatever was on its way may be older
      this.wake.dispatchEvent(new Event("look"));
    }
  }

  private put(one: Export): void {
    const known = this.exports.some((each) => each.key === one.key);
    const others = this.exports.map((each) => (each.key === one.key ? one : each));
    this.tell(known ? others : [one, ...this.exports]);
  }

  private tell(exports: readonly Export[]): void {
    this.exports = exports;
    this.listener.onExports(exports);
    if (this.goesOn !== null && !exports.some((each) => each.key === this.goesOn && isUnfinished(each))) {
      this.say(null);
    }
  }

  private say(said: Said | null): void {
    this.goesOn = said?.goesOn ?? null;
    this.listener.onSaid(said);
  }
}

function trouble(sentence: string): Said {
  return { sentence, isTrouble: true, goesOn: null };
}

function ended(sentence: string): Said {
  return { sentence, isTrouble: false, goesOn: null };
}

function becameOf(one: Export): Said {
  return { ...ended(toldOf(one)), goesOn: isUnfinished(one) ? one.key : null };
}
