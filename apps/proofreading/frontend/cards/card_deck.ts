/** The cards that have come so far, which of them are shown, and how many there are of what. */

import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";

import type { PageSession } from "../page_session";
import { Card, isFalsePositive, isUnexplained } from "./card";
import type { CardCounts } from "./cards_contract";

export type Filter = "unexplained" | "all";

export interface Tally {
  readonly all: number;
  readonly unexplained: number;
  readonly falsePositives: number;
}

const NONE: Tally = { all: 0, unexplained: 0, falsePositives: 0 };

export class CardDeck {
  /** Whether all have come. */
  readonly isComplete = signal(false);
  readonly filter = signal<Filter>("all");
  /** Those in the row. What is explained, or called correct again, stays there until another
   * filter is chosen: nothing slips away from under the hand. */
  readonly shown = signal<readonly Card[]>([]);
  private hasBegun = false;
  private readonly cards = signal<readonly Card[]>([]);
  private readonly tallies = signal<readonly ReadonlySignal<Tally>[]>([]);
  private readonly told = signal<Tally>(NONE);
  /** What the server counted, until all cards are here to be counted with what was said since. */
  readonly tally = computed<Tally>(() =>
    this.isComplete.value
      ? this.tallies.value.map(({ value }) => value).reduce(plus, NONE)
      : this.told.value,
  );

  get all(): readonly Card[] {
    return this.cards.value;
  }

  /** Takes in what the server has counted. At first those are shown of which nothing was said. */
  begin({ all, unexplained, false_positives: falsePositives }: CardCounts): void {
    this.told.value = { all, unexplained, falsePositives };
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.filter.value = unexplained > 0 ? "unexplained" : "all";
    }
  }

  /** Puts the cards of some pages behind the others. */
  add(sessions: readonly PageSession[]): void {
    const cards = sessions.flatMap((session) =>
      session.tiles.map((tile) => new Card(session, tile)),
    );
    batch(() => {
      this.cards.value = [...this.cards.value, ...cards];
      this.tallies.value = [...this.tallies.value, ...sessions.map(tallyOf)];
      this.shown.value = [...this.shown.value, ...cards.filter((card) => this.passes(card))];
    });
  }

  choose(filter: Filter): void {
    batch(() => {
      this.filter.value = filter;
      this.shown.value = this.cards.value.filter((card) => this.passes(card));
    });
  }

  /** Takes cards out of the row; they are counted no more. */
  take(isTaken: (card: Card) => boolean): void {
    const left = this.cards.value.filter((card) => !isTaken(card));
    const kept = new Set(left);
    batch(() => {
      this.cards.value = left;
      this.tallies.value = [...bySession(left)].map((cards) => computed(() => tallied(cards)));
      this.shown.value = this.shown.value.filter((card) => kept.has(card));
    });
  }

  clear(): void {
    batch(() => {
      this.isComplete.value = false;
      this.cards.value = [];
      this.tallies.value = [];
      this.shown.value = [];
    });
  }

  private passes({ tile }: Card): boolean {
    const said = tile.said.peek();
    return this.filter.peek() === "all" ? said.label !== "correct" : isUnexplained(said);
  }
}

/** Counted page by page: what is said of one card has ten thousand others not counted again. */
function tallyOf(session: PageSession): ReadonlySignal<Tally> {
  return computed(() => tallied(session.tiles.map((tile) => ({ tile }))));
}

function tallied(cards: readonly Pick<Card, "tile">[]): Tally {
  const said = cards.map(({ tile }) => tile.said.value);
  return {
    all: said.filter(({ label }) => label !== "correct").length,
    unexplained: said.filter(isUnexplained).length,
    falsePositives: said.filter(isFalsePositive).length,
  };
}

function plus(one: Tally, other: Tally): Tally {
  return {
    all: one.all + other.all,
    unexplained: one.unexplained + other.unexplained,
    falsePositives: one.falsePositives + other.falsePositives,
  };
}

function bySession(cards: readonly Card[]): Iterable<readonly Card[]> {
  const found = new Map<PageSession, Card[]>();
  for (const card of cards) {
    const others = found.get(card.session);
    if (others === undefined) {
      found.set(card.session, [card]);
    } else {
      others.push(card);
    }
  }
  return found.values();
}
