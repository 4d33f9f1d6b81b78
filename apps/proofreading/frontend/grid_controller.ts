/** The work of a person in one campaign: page after page, until there is none. */

import { batch, computed, effect, signal } from "@preact/signals";

import { backoffMs } from "../../core/frontend/backoff";
import { HttpError, isSessionEnd, isTransient } from "../../core/frontend/http";
import { LEFT } from "../../core/frontend/leaving";
import type { KeyAction } from "./commands";
import type { NonePart, PagePart, Told } from "./contract";
import { perform } from "./key_actions";
import { Judging } from "./judging";
import { KeyMap } from "./key_map";
import type { Layout } from "./layout";
import type { Keeping } from "./kept_labels";
import type { LeftBehind } from "./leftovers";
import { GridLook } from "./look";
import type { NeuronMap } from "./neuron/neuron_map";
import type { SearchWalk } from "./neuron/search_walk";
import {
  fateOfPage,
  loginNotice,
  notice,
  retryNotice,
  staysNotice,
  unsaved,
  unseenNotice,
  type Notice,
} from "./notices";
import { isLost, isStaleLease, NotStored, PageSession } from "./page_session";
import type { PageImages } from "./page_images";
import { PageChoice, type ChoiceUrls, type OtherTabs } from "./page_choice";
import { PageTrail, type TrailDirection } from "./page_trail";
import type { OverlayPreferences } from "./preferences";
import type { Transport } from "./transport";
import { Windows } from "./windows";

/** opening: a page is on its way. working: labels can be set. leaving: another is asked for. */
export type Phase = "opening" | "working" | "leaving" | "submitting" | "ended";

export interface GridUrls extends ChoiceUrls {
  /** The pages that the person has submitted. */
  readonly mine: string;
  readonly login: string;
  readonly campaigns: string;
}

const NOT_SKIPPED = "The page is not skipped yet: its labels could not be saved.";

export class GridController {
  readonly session = signal<PageSession | null>(null);
  readonly phase = signal<Phase>("opening");
  readonly notice = signal<Notice | null>(null);
  readonly focused = signal(0);
  readonly layout = signal<Layout>({ columns: 1, tilePx: 0 });
  readonly windows = new Windows();
  /** The neurons of the campaign; null where it goes by none. */
  readonly neurons = signal<NeuronMap | null>(null);
  /** The way along a section, on a page to look for missed synapses on. */
  readonly walk = signal<SearchWalk | null>(null);
  readonly keys = new KeyMap();
  readonly isAtWork = computed(() => this.phase.value === "working");
  /** Labels, reasons, slices, undo, going from tile to tile. */
  readonly judging = new Judging(this);
  /** What became of labels that an earlier page had left behind. */
  readonly leftBehind = signal<LeftBehind | null>(null);
  /** What the last submit told of training and of known items. */
  readonly told = signal<Told | null>(null);
  readonly focusedTile = computed(() => this.session.value?.tiles[this.focused.value] ?? null);
  readonly canSkip = computed(() => {
    const page = this.session.value?.page;
    return this.phase.value === "working" && page?.state === "held" && page.kind !== "training";
  });
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  /** The notice that goes by itself as soon as labels reach the server again. */
  private notReached: Notice | null = null;
  private unwatch: () => void = () => undefined;
  private opening = new AbortController();
  private readonly choice: PageChoice;
  readonly trail: PageTrail;

  constructor(
    private readonly urls: GridUrls,
    private readonly transport: Transport,
    readonly overlay: OverlayPreferences,
    private readonly goTo: (url: string) => void,
    private readonly keeping: Keeping | null = null,
    onPage: (token: string | null) => void = () => undefined,
    others: OtherTabs | null = null,
    readonly look: GridLook = new GridLook(),
  ) {
    this.choice = new PageChoice(urls, transport, others, onPage);
    this.trail = new PageTrail(urls.mine, transport);
  }

  /** Opens the page of this tab, or its first one, and shows it while it arrives. */
  async openPage(): Promise<void> {
    const again = () => void this.openPage();
    if (await this.labelsAreSent(again, (session) => this.untilSaved(session, again))) {
      await this.open();
    }
  }

  private async open(): Promise<void> {
    if (!this.choice.hasCome) {
      this.clearPage();
    }
    this.opening.abort(LEFT);
    this.opening = new AbortController();
    const { signal: aborted } = this.opening;
    try {
      const show = (page: PagePart | NonePart) =>
        page.part === "none" ? this.end(page) : this.show(page);
      await this.choice.read(aborted, show);
    } catch (error) {
      if (!aborted.aborted) {
        this.heedOpening(error);
      }
      return;
    }
    this.failures = 0;
    this.session.value?.images.start();
  }

