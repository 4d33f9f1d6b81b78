/** What a person does with the cards: looks, says what is wrong, discards false positives. */

import { batch, computed, effect, signal } from "@preact/signals";

import { backoffMs } from "../../../core/frontend/backoff";
import { isSessionEnd, isTransient } from "../../../core/frontend/http";
import { LEFT } from "../../../core/frontend/leaving";
import { DetailsPanel } from "../details/details_panel";
import type { Keeping } from "../kept_labels";
import { KeyMap } from "../key_map";
import type { Label, Said } from "../labels";
import { fateOfPage, loginNotice, notice, retryNotice, type Notice } from "../notices";
import { isStaleLease, NotStored, PageSession } from "../page_session";
import type { OverlayPreferences } from "../preferences";
import type { TileModel } from "../tile_model";
import type { Transport } from "../transport";
import { choicesFor } from "../reasons";
import { withKind, withLabel, withNote } from "../said";
import { PlainWindow, Window } from "../windows";
import { isFalsePositive, type Card } from "./card";
import { CardDeck } from "./card_deck";
import { CardPictures } from "./card_pictures";
import { parseCards, type CardsPart } from "./cards_contract";
import { Discarding, type DiscardUrls } from "./discarding";
import type { CardAction } from "./keys";
import { Sessions } from "./sessions";

export interface CardsUrls extends DiscardUrls {
  readonly cards: string;
  readonly login: string;
}

const RELOAD = "Load the cards again";
const UNSENT = "Some of what you said has not reached the server yet. Try again when it is saved.";

