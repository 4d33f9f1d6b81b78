/** One card: the picture, the label, the kinds of error, the note. */

import { useLayoutEffect, useRef } from "preact/hooks";

import { remarksOf } from "../../details/tile_trouble";
import { LABEL_SIGNS, LABEL_WORDS, type Label } from "../../labels";
import { KeyName } from "../../neuron/key_name";
import { choicesFor, wordsOf } from "../../reasons";
import { canToggle } from "../../said";
import { Refused } from "../../view/refused";
import type { Card } from "../card";
import type { CardsController } from "../cards_controller";
import { CardPicture } from "./card_picture";

const LONGEST_NOTE = 2000; // as the server takes it
const LABEL_BUTTONS: readonly (readonly [Label, string])[] = [
  ["incorrect", LABEL_WORDS.incorrect],
  ["unsure", LABEL_WORDS.unsure],
  ["correct", "Correct again"],
];

export interface CardProps {
  readonly controller: CardsController;
  readonly card: Card;
  readonly index: number;
}

export function CardView({ controller, card, index }: CardProps) {
  const place = useRef<HTMLDivElement>(null);
  const { tile, page } = card;
  const isCurrent = controller.focused.value === index;
  const said = tile.said.value;
  // The focus goes with the keys, but is taken from no control outside of the cards.
  useLayoutEffect(() => {
    const { activeElement } = document;
    const isFree = activeElement === document.body || activeElement?.closest(".card-error") != null;
    if (isCurrent && isFree && place.current?.contains(activeElement) === false) {
      place.current.focus({ preventScroll: true });
    }
  }, [isCurrent]);
  return (
    <div
      ref={place}
      class="card-error"
      role="listitem"
      aria-posinset={index + 1}
      aria-setsize={controller.deck.shown.value.length}
      aria-label={describe(card)}
      tabIndex={isCurrent ? 0 : -1}
      data-current={isCurrent ? "" : undefined}
      data-label={said.label}
      data-item={tile.item}
      onFocusIn={() => (controller.focused.value = index)}
    >
      <header class="card-error__head">
        <span>{placeOf(card)}</span>
        {page.state === "held" && <span class="quiet">not submitted yet</span>}
      </header>
      <CardPicture controller={controller} card={card} />
      {tile.locked.value !== null && <p class="card-error__locked">🔒 {tile.locked.value}</p>}
      <Refused
        class="card-error__refused"
        tile={tile}
        categories={page.categories}
        keys={controller.keys}
        set={(mine) => controller.say(card, mine)}
      />
      <Labels controller={controller} card={card} index={index} />
      <Kinds controller={controller} card={card} index={index} />
      <Note controller={controller} card={card} index={index} />
    </div>
  );
}

function describe(card: Card): string {
  const { tile, page } = card;
  const said = `${placeOf(card)}: ${wordsOf(tile.said.value, page.categories)}`;
  return tile.locked.value === null
    ? `${said}${remarksOf(tile)}`
    : `${said}. ${tile.locked.value}`;
}

/** "Page 3, synapse 2": which one it is. */
export function placeOf({ page, tile }: Card): string {
  const where = page.kind === "training" ? "Training" : `Page ${page.number}`;
  const named = tile.sourceId === null ? "" : `, id ${tile.sourceId}`;
  return `${where}, synapse ${tile.position + 1}${named}`;
}

function Labels({ controller, card, index }: CardProps) {
  const { value: present } = card.tile.label;
  return (
    <div class="card-error__labels" role="group" aria-label="Label">
      {LABEL_BUTTONS.map(([label, words]) => (
        <button
          key={label}
          type="button"
          class="card-error__label"
          data-label={label}
          aria-pressed={present === label}
          title={controller.keys.titled(words, `card-${label}`)}
          disabled={card.tile.locked.value !== null}
          tabIndex={controller.focused.value === index ? 0 : -1}
          onClick={() => controller.label(card, label)}
        >
          <span aria-hidden="true">{LABEL_SIGNS[label]}</span> {words}
        </button>
      ))}
    </div>
  );
}

function Kinds({ controller, card, index }: CardProps) {
  const said = card.tile.said.value;
  return (
    <div class="card-error__kinds" role="group" aria-label="Kinds of error">
      {choicesFor(said, card.page.categories).map(({ key, title }, place) => (
        <button
          key={key}
          type="button"
          class="card-error__kind"
          aria-pressed={said.categories.includes(key)}
          disabled={card.tile.locked.value !== null || !canToggle(said.categories, key)}
          tabIndex={controller.focused.value === index ? 0 : -1}
          onClick={() => controller.toggle(card, key)}
        >
          <span class="card-error__mark" aria-hidden="true" />
          <span>{title}</span>
          <span aria-hidden="true">
            <KeyName keys={controller.keys} name={`card-kind-${place + 1}`} />
          </span>
        </button>
      ))}
    </div>
  );
}

/** Said when one leaves the field, or with Enter; Shift Enter begins a line. */
function Note({ controller, card, index }: CardProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const isCurrent = controller.focused.value === index;
  const asked = controller.noteAsked.value;
  const seen = useRef(asked);
  // Before the next key press: the first letters are of the note.
  useLayoutEffect(() => {
    if (isCurrent && asked !== seen.current) {
      field.current?.focus();
    }
    seen.current = asked;
  }, [asked]);
  const { tile } = card;
  const isLocked = tile.locked.value !== null || tile.label.value === "correct";
  const press = (event: KeyboardEvent) => {
    const isEnd = event.key === "Escape" || (event.key === "Enter" && !event.shiftKey);
    if (isEnd && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation(); // it is not the next one's Enter
      controller.endDraft(card);
      field.current?.closest<HTMLElement>(".card-error")?.focus();
    }
  };
  return (
    <label class="card-error__note">
      <span class="quiet">
        Note{" "}
        <span aria-hidden="true">
          <KeyName keys={controller.keys} name="card-note" />
        </span>
      </span>
      <textarea
        ref={field}
        rows={2}
        maxLength={LONGEST_NOTE}
        disabled={isLocked}
        tabIndex={isCurrent ? 0 : -1}
        value={card.draft.value ?? tile.said.value.note}
        onInput={(event) => (card.draft.value = event.currentTarget.value)}
        onBlur={() => controller.endDraft(card)}
        onKeyDown={press}
      />
    </label>
  );
}