  /** Leaves the page as it is and opens the one that the server chooses. */
  async openNext(): Promise<void> {
    const again = () => void this.openNext();
    if (await this.labelsAreSent(again, (session) => this.untilSaved(session, again))) {
      this.choice.leave();
      await this.open();
    }
  }

  /** Leaves the page as it is and opens one of a section; stays on it where there is none. */
  openSection(section: number): Promise<void> {
    const left = this.trail.atWork(this.session.value?.page);
    return this.leaveFor(() => this.choice.ask(section, left), () => void this.openSection(section));
  }

  /** Goes to a page that the person has submitted before this one, or back towards the present. */
  async turn(direction: TrailDirection): Promise<void> {
    const page = this.session.value?.page;
    if (page !== undefined && this.isAtWork.value) {
      const again = () => void this.turn(direction);
      await this.leaveFor(() => this.trail.find(page, direction, this.choice), again);
    }
  }

  /** Saves the page and opens the one that was found; stays on it where there is none. */
  private async leaveFor(find: () => Promise<() => void>, again: () => void): Promise<void> {
    const isSent = await this.labelsAreSent(again, (one) => this.untilSaved(one, again));
    const session = this.session.value;
    const isTurned = () => this.session.value !== session || this.phase.value === "submitting";
    if (!isSent || isTurned() || this.phase.value === "leaving") {
      return;
    }
    this.become("working", "leaving"); // what was said now would stay behind
    try {
      const go = await find();
      if (isTurned()) {
        return;
      }
      go();
    } catch (error) {
      if (isTransient(error) || isSessionEnd(error)) {
        this.heed(error, again);
      } else {
        this.notice.value = staysNotice(error, () => (this.notice.value = null));
      }
      return;
    } finally {
      this.become("leaving", "working");
    }
    await this.open();
  }

  private become(from: Phase, to: Phase): void {
    this.phase.value = this.phase.value === from ? to : this.phase.value;
  }

  /** Gives the page to others, for a reason, and opens the next one. */
  async skip(reason: string): Promise<void> {
    const session = this.session.value;
    this.windows.skip.close();
    const again = () => void this.skip(reason);
    if (session === null || this.phase.value !== "working") {
      return;
    }
    if (!(await this.labelsAreSent(again, () => notice(NOT_SKIPPED, "Skip again", again)))) {
      return;
    }
    try {
      await session.skip(reason);
    } catch (error) {
      this.heed(error, again, "Skip again");
      return;
    }
    await this.openNext();
  }

  /** Hands the page in and opens the next one, unless there are tiles that nobody has seen. */
  async submit(): Promise<void> {
    const session = this.session.value;
    if (session === null || this.phase.value !== "working") {
      return;
    }
    if (session.page.state === "submitted") {
      await this.openNext();
      return;
    }
    const unseen = session.unseen();
    if (unseen.length > 0) {
      this.notice.value = unseenNotice(session, unseen, () => void this.submit());
      return;
    }
    this.phase.value = "submitting";
    this.notice.value = null;
    try {
      const { told, next } = await session.submit(!(await this.choice.isBeside()));
      this.told.value = told;
      if (next !== null) {
        await this.choice.take(next);
      }
    } catch (error) {
      this.phase.value = "working";
      if (isTransient(error)) {
        this.notReached = retryNotice(error, () => void this.submit(), "Submit again");
        this.notice.value = this.notReached;
      } else {
        this.heed(error, () => void this.submit(), "Submit again");
      }
      return;
    }
    await this.openNext();
  }

  act(action: KeyAction): void {
    this.session.value?.noteActivity();
    if (!this.windows.isCovered.value || (action.do === "help" && this.windows.help.isOpen)) {
      perform(action, this);
    }
  }

  /**
   * Sends the labels of the present page. Where they cannot be sent now, `waiting` is told; where
   * a login is needed or a label was refused, that is. `again` goes on after the login.
   */
  private async labelsAreSent(
    again: () => void,
    waiting: (session: PageSession) => Notice,
  ): Promise<boolean> {
    const session = this.session.value;
    if (session === null || session.unsentCount === 0) {
      return true;
    }
    this.notice.value = null;
    const areSent = await session.flush();
    if (this.session.value !== session) {
      return false;
    }
    if (this.asksForLogin()) {
      this.notice.value = loginNotice(this.urls.login, again);
    } else if (!areSent && this.notice.value === null) {
      this.notice.value = waiting(session);
    }
    return areSent && this.notice.value === null;
  }

