/** The whole page: the bar, notices, the row of cards, what comes at its end, help. */

import { useEffect } from "preact/hooks";

import { ModalDialog } from "../../../../core/frontend/modal_dialog";
import { NoticeBar } from "../../view/notice_bar";
import type { Filter } from "../card_deck";
import type { CardsController } from "../cards_controller";
import { CARD_KEYS, cardActionOf } from "../keys";
import { EndCard } from "./end_card";
import { Strip } from "./strip";

export interface CardsFacts {
  readonly campaign: string;
  /** Back to work: to the page that the cards are of, where they are of one. */
  readonly workUrl: string;
  /** The cards of all pages. */
  readonly allUrl: string;
  readonly mineUrl: string;
}

interface CardsProps {
  readonly controller: CardsController;
  readonly facts: CardsFacts;
}

const SAVED_WORDS = { saved: "Saved", saving: "Saving…", unsaved: "Not saved yet" } as const;
const FILTERS: readonly (readonly [Filter, string])[] = [
  ["unexplained", "Without a kind"],
  ["all", "All"],
];

export function CardsView({ controller, facts }: CardsProps) {
  useKeys(controller);
  return (
    <>
      <Bar controller={controller} facts={facts} />
      <NoticeBar controller={controller} />
      <Strip controller={controller}>
        <EndCard controller={controller} facts={facts} />
      </Strip>
      <Help controller={controller} />
    </>
  );
}

function Bar({ controller, facts }: CardsProps) {
  const { sessions } = controller;
  const state = sessions.state.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Cards">
      <div class="toolbar__place">
        <h1 class="toolbar__campaign">What is wrong?</h1>
        <p class="toolbar__progress quiet">{facts.campaign}</p>
      </div>
      <Filters controller={controller} />
      <Overlay controller={controller} />
      <div class="toolbar__end">
        <span class="saved" data-state={state} role="status">
          {SAVED_WORDS[state]}
        </span>
        <span class="toolbar__undo">
          <button
            type="button"
            class="button"
            title="Take back the last step (Ctrl Z)"
            aria-label="Undo"
            disabled={!sessions.canUndo.value}
            onClick={() => controller.act({ do: "undo" })}
          >
            ↶
          </button>
          <button
            type="button"
            class="button"
            title="Do again what was taken back (Ctrl Shift Z)"
            aria-label="Redo"
            disabled={!sessions.canRedo.value}
            onClick={() => controller.act({ do: "redo" })}
          >
            ↷
          </button>
        </span>
        <button
          type="button"
          class="button"
          title="Keys (?)"
          onClick={() => controller.act({ do: "help" })}
        >
          Help
        </button>
        <a class="button button--main" href={facts.workUrl}>
          {controller.page === "" ? "To the pages" : "Back to the page"}
        </a>
      </div>
    </div>
  );
}

function Filters({ controller }: Omit<CardsProps, "facts">) {
  const { deck } = controller;
  const { all, unexplained } = deck.tally.value;
  const counts = { all, unexplained };
  return (
    <div class="cards-filters" role="group" aria-label="Which cards (f)">
      {FILTERS.map(([filter, words]) => (
        <button
          key={filter}
          type="button"
          class="button"
          aria-pressed={deck.filter.value === filter}
          title={filter === "all" ? "All cards (f)" : "Neither a kind nor a note (f)"}
          onClick={() => controller.choose(filter)}
        >
          {words} <b>{counts[filter].toLocaleString("en")}</b>
        </button>
      ))}
    </div>
  );
}

function Overlay({ controller }: Omit<CardsProps, "facts">) {
  const { overlay } = controller;
  const percent = Math.round(overlay.opacity.value * 100);
  return (
    <div class="toolbar__overlay">
      <button
        type="button"
        class="button switch"
        aria-pressed={overlay.shown.value}
        title="Show or hide mask and points (q)"
        onClick={() => overlay.toggle()}
      >
        <span class="switch__mark" aria-hidden="true" />
        Overlay
      </button>
      <label class="slider" title="Mask opacity (− and +)">
        <span class="visually-hidden">Mask opacity in percent</span>
        <input
          type="range"
          min="0"
          max="100"
          step="10"
          value={percent}
          onPointerUp={(event) => event.currentTarget.blur()}
          onInput={(event) => overlay.setOpacity(Number(event.currentTarget.value) / 100)}
        />
        <output>{percent} %</output>
      </label>
    </div>
  );
}

function Help({ controller }: Omit<CardsProps, "facts">) {
  return (
    <ModalDialog
      open={controller.helpOpen.value}
      class="help"
      aria-labelledby="help-title"
      close={() => (controller.helpOpen.value = false)}
      onClosed={() => document.querySelector<HTMLElement>(".card-error[data-current]")?.focus()}
    >
      <form method="dialog" class="help__head">
        <h1 id="help-title">Keys</h1>
        <button class="button" type="submit">
          Close
        </button>
      </form>
      <p class="quiet">They act on the card with the outline.</p>
      <dl class="help__keys">
        {CARD_KEYS.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </ModalDialog>
  );
}

function useKeys(controller: CardsController): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = cardActionOf(event);
      if (action !== null) {
        event.preventDefault();
        controller.act(action);
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [controller]);
}
