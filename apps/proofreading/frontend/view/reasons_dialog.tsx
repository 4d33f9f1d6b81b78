/** What is wrong with a synapse: kinds of error and a note, beside its picture. */

import { useState } from "preact/hooks";

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import type { GridController } from "../grid_controller";
import type { PageSession } from "../page_session";
import { choicesFor } from "../reasons";
import { canToggle, inOrder, toggled } from "../said";
import type { TileModel } from "../tile_model";

const LONGEST = 2000; // as the server takes it
const GAP_PX = 12;

interface ReasonsProps {
  readonly controller: GridController;
  readonly onClosed: () => void;
}

export function ReasonsDialog({ controller, onClosed }: ReasonsProps) {
  const session = controller.session.value;
  const tile = controller.windows.reasons.on.value;
  return (
    <ModalDialog
      open={tile !== null}
      class="reasons"
      aria-labelledby="reasons-title"
      close={() => controller.judging.explained(null)}
      onClosed={onClosed}
      onShown={(dialog) => tile !== null && putBeside(dialog, tile.item)}
    >
      {session !== null && tile !== null && (
        <ReasonsForm key={tile.item} controller={controller} session={session} tile={tile} />
      )}
    </ModalDialog>
  );
}

interface FormProps {
  readonly controller: GridController;
  readonly session: PageSession;
  readonly tile: TileModel;
}

function ReasonsForm({ controller, session, tile }: FormProps) {
  const [chosen, setChosen] = useState(tile.said.value.categories);
  const [note, setNote] = useState(tile.said.value.note);
  const choices = choicesFor(tile.said.value, session.page.categories);
  const toggle = (key: string) => setChosen(toggled(chosen, key));
  const byDigit = (event: KeyboardEvent) => {
    const isText = event.target instanceof Element && event.target.matches("[type=text]");
    const choice = /^[1-9]$/.test(event.key) ? choices[Number(event.key) - 1] : undefined;
    if (!isText && choice !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      toggle(choice.key);
    }
  };
  const done = (event: Event) => {
    event.preventDefault();
    const categories = inOrder(chosen, session.page.categories);
    controller.judging.explained({ categories, note: note.trim() });
  };
  return (
    <form onSubmit={done} onKeyDown={byDigit}>
      <h1 id="reasons-title">What is wrong?</h1>
      <p class="quiet">
        Synapse {session.tiles.indexOf(tile) + 1} of {session.tiles.length}
      </p>
      {choices.map(({ key, title }, index) => (
        <label key={key} class="reasons__kind">
          <input
            type="checkbox"
            checked={chosen.includes(key)}
            disabled={!canToggle(chosen, key)}
            onChange={() => toggle(key)}
          />
          <span>{title}</span>
          {index < 9 && <kbd>{index + 1}</kbd>}
        </label>
      ))}
      <label class="own-words reasons__note">
        <span>Note</span>
        <input
          type="text"
          maxLength={LONGEST}
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </label>
      <p class="reasons__end">
        <button type="submit" class="button button--main" title="Enter">
          Done
        </button>
        <button
          type="button"
          class="button"
          title="Escape"
          onClick={() => controller.judging.explained(null)}
        >
          Cancel
        </button>
      </p>
    </form>
  );
}

/** At the right of the tile, else at its left: what one speaks of stays in sight. */
function putBeside(dialog: HTMLDialogElement, item: number): void {
  const tile = document.querySelector(`.tile[data-item="${item}"]`)?.getBoundingClientRect();
  if (tile === undefined) {
    return;
  }
  const { offsetWidth: width, offsetHeight: height } = dialog;
  const [right, left] = [tile.right + GAP_PX, tile.left - GAP_PX - width];
  const x = right + width <= window.innerWidth ? right : left;
  const y = x >= 0 ? tile.top : tile.bottom + GAP_PX;
  dialog.style.left = `${Math.max(0, Math.min(x, window.innerWidth - width))}px`;
  dialog.style.top = `${Math.max(0, Math.min(y, window.innerHeight - height))}px`;
}
