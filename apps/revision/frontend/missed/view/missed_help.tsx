/** How missed synapses are added, and what keys do, as this person has them. */

import { ModalDialog } from "../../../../core/frontend/modal_dialog";
import { shownChord } from "../../../../proofreading/frontend/chords";
import { MISSED_COMMANDS } from "../commands";
import type { MissedController } from "../missed_controller";

export function MissedHelp({ missed }: { readonly missed: MissedController }) {
  const { help, keys } = missed.windows;
  const choose = () => {
    help.close();
    keys.open();
  };
  const groups = [...new Set(MISSED_COMMANDS.map(({ group }) => group))];
  return (
    <ModalDialog
      open={help.isOpen}
      class="help"
      aria-labelledby="help-title"
      close={() => help.close()}
      onClosed={() => undefined}
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
            Mark a synapse that the table lacks, look over its numbers, and save it: it is in the campaign’s
            results then, and can be drawn. X, Y and the slices from Z1 to Z2 are voxels of the table. What
            you review is kept in this browser until it is saved.
          </p>
          <h2>Keys</h2>
          <button type="button" class="button" onClick={choose}>
            Choose your own keys
          </button>
          {groups.map((group) => (
            <section key={group}>
              <h3>{group}</h3>
              <dl class="help__keys">
                {MISSED_COMMANDS.filter((one) => one.group === group).map((command) => (
                  <div key={command.name}>
                    <dt>
                      {missed.keys.keysOf(command).map((chord) => (
                        <kbd key={chord}>{shownChord(chord)}</kbd>
                      ))}
                    </dt>
                    <dd>{command.meaning}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </>
      )}
    </ModalDialog>
  );
}
