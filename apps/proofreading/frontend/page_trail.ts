/** Back to the pages that a person has submitted, and forth again to the one at work. */

import { signal } from "@preact/signals";

import { HttpError } from "../../core/frontend/http";
import { list, object, text } from "../../core/frontend/readers";
import type { PagePart } from "./contract";
import type { PageChoice } from "./page_choice";
import type { Transport } from "./transport";

const parse = object({ pages: list(object({ page_url: text })) });

export type TrailDirection = "earlier" | "later";

export class PageTrail {
  /** Whether there is an earlier page than the one that is shown; true while nobody knows. */
  readonly hasEarlier = signal(true);
  /** The page at work, while an earlier one is looked at. */
  private left: PagePart | null = null;
  /** Whether the person is known to have submitted one. */
  private isKnown = false;
  private shown = "";

  constructor(
    private readonly mineUrl: string,
    private readonly transport: Transport,
  ) {}

  /** Where to ask for more time for the page at work while an earlier one is looked at. */
  get renewUrl(): string | null {
    return this.left?.urls.renew ?? null;
  }

  /** The token of the page at work; null where there is none. */
  atWork(shown: PagePart | undefined): string | null {
    return (shown?.state === "held" ? shown : this.left)?.token ?? null;
  }

  /**
   * Finds where a step from this page leads; what is given has the choice open that page next.
   * Throws where it leads nowhere, and as a request does.
   */
  async find(page: PagePart, direction: TrailDirection, choice: PageChoice): Promise<() => void> {
    const isAtWork = page.state === "held";
    if (isAtWork && direction === "later") {
      throw new HttpError(409, "no_page", "This is the page at work; there is no later one.");
    }
    const pages = await this.pagesBeside(page, direction);
    const target = pages.at(direction === "earlier" ? 0 : -1);
    if (target === undefined && direction === "earlier") {
      throw new HttpError(409, "no_page", NO_EARLIER);
    }
    return () => {
      this.left = isAtWork ? page : this.left;
      choice.leave(target?.page_url ?? this.left?.urls.page ?? null);
    };
  }

  /** A page is shown. The one at work was remembered until then. */
  arrive(page: PagePart): void {
    if (page.state === "held") {
      this.left = null;
    }
    void this.look(page);
  }

  /** What was earlier than a page at work stays so for the next one. */
  private async look(page: PagePart): Promise<void> {
    const isAtWork = page.state === "held";
    this.shown = page.token;
    this.hasEarlier.value = true;
    if (isAtWork && this.isKnown) {
      return;
    }
    try {
      const { length } = await this.pagesBeside(page, "earlier");
      this.isKnown ||= length > 0 || !isAtWork;
      if (this.shown === page.token) {
        this.hasEarlier.value = length > 0;
      }
    } catch {
      // It is told when the button is pressed.
    }
  }

  /** Next to this one, the latest first. */
  private async pagesBeside(page: PagePart, direction: TrailDirection) {
    const name = direction === "earlier" ? "before" : "after";
    const beside = page.state === "held" ? "" : `?${name}=${page.token}`;
    return parse(await this.transport.getJson(`${this.mineUrl}${beside}`), "mine").pages;
  }
}

const NO_EARLIER = "You have submitted no page before this one.";
