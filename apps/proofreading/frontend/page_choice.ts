/** Which page a tab opens: the one that it shows already, or the one that the server chooses. */

import type { Frame } from "../../core/frontend/frames";
import { HttpError } from "../../core/frontend/http";
import { parseLease, type PagePart } from "./contract";
import type { Transport } from "./transport";

export interface ChoiceUrls {
  readonly lease: string;
  /** A page to open first: one that is held, or one to look back at. */
  readonly page?: string;
  /** The first lease is one more beside those that are held. */
  readonly another?: boolean;
}

/** Where a person may hold several pages, each in a tab of its own. */
export interface OtherTabs {
  /** Whether there is another tab at work in this campaign; null where nobody knows. */
  readonly areAtWork: () => Promise<boolean | null>;
}

export class PageChoice {
  /** The page that is shown, or is to be shown; null where the server chooses. */
  private at: string | null;
  private hasOpened = false;
  /** A page that was asked for by its section, and has come. */
  private come: AsyncGenerator<Frame> | null = null;

  constructor(
    private readonly urls: ChoiceUrls,
    private readonly transport: Transport,
    /** Null where a person holds one page at a time. */
    private readonly others: OtherTabs | null,
    /** Hears which page is shown, so that loading the window again shows it again. */
    private readonly onPage: (token: string | null) => void,
  ) {
    this.at = urls.page ?? null;
  }

  /** Whether a certain page is asked for. */
  get isCertain(): boolean {
    return this.at !== null;
  }

  /**
   * Asks for a page of a section, which `frames` then gives, instead of the one at work: that is
   * put aside. Throws where there is none: then the page that is shown stays.
   */
  async ask(section: number, leaving: string | null): Promise<void> {
    const body = leaving === null ? { section } : { section, leaving };
    const frames = this.transport.postFrames(this.urls.lease, body);
    const first = await frames.next();
    if (first.done === true) {
      throw new HttpError(502, "empty_answer", "The server sent no page.");
    }
    const lease = parseLease(first.value.header);
    if (lease.part === "none") {
      throw new HttpError(409, "no_page", lease.sentence);
    }
    this.come = following(first.value, frames);
    this.leave();
  }

  async *frames(signal: AbortSignal): AsyncGenerator<Frame> {
    if (this.come !== null) {
      const { come } = this;
      this.come = null;
      for await (const frame of come) {
        signal.throwIfAborted(); // another page has been asked for meanwhile
        yield frame;
      }
      return;
    }
    if (this.at !== null) {
      yield* this.transport.getFrames(this.at, { signal });
      return;
    }
    const { lease } = this.urls;
    const url = (await this.isBeside()) ? `${lease}?another=true` : lease;
    yield* this.transport.postFrames(url, {}, { signal });
  }

  /** From now on this page is asked for, until it is left. */
  hold(page: PagePart): void {
    this.onPage(this.at !== null || this.others !== null ? page.token : null);
    this.at = page.urls.page;
    this.hasOpened = true;
  }

  /** Leaves the page, for one that lies at `to` or one that the server chooses. */
  leave(to: string | null = null): void {
    this.at = to;
  }

  /** Whether the page is to be one more: those that are held already are in other tabs. */
  private async isBeside(): Promise<boolean> {
    const wanted = this.urls.another === true;
    if (!this.hasOpened) {
      return wanted;
    }
    return this.others === null ? false : ((await this.others.areAtWork()) ?? wanted);
  }
}

async function* following(first: Frame, others: AsyncGenerator<Frame>): AsyncGenerator<Frame> {
  yield first;
  yield* others;
}
