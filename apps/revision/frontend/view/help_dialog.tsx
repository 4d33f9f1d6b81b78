/** What mouse and keys do, as this person has them. */

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { shownChord } from "../../../proofreading/frontend/chords";
import { MATTER_MOST, REVISE_COMMANDS, SYNANNO_KEYS, type CommandName } from "../commands";
import type { ReviseController } from "../revise_controller";

/** What it is done with, and what for; `old` is the key that SynAnno had for it, where that differs. */
interface HelpRow {
  readonly keys: readonly string[];
  readonly meaning: string;
  readonly old?: string | undefined;
}

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
          <h2>The keys that matter</h2>
          <Rows rows={MATTER_MOST.map((name) => rowOf(revise, name))} />
          <h2>Mouse</h2>
          <Rows rows={MOUSE.map(([what, meaning]) => ({ keys: [what], meaning }))} />
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
          <details class="help__more">
            <summary>All keys</summary>
            <button type="button" class="button" onClick={choose}>
              Choose your own keys
            </button>
            {groups.map((group) => (
              <section key={group}>
                <h3>{group}</h3>
                <Rows
                  rows={REVISE_COMMANDS.filter((one) => one.group === group).map(({ name }) =>
                    rowOf(revise, name),
                  )}
                />
              </section>
            ))}
          </details>
        </>
      )}
    </ModalDialog>
  );
}

function rowOf({ keys }: ReviseController, name: CommandName): HelpRow {
  const command = REVISE_COMMANDS.find((one) => one.name === name);
  const own = command === undefined ? [] : keys.keysOf(command);
  const old = SYNANNO_KEYS[name];
  const isOther = old !== undefined && !own.includes(old);
  return {
    keys: own.map(shownChord),
    meaning: command?.meaning ?? "",
    old: isOther ? old : undefined,
  };
}

function Rows({ rows }: { readonly rows: readonly HelpRow[] }) {
  return (
    <dl class="help__keys">
      {rows.map(({ keys, meaning, old }) => (
        <div key={meaning}>
          <dt>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>
            {meaning}
            {old !== undefined && (
              <span class="quiet">
                {" "}
                (in SynAnno <kbd>{old}</kbd>)
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
