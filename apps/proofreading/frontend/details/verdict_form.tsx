/** The verdict so far, to be changed at once: label, kinds of error, note. */

import { useEffect } from "preact/hooks";

import type { GridController } from "../grid_controller";
import { LABEL_SIGNS, LABEL_WORDS, LABELS } from "../labels";
import type { PageSession } from "../page_session";
import { choicesFor } from "../reasons";
import { canToggle, CANNOT_JUDGE, withKind } from "../said";
import type { TileModel } from "../tile_model";
import { CannotJudge } from "./tile_trouble";

const LONGEST_NOTE = 2000; // as the server takes it

interface VerdictProps {
  readonly controller: GridController;
  readonly session: PageSession;
  readonly tile: TileModel;
}

export function VerdictForm({ controller, session, tile }: VerdictProps) {
  const isOpen = controller.isAtWork.value && tile.canBeJudged.value;
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
            title={controller.keys.titled(LABEL_WORDS[label], `label-${label}`)}
            onClick={() => controller.judging.label(tile, label)}
          >
            <span aria-hidden="true">{LABEL_SIGNS[label]}</span> {LABEL_WORDS[label]}
          </button>
        ))}
        <CannotJudge controller={controller} tile={tile} />
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
              onChange={() => controller.judging.judge(tile, withKind(said, key, categories))}
            />
            <span>{title}</span>
          </label>
        ))}
        <Note key={tile.item} controller={controller} tile={tile} />
      </fieldset>
    </section>
  );
}

/** Kept when it is left, or with Enter. What is correct has no note. */
function Note({ controller, tile }: Omit<VerdictProps, "session">) {
  const { draft } = controller.windows.details;
  const written = draft.value?.tile === tile ? draft.value.note : null;
  const keep = () => controller.judging.endDraft();
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
