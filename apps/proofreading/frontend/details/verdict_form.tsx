/** The verdict so far, to be changed at once: label, kinds of error, note. */

import { useEffect, useRef, useState } from "preact/hooks";

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
  const { note } = tile.said.value;
  const [text, setText] = useState(note);
  useEffect(() => setText(note), [note]);
  const keep = () => {
    const said = tile.said.peek();
    if (text.trim() !== said.note && said.label !== "correct") {
      controller.judging.judge(tile, { ...said, note: text.trim() });
    }
  };
  // Also when another synapse is gone to, or the window closed, by a key or a click.
  const latest = useRef(keep);
  latest.current = keep;
  useEffect(() => () => latest.current(), []);
  return (
    <label class="own-words reasons__note">
      <span>Note</span>
      <input
        type="text"
        maxLength={LONGEST_NOTE}
        value={text}
        disabled={tile.label.value === "correct"}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={keep}
        onKeyDown={(event) => event.key === "Enter" && keep()}
      />
    </label>
  );
}
