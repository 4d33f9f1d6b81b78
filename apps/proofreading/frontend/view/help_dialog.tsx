/** What to judge, what the colours mean, and what mouse and keys do. */

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { examplePictures, type ExamplePicture } from "../example_pictures";
import { shownChord } from "../chords";
import { commandsOf, GROUPS } from "../commands";
import type { GridController } from "../grid_controller";
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
      class="help"
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
      <h2>Instructions</h2>
      <p class="help__instructions">{instructions.trim() === "" ? THE_TASK : instructions}</p>
      {open && <ExamplePictures pictures={examplePictures()} />}
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
      <h2>Mouse</h2>
      <HelpList rows={MOUSE_HELP} />
      <h2>Keys</h2>
      <p class="quiet">
        They act on the synapse with the outline. The cards of “What is wrong?” have some of their
        own, which the help lists there.
      </p>
      {open && <KeyHelp controller={controller} />}
    </ModalDialog>
  );
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
