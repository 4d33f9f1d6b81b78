/** The list of keys, under the campaign's instructions. */

import { useEffect, useRef } from "preact/hooks";

import type { GridController } from "../grid_controller";
import { KEY_HELP } from "../keyboard";

interface HelpProps {
  readonly controller: GridController;
  readonly instructions: string;
}

export function HelpDialog({ controller, instructions }: HelpProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = controller.helpOpen.value;
  useEffect(() => {
    if (open) {
      dialog.current?.showModal();
    } else {
      dialog.current?.close();
    }
  }, [open]);
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={() => (controller.helpOpen.value = false)}
    >
      <form method="dialog" class="help__head">
        <h1 id="help-title">Help</h1>
        <button class="button" type="submit">
          Close
        </button>
      </form>
      {instructions !== "" && (
        <section>
          <h2>Instructions</h2>
          <p class="help__instructions">{instructions}</p>
        </section>
      )}
      <h2>Colours</h2>
      <ul class="help__colours">
        <li>
          <i class="legend__mask" /> mask of the synapse
        </li>
        <li>
          <i class="legend__pre" /> presynaptic point; pale when it lies in another slice
        </li>
        <li>
          <i class="legend__post" /> postsynaptic point; pale when it lies in another slice
        </li>
      </ul>
      <h2>Keys</h2>
      <dl class="help__keys">
        {KEY_HELP.map(([keys, meaning]) => (
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
    </dialog>
  );
}
