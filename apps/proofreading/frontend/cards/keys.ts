/** What keys do on the cards: the same as in the grid where both do it, and what only cards do. */

import { shownChord } from "../chords";
import { COMMANDS, meaningIn, type Command, type CommandName, type KeyAction } from "../commands";
import { retry } from "../key_actions";
import type { KeyMap } from "../key_map";
import { actionOf } from "../keyboard";
import type { Label } from "../labels";
import type { Card } from "./card";
import type { CardsController } from "./cards_controller";

export type CardAction =
  | { readonly do: "move"; readonly by: -1 | 1 }
  | { readonly do: "kind"; readonly index: number }
  | { readonly do: "label"; readonly label: Label }
  | { readonly do: "step"; readonly by: -1 | 1 }
  | { readonly do: "opacity"; readonly by: -1 | 1 }
  | { readonly do: "first" | "last" | "note" | "overlay" | "filter" | "undo" | "redo" | "help" };

/** What keys do that is about all cards, or leaves them. */
export interface CardDeed {
  readonly do: "discard" | "take-back" | "work";
}

const ALL: readonly Command[] = COMMANDS;
const OF_ALL_PAGES = "False positives are discarded among the cards of all your pages.";
/** What is done with the cards of all pages only. */
const WITH_ALL: readonly string[] = ["card-discard", "card-put-back"];

/** Does what a key press asks for; whether it asked for anything. `goToWork` leaves the cards. */
export function pressOnCards(
  event: KeyboardEvent,
  cards: CardsController,
  goToWork: () => void,
): boolean {
  const action = actionOf(event, cards.keys);
  if (action === null || cards.isCovered.value) {
    return false;
  }
  if (cards.helpOpen.value && action.do !== "help") {
    return false;
  }
  if (action.do === "card" && isDeed(action.action)) {
    performDeed(action.action, cards, goToWork);
  } else if (action.do === "keys") {
    cards.windows.keys.open();
  } else {
    performOnCard(action, cards);
  }
  return true;
}

/** What is about the card that keys are about, or how cards are looked at; whether it is. */
export function performOnCard(action: KeyAction, cards: CardsController): boolean {
  const asInGrid = shared(action) ?? (action.do === "card" ? action.action : null);
  if (asInGrid !== null && !isDeed(asInGrid)) {
    cards.act(asInGrid);
    return true;
  }
  return cards.card.value !== null && performOn(cards.card.value, action, cards);
}

function isDeed(action: CardAction | CardDeed): action is CardDeed {
  return action.do === "discard" || action.do === "take-back" || action.do === "work";
}

/** What grid and cards both do, as the cards call it. */
function shared(action: KeyAction): CardAction | null {
  switch (action.do) {
    case "move":
      return moved(action.direction);
    case "step":
    case "opacity":
      return { do: action.do, by: action.by };
    case "overlay":
    case "undo":
    case "redo":
    case "help":
      return { do: action.do };
    default:
      return null;
  }
}

function moved(direction: string): CardAction {
  if (direction === "first" || direction === "last") {
    return { do: direction };
  }
  return { do: "move", by: direction === "left" ? -1 : 1 };
}

/** A deed is done where its button is offered. */
function performDeed(action: CardDeed, cards: CardsController, goToWork: () => void): void {
  const { deck, discarding, page } = cards;
  const mayDiscard = page === "" && deck.isComplete.value && !discarding.isAtIt.value;
  const why = page === "" ? discarding.fixed.value : OF_ALL_PAGES;
  if (why !== null && action.do !== "work") {
    cards.tell(why);
    return;
  }
  switch (action.do) {
    case "discard":
      if (mayDiscard && deck.tally.value.falsePositives > 0) {
        void cards.discard();
      } else if (mayDiscard) {
        cards.tell("No card is called a false positive.");
      }
      break;
    case "take-back":
      if (mayDiscard && discarding.last.value !== null) {
        void cards.takeBack();
      }
      break;
    case "work":
      goToWork();
      break;
  }
}

function performOn(card: Card, action: KeyAction, cards: CardsController): boolean {
  const { tile } = card;
  const mine = tile.refused.value;
  switch (action.do) {
    case "retry":
      retry(tile, cards.pictures.imagesOf(tile));
      return true;
    case "keep":
      tile.refused.value = null;
      return true;
    case "set":
      if (mine !== null) {
        cards.say(card, mine);
      }
      return true;
    case "details":
      cards.windows.details.open(tile);
      return true;
    case "viewer":
      cards.windows.viewer.open(tile);
      return true;
    default:
      return false;
  }
}

/** The first key of a command, as this person has it; empty where it has none. */
export function keyOf(keys: KeyMap, name: CommandName): string {
  const command = ALL.find((each) => each.name === name);
  const chord = command && keys.keysOf(command)[0];
  return chord === undefined ? "" : shownChord(chord);
}

/** A line of the help. */
export interface HelpLine {
  readonly name: string;
  readonly keys: readonly string[];
  readonly meaning: string;
  /** What one of the keys does on the tiles of the grid, where that is something else. */
  readonly elsewhere: string;
}

/** The keys that hold on the cards of one page, or of all; those of the cards alone first. */
export function helpOfCards(keys: KeyMap, isOfAll: boolean): readonly HelpLine[] {
  const here = ALL.filter(
    ({ name, scopes }) => scopes.includes("cards") && (isOfAll || !WITH_ALL.includes(name)),
  );
  const own = here.filter(({ scopes }) => !scopes.includes("grid"));
  const both = here.filter(({ scopes }) => scopes.includes("grid"));
  return [...own, ...both].map((command) => {
    const chords = keys.keysOf(command);
    const others = chords.map((chord) => keys.commandOf(chord, "grid"));
    const other = others.find((one) => one !== null && one !== command && isOther(one, command));
    return {
      name: command.name,
      keys: chords.map(shownChord),
      meaning: meaningIn(command, "cards"),
      elsewhere: other?.meaning ?? "",
    };
  });
}

function isOther(inGrid: Command, onCards: Command): boolean {
  return inGrid.name !== onCards.like;
}
