/** What comes behind the last card: false positives to discard, and where to go on. */

import type { CardsController } from "../cards_controller";
import type { CardsFacts } from "./cards_view";

interface EndProps {
  readonly controller: CardsController;
  readonly facts: CardsFacts;
}

export function EndCard({ controller, facts }: EndProps) {
  const { deck } = controller;
  if (!deck.isComplete.value) {
    return (
      <p class="quiet" role="status">
        More cards are on their way…
      </p>
    );
  }
  return (
    <div class="cards-end">
      <h2>{titleOf(controller)}</h2>
      <p class="quiet" role="status">
        {restOf(controller)}
      </p>
      {controller.page === "" && <FalsePositives controller={controller} />}
      <p class="cards-end__ways">
        <a class="button button--main" href={facts.workUrl}>
          {controller.page === "" ? "To the pages" : "Back to the page"}
        </a>
        {controller.page !== "" && (
          <a class="button" href={facts.allUrl}>
            Of all my pages
          </a>
        )}
        <a class="button" href={facts.mineUrl}>
          My pages
        </a>
      </p>
    </div>
  );
}

function titleOf({ deck, page }: CardsController): string {
  if (deck.all.length === 0) {
    return "No cards";
  }
  if (deck.shown.value.length === 0) {
    return "Each has a kind or a note";
  }
  return page === "" ? "That was the last" : "That was the page";
}

function restOf({ deck }: CardsController): string {
  const { all, unexplained } = deck.tally.value;
  if (deck.all.length === 0) {
    return "You have called nothing incorrect or unsure here.";
  }
  if (unexplained === 0) {
    return all === 1 ? "The one card has a kind or a note." : `All ${all} have a kind or a note.`;
  }
  return `${unexplained} of ${all} without a kind or a note. Nobody has to give one.`;
}

function FalsePositives({ controller }: Pick<EndProps, "controller">) {
  const { discarding } = controller;
  const { falsePositives: count } = controller.deck.tally.value;
  const { last, fixed, isAtIt } = discarding;
  if (count === 0 && last.value === null) {
    return null;
  }
  const isOff = isAtIt.value || fixed.value !== null;
  return (
    <section class="cards-end__discard" aria-label="False positives">
      {count > 0 && (
        <>
          <p>
            <b>{count.toLocaleString("en")}</b> of them {count === 1 ? "is" : "are"} a false
            positive: no synapse at all. Discarded ones leave the cards, and nobody revises them.
          </p>
          <button
            type="button"
            class="button"
            disabled={isOff}
            title={controller.keys.titled("They leave the cards", "card-discard")}
            onClick={() => void controller.discard()}
          >
            Discard {count.toLocaleString("en")} false positive{count === 1 ? "" : "s"}
          </button>
        </>
      )}
      {last.value !== null && (
        <>
          <p>
            {discarding.count.value.toLocaleString("en")} discarded.
          </p>
          <button
            type="button"
            class="button"
            disabled={isOff}
            title={controller.keys.titled("As they were", "card-put-back")}
            onClick={() => void controller.takeBack()}
          >
            Undo: put {last.value.count.toLocaleString("en")} back
          </button>
        </>
      )}
      {fixed.value !== null && <p class="quiet">{fixed.value}</p>}
    </section>
  );
}
