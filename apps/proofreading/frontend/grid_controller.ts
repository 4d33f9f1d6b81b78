/** The work of a person in one campaign: page after page, until there is none. */

import { batch, computed, effect, signal } from "@preact/signals";

import { backoffMs } from "../../core/frontend/backoff";
import { HttpError, isSessionEnd, isTransient } from "../../core/frontend/http";
import { parseLease, type NonePart } from "./contract";
import type { KeyAction } from "./keyboard";
import { nextLabel, type Label } from "./labels";
import { neighbour, type Direction, type Layout } from "./layout";
import { isStaleLease, PageSession } from "./page_session";
import type { OverlayPreferences } from "./preferences";
import type { TileModel } from "./tile_model";
import type { Transport } from "./transport";

/** opening: a page is on its way. working: labels can be set. submitting: the page is handed in. */
export type Phase = "opening" | "working" | "submitting" | "ended";

/** A sentence for the person, with what they can do about it. */
export interface Notice {
  readonly sentence: string;
  readonly button: { readonly title: string; readonly run: () => void } | null;
  readonly link: { readonly title: string; readonly url: string; readonly newTab: boolean } | null;
}

const LOST_PAGE = "This page was submitted or given to someone else since you opened it.";

export interface GridUrls {
  readonly lease: string;
  readonly login: string;
  readonly campaigns: string;
}

export class GridController {
  readonly session = signal<PageSession | null>(null);
  readonly phase = signal<Phase>("opening");
  readonly notice = signal<Notice | null>(null);
  readonly focused = signal(0);
  readonly layout = signal<Layout>({ columns: 1, tilePx: 0 });
  readonly helpOpen = signal(false);
  readonly focusedTile = computed(() => this.session.value?.tiles[this.focused.value] ?? null);
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  /** The notice that goes by itself as soon as labels reach the server again. */
  private notReached: Notice | null = null;
  private unwatch: () => void = () => undefined;
  private opening = new AbortController();

  constructor(
    private readonly urls: GridUrls,
    private readonly transport: Transport,
    readonly overlay: OverlayPreferences,
    private readonly goTo: (url: string) => void,
  ) {}

  /** Leases the next page and shows it while it arrives; first the labels of this one are sent. */
  async openPage(): Promise<void> {
    if (!(await this.labelsAreSent())) {
      return;
    }
    this.clearPage();
    this.opening.abort();
    this.opening = new AbortController();
    const { signal: aborted } = this.opening;
    try {
      await this.readPage(aborted);
    } catch (error) {
      if (!aborted.aborted) {
        this.heedOpening(error);
      }
      return;
    }
    this.failures = 0;
    this.session.value?.images.start();
  }

  /** Hands the page in and opens the next one, unless there are tiles that nobody has seen. */
  async submit(): Promise<void> {
    const session = this.session.value;
    if (session === null || this.phase.value !== "working") {
      return;
    }
    const unseen = session.unseen();
    if (unseen.length > 0) {
      this.notice.value = this.unseenNotice(session, unseen);
      return;
    }
    this.phase.value = "submitting";
    this.notice.value = null;
    try {
      await session.submit();
    } catch (error) {
      this.phase.value = "working";
      if (isTransient(error)) {
        this.notReached = this.retryNotice(error, () => void this.submit(), "Submit again");
        this.notice.value = this.notReached;
      } else {
        this.heed(error, () => void this.submit(), "Submit again");
      }
      return;
    }
    await this.openPage();
  }

  cycle(tile: TileModel): void {
    this.label(tile, nextLabel(tile.label.value));
  }

  label(tile: TileModel, label: Label): void {
    if (this.phase.value === "working" && tile.canBeJudged.value) {
      this.session.value?.label(tile, label);
    }
  }

  step(tile: TileModel, by: number): void {
    this.session.value?.noteActivity();
    tile.step(by);
  }

  act(action: KeyAction): void {
    if (this.helpOpen.value && action.do !== "help") {
      return; // the help lies over the tiles
    }
    const tile = this.focusedTile.value;
    switch (action.do) {
      case "move":
        this.move(action.direction);
        break;
      case "cycle":
        if (tile !== null) {
          this.cycle(tile);
        }
        break;
      case "label":
        if (tile !== null) {
          this.label(tile, action.label);
        }
        break;
      case "step":
        if (tile !== null) {
          this.step(tile, action.by);
        }
        break;
      case "opacity":
        this.overlay.changeOpacity(action.by);
        break;
      case "overlay":
        this.overlay.toggle();
        break;
      case "submit":
        void this.submit();
        break;
      case "help":
        this.helpOpen.value = !this.helpOpen.value;
        break;
    }
  }

  private move(direction: Direction): void {
    const count = this.session.value?.tiles.length ?? 0;
    const { columns } = this.layout.value;
    this.focused.value = neighbour(this.focused.value, count, columns, direction);
  }

