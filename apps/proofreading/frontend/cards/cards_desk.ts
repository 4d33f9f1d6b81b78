/** Details over the cards. */

import { signal } from "@preact/signals";

import type { KeyAction } from "../commands";
import type { Desk, Judge, Opened } from "../details/desk";
import { CANNOT_JUDGE, withKind, withLabel, withNote } from "../said";
import type { Said } from "../labels";
import type { TileModel } from "../tile_model";
import type { CardsController } from "./cards_controller";
import { performOnCard } from "./keys";

export function deskOfCards(cards: CardsController): Desk {
  const { keys, overlay, windows, focused } = cards;
  return {
    ...{ keys, overlay, windows, focused, isAtWork: signal(true), judging: judgeOf(cards) },
    labelsBy: "card",
    tiles: () => cards.deck.shown.value.map(({ tile }) => tile),
    opened: () => openedIn(cards),
    perform: (action) => {
      if (isOfRow(action)) {
        return false;
      }
      const isDone = performOnCard(action, cards);
      const tile = cards.card.value?.tile ?? null;
      if (isDone && tile !== null) {
        windows.details.open(tile); // what is taken back may be of another card
      }
      return isDone;
    },
  };
}

/** None once the cards were loaded anew. */
function openedIn({ deck, pictures, windows }: CardsController): Opened | null {
  const shown = deck.shown.value;
  const index = shown.findIndex(({ tile }) => tile === windows.details.on.value);
  const card = shown[index];
  if (card === undefined) {
    return null;
  }
  const { tile, session } = card;
  return { tile, session, images: pictures.imagesOf(tile), index };
}

/** What is about the row of cards, and not about the one that is open. */
function isOfRow(action: KeyAction): boolean {
  const card = action.do === "card" ? action.action.do : null;
  return action.do === "move" || action.do === "details" || card === "filter" || card === "note";
}

function judgeOf(cards: CardsController): Judge {
  const cardOf = (tile: TileModel) => cards.deck.all.find((one) => one.tile === tile);
  const judge = (tile: TileModel, said: Said) => {
    const card = cardOf(tile);
    if (card !== undefined) {
      cards.say(card, said);
    }
  };
  return {
    judge,
    label: (tile, label) => judge(tile, withLabel(tile.said.value, label)),
    cannotJudge: (tile) => judge(tile, withKind(tile.said.value, CANNOT_JUDGE, [])),
    step: (tile, by) => {
      const card = cardOf(tile);
      if (card !== undefined) {
        cards.step(card, by);
      }
    },
    endDraft: () => {
      const { draft } = cards.windows.details;
      const written = draft.peek();
      draft.value = null;
      if (written !== null) {
        judge(written.tile, withNote(written.tile.said.peek(), written.note));
      }
    },
  };
}
