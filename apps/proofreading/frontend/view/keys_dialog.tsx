/** Where people choose their own keys: press a new one for anything that the grid does. */

import { useEffect, useMemo, useRef } from "preact/hooks";

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { chordOf, shownChord } from "../chords";
import { COMMANDS, GROUPS, type Command } from "../commands";
import type { GridController } from "../grid_controller";
import { KeyChoosing } from "../key_choosing";
import { MOST_KEYS } from "../key_map";
import type { PersonalSettings } from "../personal_settings";

interface KeysProps {
  readonly controller: GridController;
  readonly settings: PersonalSettings | null;
  readonly onClosed: () => void;
}

export function KeysDialog({ controller, settings, onClosed }: KeysProps) {
  const choosing = useMemo(() => new KeyChoosing(controller.keys), [controller]);
  const { keys: open } = controller.windows;
  const close = () => {
    choosing.giveUp();
    open.close();
  };
  return (
    <ModalDialog
      open={open.isOpen}
      class="help keys"
      aria-labelledby="keys-title"
      close={close}
      onClosed={onClosed}
    >
      {open.isOpen && (
        <>
          <div class="help__head">
            <h1 id="keys-title">Keys</h1>
            <button type="button" class="button" onClick={close}>
              Close
            </button>
          </div>
          <p class="quiet">
            Yours in every browser: choose “Add”, then press the new key, alone or with Ctrl, Alt or
            Shift.
          </p>
          {GROUPS.map((group) => (
            <section key={group}>
              <h2>{group}</h2>
              <ul class="keys__list">
                {COMMANDS.filter((command) => command.group === group).map((command) => (
                  <Row
                    key={command.name}
                    command={command}
                    controller={controller}
                    choosing={choosing}
                  />
                ))}
              </ul>
            </section>
          ))}
          <Foot choosing={choosing} controller={controller} settings={settings} />
        </>
      )}
    </ModalDialog>
  );
}

interface RowProps {
  readonly command: Command;
  readonly controller: GridController;
  readonly choosing: KeyChoosing;
}

function Row({ command, controller, choosing }: RowProps) {
  const { keys } = controller;
  const chords = keys.keysOf(command);
  const isWaiting = choosing.waiting.value === command;
  return (
    <li class="keys__row" data-command={command.name}>
      <span class="keys__meaning">{command.meaning}</span>
      <span class="keys__chords">
        {chords.map((chord) => (
          <button
            key={chord}
            type="button"
            class="keys__chord"
            title={`Take ${shownChord(chord)} away`}
            aria-label={`${shownChord(chord)}: take it away from “${command.meaning}”`}
            onClick={() => choosing.remove(command, chord)}
          >
            <kbd>{shownChord(chord)}</kbd>
            <span aria-hidden="true">×</span>
          </button>
        ))}
        {chords.length === 0 && <span class="keys__none">no key</span>}
        {isWaiting ? (
          <Catcher choosing={choosing} command={command} />
        ) : (
          <button
            type="button"
            class="button keys__add"
            aria-label={`Add a key to “${command.meaning}”`}
            title={chords.length < MOST_KEYS ? undefined : `The last ${MOST_KEYS - 1} stay`}
            onClick={() => choosing.begin(command)}
          >
            Add
          </button>
        )}
        {keys.isOwn(command) && (
          <button
            type="button"
            class="button keys__add"
            aria-label={`Reset the keys of “${command.meaning}”`}
            title="The keys that it has for everybody"
            onClick={() => choosing.reset(command)}
          >
            Reset
          </button>
        )}
      </span>
    </li>
  );
}

/** Has the focus while a key is awaited, and takes every key but Tab. */
function Catcher({ choosing, command }: Omit<RowProps, "controller">) {
  const here = useRef<HTMLButtonElement>(null);
  useEffect(() => here.current?.focus(), []);
  const press = (event: KeyboardEvent) => {
    if (event.key === "Tab") {
      return; // the focus leaves, and the waiting ends
    }
    event.preventDefault();
    event.stopPropagation();
    const chord = chordOf(event);
    if (event.key === "Escape") {
      choosing.giveUp();
    } else if (chord !== null && !event.repeat) {
      choosing.press(chord);
    }
  };
  return (
    <button
      ref={here}
      type="button"
      class="button keys__add keys__catcher"
      aria-label={`Press the new key of “${command.meaning}”; Escape gives up`}
      onKeyDown={press}
      onBlur={() => choosing.waiting.value === command && choosing.giveUp()}
    >
      Press a key…
    </button>
  );
}

function Foot({
  choosing,
  controller,
  settings,
}: {
  readonly choosing: KeyChoosing;
  readonly controller: GridController;
  readonly settings: PersonalSettings | null;
}) {
  const take = useRef<HTMLButtonElement>(null);
  const conflict = choosing.conflict.value;
  useEffect(() => take.current?.focus(), [conflict]);
  const isAsGiven = Object.keys(controller.keys.own.value).length === 0;
  return (
    <div class="keys__foot">
      <p role="status" class="keys__told">
        {choosing.told.value}
      </p>
      {conflict !== null && (
        <p class="keys__choice">
          <button ref={take} type="button" class="button" onClick={() => choosing.take()}>
            Take it for “{conflict.command.meaning}”
          </button>
          <button type="button" class="button" onClick={() => choosing.begin(conflict.command)}>
            Another key
          </button>
        </p>
      )}
      <p class="keys__choice">
        <button
          type="button"
          class="button"
          disabled={isAsGiven}
          onClick={() => choosing.resetAll()}
        >
          All as for everybody
        </button>
        {settings !== null && <Kept settings={settings} />}
      </p>
    </div>
  );
}

function Kept({ settings }: { readonly settings: PersonalSettings }) {
  if (settings.state.value !== "unsaved") {
    return <span class="quiet">{settings.state.value === "saving" ? "Saving…" : "Saved"}</span>;
  }
  return (
    <span role="alert">
      Only this browser has it: {settings.trouble.value}{" "}
      <button type="button" class="button" onClick={() => void settings.retry()}>
        Try again
      </button>
    </span>
  );
}