  /** Goes by itself when the labels are saved. */
  private untilSaved(session: PageSession, again: () => void): Notice {
    const sentence = `${unsaved(session)} The next page can be opened when they are saved.`;
    this.notReached = notice(sentence, "Try again", again);
    return this.notReached;
  }

  private clearPage(): void {
    clearTimeout(this.retryTimer ?? undefined);
    this.retryTimer = null;
    this.unwatch();
    const old = this.session.value;
    batch(() => {
      this.session.value = null;
      this.notice.value = null;
      this.focused.value = 0;
      this.windows.leavePage();
      this.phase.value = "opening";
    });
    old?.stop();
  }

  /** Shows a page in the place of the one before, if that is still there; who takes its pictures. */
  private show(page: PagePart): PageImages {
    const heed = (error: unknown) => {
      if (this.session.value === opened) {
        this.heed(error); // an answer that comes after the page was turned concerns nobody
      }
    };
    this.trail.arrive(page);
    const opened: PageSession = new PageSession(
      ...[page, this.transport, heed, this.keeping, this.trail.renewUrl] as const,
    );
    this.choice.hold(page);
    batch(() => {
      this.clearPage();
      this.session.value = opened;
      this.phase.value = "working";
    });
    this.unwatch = this.watchSaving(opened);
    return opened.images;
  }

  /** Keeps what is said of labels true while they are saved. */
  private watchSaving(session: PageSession): () => void {
    return effect(() => {
      const saved = session.saving.value === "saved";
      const lost = session.lost.value !== "";
      if (lost && (saved || !this.asksForLogin())) {
        this.notice.value = this.nextNotice(fateOfPage(session));
      } else if (saved && this.notReached !== null && this.notice.peek() === this.notReached) {
        this.notice.value = null;
        this.notReached = null;
      }
    });
  }

  private end(none: NonePart): null {
    this.clearPage();
    this.phase.value = "ended";
    if (none.reason !== "finished" && none.reason !== "waiting") {
      this.notice.value = this.noPage(none.sentence);
    } else if (this.told.value === null) {
      this.goTo(none.finishedUrl);
    } else {
      const link = { title: "Go on", url: none.finishedUrl, newTab: false };
      this.notice.value = { sentence: none.sentence, button: null, link };
    }
    return null;
  }

  /** A page that broke off is completed tile by tile; one that did not begin is asked for again. */
  private heedOpening(error: unknown): void {
    if (!isTransient(error)) {
      this.heed(error, () => void this.openPage());
      return;
    }
    if (this.session.value !== null) {
      this.session.value.images.start();
      return;
    }
    this.failures += 1;
    this.notice.value = retryNotice(error, () => void this.openPage());
    this.retryTimer = setTimeout(() => void this.openPage(), backoffMs(this.failures, 1000));
  }

  /** Tells the person of a trouble; `again` is what the button called `title` does. */
  private heed(error: unknown, again = () => this.resume(), title = "Try again"): void {
    if (isSessionEnd(error)) {
      if (!this.asksForLogin()) {
        this.notice.value = loginNotice(this.urls.login, again);
      }
    } else if (error instanceof NotStored) {
      this.notice.value = this.openNotice(error.message, "Load the page again");
    } else if (this.session.value === null && isLost(error)) {
      this.phase.value = "ended";
      const { message } = error;
      this.notice.value = this.choice.isCertain ? this.nextNotice(message) : this.noPage(message);
    } else if (isStaleLease(error)) {
      this.phase.value = "ended";
      this.session.value?.giveUp(error.message); // `watchSaving` tells of it
    } else if (error instanceof HttpError && error.code === "conflict") {
      this.notice.value = this.openNotice(error.message, "Load the page again");
    } else {
      this.notice.value = retryNotice(error, again, title);
    }
  }

  /** Whether the person has been asked to log in; what to do then stays as it was asked first. */
  private asksForLogin(): boolean {
    return this.notice.peek()?.link?.url === this.urls.login;
  }

  private resume(): void {
    this.notice.value = null;
    this.session.value?.resume();
  }

  private openNotice(sentence: string, title: string): Notice {
    return notice(sentence, title, () => void this.openPage());
  }

  private noPage(sentence: string): Notice {
    const link = { title: "My campaigns", url: this.urls.campaigns, newTab: false };
    return { ...this.openNotice(sentence, "Look again"), link };
  }

  private nextNotice(sentence: string): Notice {
    return notice(sentence, "Next page", () => void this.openNext());
  }
}
