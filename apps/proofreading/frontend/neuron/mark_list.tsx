/** The places that somebody has marked on this page: look at one, say something of it, remove it. */

import type { KeyMap } from "../key_map";
import { KeyName } from "./key_name";
import type { Mark, MarkKeeper } from "./marks";
import type { SearchWalk } from "./search_walk";

const LONGEST_NOTE = 500;

interface ListProps {
  readonly walk: SearchWalk;
  readonly marks: MarkKeeper;
  /** Whether the page is held, so that marks can still be changed. */
  readonly mayChange: boolean;
  readonly keys: KeyMap;
}

export function MarkList({ walk, marks, mayChange, keys }: ListProps) {
  const shown = marks.shown.value;
  const addUrl = document.getElementById("grid")?.dataset["missedUrl"];
  return (
    <div class="marks">
      <h2 class="marks__title">
        Missed synapses <span class="quiet">{shown.length}</span>
      </h2>
      {shown.length === 0 && (
        <p class="quiet">
          None marked. Where you see a synapse without a point, press <KeyName keys={keys} name="mark" /> over it. Submit
          the page when you have looked at all of the section, also if you found none.
        </p>
      )}
      {shown.length > 0 && addUrl !== undefined && (
        <p>
          <a href={addUrl} target="_blank" rel="noopener">
            Add them as synapses
          </a>
        </p>
      )}
      <ol class="marks__list">
        {shown.map((mark, at) => (
          <Row key={mark.key} mark={mark} at={at + 1} {...{ walk, marks, mayChange, keys }} />
        ))}
      </ol>
    </div>
  );
}

function Row({ mark, at, walk, marks, mayChange }: ListProps & { readonly mark: Mark; readonly at: number }) {
  return (
    <li class="marks__one">
      <div class="marks__head">
        <button
          type="button"
          class="button marks__go"
          title="Look at this place"
          onClick={() => walk.lookAt(mark.position)}
        >
          <span class="visually-hidden">Look at mark {at}: </span>
          {mark.position.join(", ")}
        </button>
        {mayChange && (
          <button
            type="button"
            class="button button--quiet"
            aria-label={`Remove mark ${at}`}
            title="Remove this mark"
            onClick={() => walk.remove(mark.key)}
          >
            ✕
          </button>
        )}
      </div>
      <input
        class="field marks__note"
        aria-label={`Note on mark ${at}`}
        placeholder="Note"
        maxLength={LONGEST_NOTE}
        value={mark.note}
        readOnly={!mayChange}
        onInput={(event) => marks.note(mark.key, event.currentTarget.value)}
      />
    </li>
  );
}
