/** What to judge, what the colours mean, and what mouse and keys do. */

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { examplePictures, type ExamplePicture } from "../example_pictures";
import { shownChord } from "../chords";
import { commandsOf, GROUPS, type CommandName } from "../commands";
import type { GridController } from "../grid_controller";
import type { KeyMap } from "../key_map";
import { MOUSE_HELP } from "../keyboard";

/** Where the manager wrote no instructions. */
const THE_TASK =
  "Judge whether the marked place is a synapse, whether the mask fits it, and whether the " +
  "presynaptic and the postsynaptic point are on the right sides. Every synapse starts as " +
  "correct, or as unsure where its picture cannot be shown: change the label of those that are " +
  "not, and submit the page.";

interface HelpProps {
  readonly controller: GridController;
  readonly instructions: string;
  /** Called when the help has been closed, in whatever way. */
  readonly onClosed: () => void;
}

export function HelpDialog({ controller, instructions, onClosed }: HelpProps) {
  const open = controller.windows.help.isOpen;
  return (
    <ModalDialog
      open={open}
      class="help help--task"
      aria-labelledby="help-title"
      close={() => controller.windows.help.close()}
      onClosed={onClosed}
    >
      <form method="dialog" class="help__head">
        <h1 id="help-title">Help</h1>
        <button class="button" type="submit">
          Close
        </button>
      </form>
      <div class="help__first">
        <section>
          <h2>Instructions</h2>
          <p class="help__instructions">{instructions.trim() === "" ? THE_TASK : instructions}</p>
          {open && <ExamplePictures pictures={examplePictures()} />}
        </section>
        <section>
          <h2>Keys to begin with</h2>
          <p class="quiet">They act on the synapse with the outline.</p>
          {open && <HelpList rows={firstRows(controller.keys)} />}
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
        </section>
      </div>
      <details class="help__more">
        <summary>The mouse, and all keys</summary>
        <h2>Mouse</h2>
        <HelpList rows={MOUSE_HELP} />
        <h2>Keys</h2>
        <p class="quiet">
          The cards of “What is wrong?” have some of their own, which the help lists there.
        </p>
        {open && <KeyHelp controller={controller} />}
      </details>
    </ModalDialog>
  );
}

/** What one needs on the first pages, with the first key of each command. */
const FIRST: readonly (readonly [names: readonly CommandName[], meaning: string])[] = [
  [["label-next"], "Next label: correct, incorrect, unsure; so does a click"],
  [["label-correct", "label-incorrect", "label-unsure"], "Correct, incorrect, unsure"],
  [["explain"], "Incorrect, and say what is wrong"],
  [["move-left", "move-up", "move-down", "move-right"], "To the synapse beside, above, below"],
  [["slice-before", "slice-after"], "Previous, next slice; so does the wheel"],
  [["overlay"], "Hide mask and points, and show them again"],
  [["details"], "The synapse in detail: all slices large"],
  [["undo"], "Take back the last label"],
  [["submit"], "Submit the page, and go on with the next one"],
  [["help"], "This help"],
];

function firstRows(keys: KeyMap): typeof MOUSE_HELP {
  return FIRST.flatMap(([names, meaning]) => {
    const found = names.flatMap((name) => {
      const command = keys.commands.find((one) => one.name === name);
      return command === undefined ? [] : keys.keysOf(command).slice(0, 1);
    });
    return found.length === 0 ? [] : [[found.map(shownChord), meaning] as const];
  });
}

function ExamplePictures({ pictures }: { readonly pictures: readonly ExamplePicture[] }) {
  return (
    <div class="help__pictures">
      {pictures.map(({ url, caption }) => (
        <figure key={url}>
          <a href={url} target="_blank" rel="noopener">
            <img src={url} alt={caption} />
          </a>
          <figcaption>{caption}</figcaption>
        </figure>
      ))}
    </div>
  );
}

/** The keys as this person has them. */
function KeyHelp({ controller }: { readonly controller: GridController }) {
  const { keys, windows } = controller;
  const choose = () => {
    windows.help.close();
    windows.keys.open();
  };
  return (
    <>
      <button type="button" class="button" onClick={choose}>
        Choose your own keys
      </button>
      {GROUPS.filter((group) => commandsOf(group, "grid").length > 0).map((group) => (
        <section key={group}>
          <h3>{group}</h3>
          <HelpList
            rows={commandsOf(group, "grid").map(
              (command) => [keys.keysOf(command).map(shownChord), command.meaning] as const,
            )}
          />
        </section>
      ))}
    </>
  );
}

function HelpList({ rows }: { readonly rows: typeof MOUSE_HELP }) {
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
