/** What mouse and keys do, as this person has them. */

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { shownChord } from "../../../proofreading/frontend/chords";
import { REVISE_COMMANDS } from "../commands";
import type { ReviseController } from "../revise_controller";

const MOUSE: readonly (readonly [string, string])[] = [
  ["Drag", "What the tool does: a curve around the cleft, a stroke of brush or eraser"],
  ["Click", "With the curve: a point more. A point of it can be dragged"],
  ["Right click", "Takes a point of the curve away; so does Alt with a click"],
  ["Wheel", "Previous, next slice"],
  ["Ctrl Wheel", "Zoom in and out under the pointer"],
  ["Space drag", "Moves the picture; so does the middle button"],
];

interface HelpProps {
  readonly revise: ReviseController;
  readonly onClosed: () => void;
}

export function HelpDialog({ revise, onClosed }: HelpProps) {
  const { help, keys } = revise.windows;
  const choose = () => {
    help.close();
    keys.open();
  };
  const groups = [...new Set(REVISE_COMMANDS.map(({ group }) => group))];
  return (
    <ModalDialog
      open={help.isOpen}
      class="help"
      aria-labelledby="help-title"
      close={() => help.close()}
      onClosed={onClosed}
    >
      {help.isOpen && (
        <>
          <form method="dialog" class="help__head">
            <h1 id="help-title">Help</h1>
            <button class="button" type="submit">
              Close
            </button>
          </form>
          <p>
            Draw on each slice where the cleft is, set both points, and finish. Everything is saved as
            you draw, first in this browser: a lost network loses nothing.
          </p>
          <h2>Colours</h2>
          <ul class="help__colours">
            <li>
              <i class="legend__mask" /> mask
            </li>
            <li>
              <i class="legend__proposed" /> proposed by a computation, not accepted yet
            </li>
            <li>
              <i class="legend__original" /> outline of the original mask
            </li>
            <li>
              <i class="legend__pre" /> presynaptic point; pale when it lies in another slice
            </li>
            <li>
              <i class="legend__post" /> postsynaptic point; pale when it lies in another slice
            </li>
          </ul>
          <h2>Mouse</h2>
          <Rows rows={MOUSE.map(([what, meaning]) => [[what], meaning] as const)} />
          <h2>Keys</h2>
          <button type="button" class="button" onClick={choose}>
            Choose your own keys
          </button>
          {groups.map((group) => (
            <section key={group}>
              <h3>{group}</h3>
              <Rows
                rows={REVISE_COMMANDS.filter((one) => one.group === group).map(
                  (command) => [revise.keys.keysOf(command).map(shownChord), command.meaning] as const,
                )}
              />
            </section>
          ))}
        </>
      )}
    </ModalDialog>
  );
}

function Rows({ rows }: { readonly rows: readonly (readonly [readonly string[], string])[] }) {
  return (
    <dl class="help__keys">
      {rows.map(([keys, meaning]) => (
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
  );
}