  /** Sends the labels of the present page; says so where they cannot be sent now. */
  private async labelsAreSent(): Promise<boolean> {
    const session = this.session.value;
    if (session === null || session.queue.unsent().length === 0) {
      return true;
    }
    this.notice.value = null;
    if ((await session.queue.flush()) || this.session.value !== session) {
      return this.session.value === session;
    }
    if (this.notice.value === null) {
      const sentence = `${unsaved(session)} The next page can be opened when they are saved.`;
      this.notReached = { ...this.openNotice(sentence, "Try again"), link: null };
      this.notice.value = this.notReached;
    }
    return false;
  }

  private clearPage(): void {
    if (this.retryTimer !== null) {
      clearTimeout(this.retryTimer);
      this.retryTimer = null;
    }
    this.unwatch();
    const old = this.session.value;
    batch(() => {
      this.session.value = null;
      this.notice.value = null;
      this.focused.value = 0;
      this.phase.value = "opening";
    });
    old?.stop();
  }

  private async readPage(aborted: AbortSignal): Promise<void> {
    for await (const frame of this.transport.postFrames(this.urls.lease, {}, { signal: aborted })) {
      const session = this.session.value;
      if (session !== null) {
        session.images.accept(frame);
        continue;
      }
      const lease = parseLease(frame.header);
      if (lease.part === "none") {
        this.end(lease);
        return;
      }
      const opened: PageSession = new PageSession(lease, this.transport, (error) => {
        if (this.session.value === opened) {
          this.heed(error); // an answer that comes after the page was turned concerns nobody
        }
      });
      batch(() => {
        this.session.value = opened;
        this.phase.value = "working";
      });
      this.unwatch = this.watchSaving(opened);
    }
    if (this.session.value === null) {
      throw new HttpError(502, "empty_answer", "The server sent no page.");
    }
  }

  /** Keeps what is said of labels true while they are saved. */
  private watchSaving(session: PageSession): () => void {
    return effect(() => {
      const saved = session.queue.state.value === "saved";
      const lost = session.lost.value;
      if (lost && (saved || !this.asksForLogin())) {
        this.notice.value = this.openNotice(`${LOST_PAGE} ${fateOfLabels(session)}`, "Next page");
      } else if (saved && this.notReached !== null && this.notice.peek() === this.notReached) {
        this.notice.value = null;
        this.notReached = null;
      }
    });
  }

  private end(none: NonePart): void {
    this.phase.value = "ended";
    if (none.reason === "finished" || none.reason === "waiting") {
      this.goTo(none.finishedUrl);
      return;
    }
    const link = { title: "My campaigns", url: this.urls.campaigns, newTab: false };
    this.notice.value = { ...this.openNotice(none.sentence, "Look again"), link };
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
    this.notice.value = this.retryNotice(error, () => void this.openPage());
    this.retryTimer = setTimeout(() => void this.openPage(), backoffMs(this.failures, 1000));
  }

  /** Tells the person of a trouble; `again` is what the button called `title` does. */
  private heed(error: unknown, again = () => this.resume(), title = "Try again"): void {
    if (isSessionEnd(error)) {
      if (!this.asksForLogin()) {
        this.notice.value = this.loginNotice(again);
      }
    } else if (isStaleLease(error)) {
      this.phase.value = "ended";
      this.session.value?.giveUp(); // `watchSaving` tells of it
    } else if (error instanceof HttpError && error.code === "conflict") {
      this.notice.value = this.openNotice(error.message, "Load the page again");
    } else {
      this.notice.value = this.retryNotice(error, again, title);
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
    return { sentence, button: { title, run: () => void this.openPage() }, link: null };
  }

  /** What nobody has seen is handed in as unsure, and not without being asked about. */
  private unseenNotice(session: PageSession, unseen: readonly TileModel[]): Notice {
    const which = unseen.length === 1 ? "One synapse" : `${unseen.length} synapses`;
    const run = () => {
      for (const tile of unseen.filter((each) => !each.judged.value)) {
        session.label(tile, "unsure");
      }
      void this.submit();
    };
    return {
      sentence: `${which} could not be shown yet and would go in as unsure.`,
      button: { title: "Submit with unsure", run },
      link: null,
    };
  }

  private loginNotice(again: () => void): Notice {
    return {
      sentence: "You are no longer logged in. Your labels are kept on this page: log in, then go on.",
      link: { title: "Log in", url: this.urls.login, newTab: true },
      button: { title: "Go on", run: again },
    };
  }

  private retryNotice(error: unknown, again: () => void, title = "Try again"): Notice {
    const sentence = error instanceof Error ? error.message : String(error);
    return { sentence, button: { title, run: again }, link: null };
  }
}

/** What became of the labels of a page that is no longer held. */
function fateOfLabels(session: PageSession): string {
  if (session.queue.unsent().length > 0) {
    return `${unsaved(session)} Keep this page open until everything is saved.`;
  }
  return (
    "Your labels were kept. Those that you made after the page had gone to someone else, or had " +
    "been submitted, are kept as late and do not count in the result."
  );
}

function unsaved(session: PageSession): string {
  const count = session.queue.unsent().length;
  return `${count === 1 ? "One label has" : `${count} labels have`} not reached the server yet.`;
}