export class CardsController {
  readonly deck = new CardDeck();
  readonly sessions = new Sessions();
  readonly pictures: CardPictures;
  readonly discarding: Discarding;
  readonly notice = signal<Notice | null>(null);
  readonly helpOpen = signal(false);
  private told: Notice | null = null;
  readonly keys = new KeyMap("cards");
  readonly windows = {
    /** Where people choose their own keys. */
    keys: new PlainWindow(),
    /** A synapse in detail. */
    details: new DetailsPanel(),
    /** The synapse in Neuroglancer. */
    viewer: new Window<TileModel>(),
  };
  /** Whether keys are for a window. */
  readonly isCovered = computed(() => Object.values(this.windows).some((one) => one.isOpen));
  /** The card that keys are about, by its place in the row. */
  readonly focused = signal(0);
  /** Counts up where the note of that card is to be written. */
  readonly noteAsked = signal(0);
  /** Counts up where the row is to show that card. */
  readonly moved = signal(0);
  readonly card = computed(() => this.deck.shown.value[this.focused.value] ?? null);
  private loading = new AbortController();
  private failures = 0;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly urls: CardsUrls,
    private readonly transport: Transport,
    readonly overlay: OverlayPreferences,
    /** The lease of the one page that is shown; "" where all are. */
    readonly page: string,
    private readonly keeping: Keeping | null = null,
  ) {
    const heed = (error: unknown) => this.heed(error, null);
    const frames = (url: string, signal: AbortSignal) => transport.getFrames(url, { signal });
    this.pictures = new CardPictures(frames, heed);
    this.discarding = new Discarding(urls, transport);
    effect(() => this.tellOfLost());
  }

  /** Loads the cards anew; what is unsent is sent before. */
  async open(): Promise<void> {
    this.notice.value = null;
    if (!(await this.isSent(() => void this.open()))) {
      return;
    }
    this.clear();
    await this.read(0);
  }

  private async read(after: number): Promise<void> {
    const { signal: aborted } = this.loading;
    for (let next: number | null = after; next !== null; ) {
      const at: number = next;
      let part: CardsPart;
      try {
        part = parseCards(await this.transport.getJson(this.addressOf(at), { signal: aborted }));
      } catch (error) {
        if (!aborted.aborted) {
          this.heedLoading(error, at);
        }
        return;
      }
      if (aborted.aborted) {
        return;
      }
      this.failures = 0;
      this.take(part);
      next = part.next;
    }
    this.deck.isComplete.value = true;
  }

  private addressOf(after: number): string {
    const page = this.page === "" ? {} : { page: this.page };
    return `${this.urls.cards}?${new URLSearchParams({ after: String(after), ...page })}`;
  }

  private take(part: CardsPart): void {
    const sessions = part.pages.map((page) => {
      const session: PageSession = new PageSession(
        page,
        this.transport,
        (error) => this.heed(error, session),
        this.keeping,
      );
      return session;
    });
    batch(() => {
      this.notice.value = null;
      const { counts, lastDiscard, fixed } = part;
      if (counts !== null) {
        this.deck.begin(counts);
        this.discarding.tell({ counts, lastDiscard }, fixed);
      }
      this.deck.add(sessions);
    });
  }

  /** Tells something that stands until the next deed. */
  tell(sentence: string, title = "Close", run: () => void = () => this.tellNothing()): void {
    this.told = notice(sentence, title, run);
    this.notice.value = this.told;
  }

  private tellNothing(): void {
    if (this.notice.value === this.told) {
      this.notice.value = null;
    }
  }

  act(action: CardAction): void {
    if (this.helpOpen.value && action.do !== "help") {
      return;
    }
    this.tellNothing();
    const { value: card } = this.card;
    switch (action.do) {
      case "move":
        this.go(this.focused.value + action.by);
        break;
      case "first":
        this.go(0);
        break;
      case "last":
        this.go(this.deck.shown.value.length - 1);
        break;
      case "overlay":
        this.overlay.toggle();
        break;
      case "opacity":
        this.overlay.changeOpacity(action.by);
        break;
      case "filter":
        this.choose(this.deck.filter.value === "all" ? "unexplained" : "all");
        break;
      case "undo":
        this.show(this.sessions.undo());
        break;
      case "redo":
        this.show(this.sessions.redo());
        break;
      case "help":
        this.helpOpen.value = !this.helpOpen.value;
        break;
      default:
        if (card !== null) {
          this.actOn(card, action);
        }
    }
  }

  private actOn(card: Card, action: CardAction): void {
    switch (action.do) {
      case "kind": {
        const kind = choicesFor(card.tile.said.value, card.page.categories)[action.index];
        if (kind !== undefined) {
          this.toggle(card, kind.key);
        }
        break;
      }
      case "label":
        this.label(card, action.label);
        break;
      case "note":
        this.noteAsked.value += 1;
        break;
      case "step":
        this.step(card, action.by);
        break;
    }
  }

  choose(filter: CardDeck["filter"]["value"]): void {
    this.endDraft();
    this.deck.choose(filter);
    this.go(0);
  }

  /** Makes a card the one that keys are about, and brings it into sight. */
  go(index: number): void {
    this.endDraft();
    const last = this.deck.shown.value.length - 1;
    this.focused.value = Math.max(0, Math.min(index, last));
    this.moved.value += 1;
  }

  toggle(card: Card, key: string): void {
    this.say(card, withKind(card.tile.said.value, key, card.page.categories));
  }

  label(card: Card, label: Label): void {
    this.say(card, withLabel(card.tile.said.value, label));
  }

  step(card: Card, by: number): void {
    card.session.noteActivity();
    card.tile.step(by);
  }

  say(card: Card, said: Said): void {
    if (card.tile.locked.value === null) {
      this.sessions.judge(card.session, card.tile, said);
    }
  }

  /** Says what is being written on a card, where something is. */
  endDraft(card: Card | null = this.card.value): void {
    const note = card?.draft.peek() ?? null;
    if (card !== null && note !== null) {
      card.draft.value = null;
      this.say(card, withNote(card.tile.said.value, note));
    }
  }

  async discard(): Promise<void> {
    this.tellNothing();
    const again = () => void this.discard();
    if (!(await this.isSent(again))) {
      return;
    }
    const taken = this.deck.all.filter((card) => isFalsePositive(card.tile.said.peek()));
    let count: number;
    try {
      count = await this.discarding.discard(taken.map(({ tile }) => tile.item));
    } catch (error) {
      this.heedDeed(error, again);
      return;
    }
    if (count !== taken.length) {
      await this.open(); // others are gone than those that are shown here
      return;
    }
    const gone = new Set(taken);
    this.sessions.forgetStepsOf(taken);
    this.deck.take((card) => gone.has(card));
    this.go(this.focused.value);
    this.tell(`${count.toLocaleString("en")} discarded.`, "Undo", () => void this.takeBack());
  }

  async takeBack(): Promise<void> {
    this.tellNothing();
    const again = () => void this.takeBack();
    try {
      await this.discarding.takeBack();
    } catch (error) {
      this.heedDeed(error, again);
      return;
    }
    await this.open();
  }

  /** Goes on after a trouble that the person has resolved. */
  resume(): void {
    this.notice.value = null;
    this.sessions.resume();
    this.pictures.resume();
  }

  private show(tile: TileModel | null): void {
    const index = this.deck.shown.value.findIndex((card) => card.tile === tile);
    if (index >= 0) {
      this.go(index);
    }
  }

  private clear(): void {
    this.loading.abort(LEFT);
    this.loading = new AbortController();
    if (this.retryTimer !== null) {
      clearTimeout(this.retryTimer);
    }
    this.pictures.stop();
    this.deck.all.forEach(({ session }) => session.stop());
    batch(() => {
      this.sessions.forget();
      this.deck.clear();
      this.focused.value = 0;
    });
  }

  /** Whether all that was said has reached the server; else the person is told. */
  private async isSent(again: () => void): Promise<boolean> {
    this.endDraft();
    const isSent = await this.sessions.flush();
    if (!isSent && this.notice.value === null) {
      this.notice.value = notice(UNSENT, "Try again", again);
    }
    return isSent && this.notice.value === null;
  }

  private heedLoading(error: unknown, after: number): void {
    const again = () => {
      this.notice.value = null;
      void this.read(after);
    };
    if (isSessionEnd(error)) {
      this.notice.value = loginNotice(this.urls.login, again);
      return;
    }
    this.notice.value = retryNotice(error, again);
    if (isTransient(error)) {
      this.failures += 1;
      this.retryTimer = setTimeout(again, backoffMs(this.failures, 1000));
    }
  }

  private heedDeed(error: unknown, again: () => void): void {
    if (isSessionEnd(error)) {
      this.notice.value = loginNotice(this.urls.login, again);
    } else if (isTransient(error)) {
      this.notice.value = retryNotice(error, again);
    } else {
      this.notice.value = retryNotice(error, () => void this.open(), RELOAD);
    }
  }

  /** Tells of a trouble with what was said, or with pictures. */
  private heed(error: unknown, session: PageSession | null): void {
    if (isSessionEnd(error)) {
      this.notice.value = loginNotice(this.urls.login, () => this.resume());
    } else if (isStaleLease(error) && session !== null) {
      session.giveUp(error.message); // `tellOfLost` tells of it
    } else if (error instanceof NotStored) {
      this.notice.value = notice(error.message, RELOAD, () => void this.open());
    } else {
      this.notice.value = retryNotice(error, () => this.resume());
    }
  }

  private tellOfLost(): void {
    const lost = this.sessions.touched.value.filter((session) => session.lost.value !== "");
    const saved = lost.find(({ queue }) => queue.state.value === "saved");
    if (saved !== undefined) {
      this.notice.value = notice(fateOfPage(saved), RELOAD, () => void this.open());
    }
  }
}
