/** The verdict so far, to be changed at once: label, kinds of error, note. */

import { useEffect } from "preact/hooks";

import { LABEL_SIGNS, LABEL_WORDS, LABELS } from "../labels";
import { choicesFor } from "../reasons";
import { canToggle, CANNOT_JUDGE, withKind } from "../said";
import type { TileModel } from "../tile_model";
import type { Desk, Opened } from "./desk";
import { CannotJudge } from "./tile_trouble";

const LONGEST_NOTE = 2000; // as the server takes it

interface VerdictProps {
  readonly desk: Desk;
  readonly opened: Opened;
}

export function VerdictForm({ desk, opened }: VerdictProps) {
  const { session, tile } = opened;
  const isOpen = desk.isAtWork.value && tile.canBeJudged.value;
  const said = tile.said.value;
  const standing = tile.standing.value;
  const { categories } = session.page;
  const kinds = choicesFor(said, categories).filter(({ key }) => key !== CANNOT_JUDGE);
  return (
    <section class="details__verdict" aria-label="Verdict">
      <div class="details__labels" role="group" aria-label="Label">
        {LABELS.map((label) => (
          <button
            key={label}
            type="button"
            class="button details__label"
            data-label={label}
            aria-pressed={standing === label}
            disabled={!isOpen}
            title={desk.keys.titled(LABEL_WORDS[label], `${desk.labelsBy}-${label}`)}
            onClick={() => desk.judging.label(tile, label)}
          >
            <span aria-hidden="true">{LABEL_SIGNS[label]}</span> {LABEL_WORDS[label]}
          </button>
        ))}
        <CannotJudge desk={desk} tile={tile} />
      </div>
      {tile.locked.value !== null && <p class="quiet">{tile.locked.value}</p>}
      <fieldset class="details__kinds" disabled={!isOpen}>
        <legend>What is wrong</legend>
        {kinds.map(({ key, title }) => (
          <label key={key} class="reasons__kind">
            <input
              type="checkbox"
              checked={said.categories.includes(key)}
              disabled={!canToggle(said.categories, key)}
              onChange={() => desk.judging.judge(tile, withKind(said, key, categories))}
            />
            <span>{title}</span>
          </label>
        ))}
        <Note key={tile.item} desk={desk} tile={tile} />
      </fieldset>
    </section>
  );
}

/** Kept when it is left, or with Enter. What is correct has no note. */
function Note({ desk, tile }: { readonly desk: Desk; readonly tile: TileModel }) {
  const { draft } = desk.windows.details;
  const written = draft.value?.tile === tile ? draft.value.note : null;
  const keep = () => desk.judging.endDraft();
  // Also when another synapse is gone to, or the window closed, by a key or a click.
  useEffect(() => keep, []);
  return (
    <label class="own-words reasons__note">
      <span>Note</span>
      <input
        type="text"
        maxLength={LONGEST_NOTE}
        value={written ?? tile.said.value.note}
        disabled={tile.label.value === "correct"}
        onInput={(event) => (draft.value = { tile, note: event.currentTarget.value })}
        onBlur={keep}
        onKeyDown={(event) => event.key === "Enter" && keep()}
      />
    </label>
  );
}
