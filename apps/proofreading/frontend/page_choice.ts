/** Which page a tab opens: the one that it shows already, or the one that the server chooses. */

import type { Frame } from "../../core/frontend/frames";
import { HttpError, isTransient } from "../../core/frontend/http";
import { parseLease, type NonePart, type PagePart } from "./contract";
import { firstOf, type Transport } from "./transport";

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

/** A page that has begun to come. */
interface Come {
  readonly first: Frame;
  readonly rest: AsyncGenerator<Frame>;
}

export class PageChoice {
  /** The page that is shown, or is to be shown; null where the server chooses. */
  private at: string | null;
  private hasOpened = false;
  /** A page that was asked for by its section or with a submit, and has come. */
  private come: Come | null = null;

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

  /** Whether the next page has come, so that it can take the place of the present one at once. */
  get hasCome(): boolean {
    return this.come !== null;
  }

  /**
   * Asks for a page of a section, which `frames` then gives, instead of the one at work: that is
   * put aside. What is given leaves the page that is shown. Throws where there is none: that stays.
   */
  async ask(section: number, leaving: string | null): Promise<() => void> {
    const body = leaving === null ? { section } : { section, leaving };
    const frames = this.transport.postFrames(this.urls.lease, body);
    const first = await firstOf(frames);
    const lease = parseLease(first.header);
    if (lease.part === "none") {
      throw new HttpError(409, "no_page", lease.sentence);
    }
    this.bring({ first, rest: frames });
    return () => this.leave();
  }

  /** Takes the page that the answer to a submit brings, which `frames` then gives. Where there is
      none in it, or it broke off, the next page is asked for as usual. */
  async take(next: AsyncGenerator<Frame>): Promise<void> {
    try {
      const first = await next.next();
      this.bring(first.done === true ? null : { first: first.value, rest: next });
    } catch (error) {
      if (!isTransient(error)) {
        throw error;
      }
    }
  }

  /** Reads the page. `show` is told of it, or why there is none, and gives who takes its pictures. */
  async read(
    signal: AbortSignal,
    show: (page: PagePart | NonePart) => { accept(frame: Frame): void } | null,
  ): Promise<void> {
    const frames = this.frames(signal);
    const images = show(parseLease((await firstOf(frames)).header));
    for await (const frame of frames) {
      images?.accept(frame);
    }
  }

  private async *frames(signal: AbortSignal): AsyncGenerator<Frame> {
    if (this.come !== null) {
      const { first, rest } = this.come;
      this.come = null;
      yield first;
      for await (const frame of rest) {
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
    if (to !== null) {
      this.bring(null);
    }
  }

  /** What came before, and was not read, is asked for no further. */
  private bring(come: Come | null): void {
    void this.come?.rest.return(undefined);
    this.come = come;
  }

  /** Whether the page is to be one more: those that are held already are in other tabs. */
  async isBeside(): Promise<boolean> {
    const wanted = this.urls.another === true;
    if (!this.hasOpened) {
      return wanted;
    }
    return this.others === null ? false : ((await this.others.areAtWork()) ?? wanted);
  }
}
