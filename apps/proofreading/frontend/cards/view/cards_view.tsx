/** The whole page: the bar, notices, the row of cards, what comes at its end, help. */

import { useLayoutEffect, useMemo } from "preact/hooks";

import { ModalDialog } from "../../../../core/frontend/modal_dialog";
import { DetailsDialog } from "../../details/details_dialog";
import type { PersonalSettings } from "../../personal_settings";
import { KeysDialog } from "../../view/keys_dialog";
import { NoticeBar } from "../../view/notice_bar";
import { OpacityOfAll, OverlaySwitch } from "../../view/overlay_controls";
import { useFitting } from "../../view/fitting";
import { viewUrl, ViewerWindow } from "../../view/viewer_window";
import type { Filter } from "../card_deck";
import type { CardsController } from "../cards_controller";
import { helpOfCards, pressOnCards } from "../keys";
import { deskOfCards } from "../cards_desk";
import { placeOf } from "./card_view";
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

interface PageProps extends CardsProps {
  /** Keeps the person's own keys; null where nobody does. */
  readonly settings?: PersonalSettings | null;
}

/** A closed window leaves the focus to no one; the card that keys are about takes it. */
function focusCurrentCard(): void {
  document.querySelector<HTMLElement>(".card-error[data-current]")?.focus();
}

const SAVED_WORDS = { saved: "Saved", saving: "Saving…", unsaved: "Not saved yet" } as const;
const FILTERS: readonly (readonly [Filter, string])[] = [
  ["unexplained", "Without a kind"],
  ["all", "All"],
];

export function CardsView({ controller, facts, settings = null }: PageProps) {
  useKeys(controller, facts);
  const desk = useMemo(() => deskOfCards(controller), [controller]);
  return (
    <>
      <Bar controller={controller} facts={facts} />
      <NoticeBar controller={controller} />
      <Strip controller={controller}>
        <EndCard controller={controller} facts={facts} />
      </Strip>
      <Help controller={controller} />
      <KeysDialog controller={controller} settings={settings} onClosed={focusCurrentCard} />
      <DetailsDialog desk={desk} onClosed={focusCurrentCard} />
      <Viewer controller={controller} />
    </>
  );
}

function Bar({ controller, facts }: CardsProps) {
  const { keys, overlay, sessions } = controller;
  const bar = useFitting();
  const state = sessions.state.value;
  return (
    <div ref={bar} class="toolbar" role="toolbar" aria-label="Cards">
      <div class="toolbar__place">
        <h1 class="toolbar__campaign">What is wrong?</h1>
        <p class="toolbar__progress quiet">{facts.campaign}</p>
      </div>
      <Filters controller={controller} />
      <div class="toolbar__overlay">
        <OverlaySwitch keys={keys} overlay={overlay} />
        <OpacityOfAll keys={keys} overlay={overlay} />
      </div>
      <div class="toolbar__end">
        <span class="saved" data-state={state} role="status">
          {SAVED_WORDS[state]}
        </span>
        <span class="toolbar__undo">
          <button
            type="button"
            class="button"
            title={keys.titled("Take back the last step", "undo")}
            aria-label="Undo"
            disabled={!sessions.canUndo.value}
            onClick={() => controller.act({ do: "undo" })}
          >
            ↶
          </button>
          <button
            type="button"
            class="button"
            title={keys.titled("Do again what was taken back", "redo")}
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
          title={keys.titled("Keys", "help")}
          onClick={() => controller.act({ do: "help" })}
        >
          Help
        </button>
        <a
          class="button button--main"
          href={facts.workUrl}
          title={keys.titled("Back to work", "card-work")}
        >
          {controller.page === "" ? "To the pages" : "Back to the page"}
        </a>
      </div>
    </div>
  );
}

/** A card in Neuroglancer; none once the cards were loaded anew. */
function Viewer({ controller }: Omit<CardsProps, "facts">) {
  const { deck, windows } = controller;
  const card = deck.shown.value.find(({ tile }) => tile === windows.viewer.on.value);
  return (
    <ViewerWindow
      open={card !== undefined}
      name={card === undefined ? "" : `${placeOf(card)} in Neuroglancer`}
      url={card === undefined ? null : viewUrl(card.page.urls.neuroglancer, card.tile.item)}
      close={() => windows.viewer.close()}
      onClosed={focusCurrentCard}
      note={() => card?.session.noteActivity()}
    />
  );
}

function Filters({ controller }: Omit<CardsProps, "facts">) {
  const { deck, keys } = controller;
  const { all, unexplained } = deck.tally.value;
  const counts = { all, unexplained };
  return (
    <div class="cards-filters" role="group" aria-label="Which cards">
      {FILTERS.map(([filter, words]) => (
        <button
          key={filter}
          type="button"
          class="button"
          aria-pressed={deck.filter.value === filter}
          title={keys.titled(
            filter === "all" ? "All cards" : "Neither a kind nor a note",
            "card-filter",
          )}
          onClick={() => controller.choose(filter)}
        >
          {words} <b>{counts[filter].toLocaleString("en")}</b>
        </button>
      ))}
    </div>
  );
}

function Help({ controller }: Omit<CardsProps, "facts">) {
  const choose = () => {
    controller.helpOpen.value = false;
    controller.windows.keys.open();
  };
  return (
    <ModalDialog
      open={controller.helpOpen.value}
      class="help"
      aria-labelledby="help-title"
      close={() => (controller.helpOpen.value = false)}
      onClosed={() => controller.windows.keys.isOpen || focusCurrentCard()}
    >
      <form method="dialog" class="help__head">
        <h1 id="help-title">Keys</h1>
        <button class="button" type="submit">
          Close
        </button>
      </form>
      <p class="quiet">
        They act on the card with the outline. Some do something else on the tiles; that is told
        with them. The wheel over a picture steps through its slices.
      </p>
      <button type="button" class="button" onClick={choose}>
        Choose your own keys
      </button>
      <dl class="help__keys">
        {helpOfCards(controller.keys, controller.page === "").map(({ name, keys, meaning, elsewhere }) => (
          <div key={name}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>
              {meaning}
              {elsewhere !== "" && <span class="quiet"> (on the tiles: {elsewhere})</span>}
            </dd>
          </div>
        ))}
      </dl>
    </ModalDialog>
  );
}

function useKeys(controller: CardsController, { workUrl }: CardsFacts): void {
  // Before anything is to be seen: a key that is pressed at once counts.
  useLayoutEffect(() => {
    const goToWork = () => window.location.assign(workUrl);
    const press = (event: KeyboardEvent) => {
      if (pressOnCards(event, controller, goToWork)) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [controller, workUrl]);
}
