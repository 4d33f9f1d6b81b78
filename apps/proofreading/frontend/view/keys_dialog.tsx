/** Where people choose their own keys: press a new one for anything that grid and cards do. */

import { useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { chordOf, shownChord } from "../chords";
import { meaningIn, type Command } from "../commands";
import { KeyChoosing } from "../key_choosing";
import { MOST_KEYS, type ChosenKeys } from "../key_map";
import type { PersonalSettings } from "../personal_settings";
import type { PlainWindow } from "../windows";

/** What of the page it needs. */
interface Keyed {
  readonly keys: ChosenKeys;
  readonly windows: { readonly keys: PlainWindow };
}

interface KeysProps {
  readonly controller: Keyed;
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
        <div onKeyDown={(event) => heed(event, choosing)}>
          <div class="help__head">
            <h1 id="keys-title">Keys</h1>
            <button type="button" class="button" onClick={close}>
              Close
            </button>
          </div>
          <p class="quiet">
            Yours in every browser: choose “Add”, then press the new key, alone or with Ctrl, Alt or
            Shift.{" "}
            {["grid", "cards"].includes(controller.keys.scope) &&
              "Tiles and cards share a key for what both do; what only one of them does may have " +
                "the same key as something of the other."}
          </p>
          {groupsFor(controller.keys).map(([group, commands]) => (
            <section key={group}>
              <h2>{group === "Cards" ? "Cards of “What is wrong?”" : group}</h2>
              <ul class="keys__list">
                {commands.map((command) => (
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
        </div>
      )}
    </ModalDialog>
  );
}

/** All of them; where one is at work on the cards, theirs come first. */
function groupsFor({ scope, commands }: ChosenKeys) {
  const groups = [...new Set(commands.map(({ group }) => group))].map(
    (group) => [group, commands.filter((one) => one.group === group)] as const,
  );
  const isFirst = (group: string) => scope === "cards" && group === "Cards";
  return [
    ...groups.filter(([group]) => isFirst(group)),
    ...groups.filter(([group]) => !isFirst(group)),
  ];
}

interface RowProps {
  readonly command: Command;
  readonly controller: Keyed;
  readonly choosing: KeyChoosing;
}

function Row({ command, controller, choosing }: RowProps) {
  const { keys } = controller;
  const chords = keys.keysOf(command);
  const isWaiting = choosing.waiting.value === command;
  return (
    <li class="keys__row" data-command={command.name}>
      <span class="keys__meaning">{meaningIn(command, keys.scope)}</span>
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
        <button
          type="button"
          class="button keys__add"
          aria-label={
            isWaiting
              ? `Press the new key of “${command.meaning}”; Escape gives up`
              : `Add a key to “${command.meaning}”`
          }
          aria-pressed={isWaiting}
          title={chords.length < MOST_KEYS ? undefined : `The last ${MOST_KEYS - 1} stay`}
          onClick={(event) => {
            event.currentTarget.focus(); // some browsers focus no button that is clicked
            choosing.begin(command);
          }}
          onBlur={() => choosing.waiting.value === command && choosing.giveUp()}
        >
          {isWaiting ? "Press a key…" : "Add"}
        </button>
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

/** Takes every key but Tab while one is awaited. */
function heed(event: KeyboardEvent, choosing: KeyChoosing): void {
  if (choosing.waiting.value === null || event.key === "Tab") {
    return; // with Tab the focus leaves, and the waiting ends
  }
  event.preventDefault();
  event.stopPropagation();
  const chord = chordOf(event);
  if (event.key === "Escape") {
    choosing.giveUp();
  } else if (chord !== null && !event.repeat) {
    choosing.press(chord);
  }
}

/** The button of a command, for whoever has just answered what was asked below the list. */
function focusRow(command: Command): void {
  document.querySelector<HTMLElement>(`[data-command="${command.name}"] .keys__add`)?.focus();
}

function Foot({
  choosing,
  controller,
  settings,
}: {
  readonly choosing: KeyChoosing;
  readonly controller: Keyed;
  readonly settings: PersonalSettings | null;
}) {
  const take = useRef<HTMLButtonElement>(null);
  const conflict = choosing.conflict.value;
  useLayoutEffect(() => take.current?.focus(), [conflict]);
  const answer = (act: () => void) => {
    if (conflict !== null) {
      focusRow(conflict.command);
      act();
    }
  };
  const isAsGiven = Object.keys(controller.keys.own.value).length === 0;
  return (
    <div class="keys__foot">
      <p role="status" class="keys__told">
        {choosing.told.value}
      </p>
      {conflict !== null && (
        <p class="keys__choice">
          <button ref={take} type="button" class="button" onClick={() => answer(() => choosing.take())}>
            Take it for “{conflict.command.meaning}”
          </button>
          <button
            type="button"
            class="button"
            onClick={() => answer(() => choosing.begin(conflict.command))}
          >
            Another key
          </button>
        </p>
      )}
      {settings !== null && <Elsewhere settings={settings} keys={controller.keys} />}
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

/** Where another browser of the person has chosen otherwise, meanwhile. */
function Elsewhere({ settings, keys }: { readonly settings: PersonalSettings; readonly keys: ChosenKeys }) {
  const others = keys.commands.filter(({ name }) => settings.others.value[name] !== undefined);
  if (others.length === 0) {
    return null;
  }
  return (
    <div role="alert">
      {others.map((command) => (
        <p key={command.name}>
          “{meaningIn(command, keys.scope)}” has another key by now, chosen in another browser:{" "}
          {keys.keysOf(command).map(shownChord).join(", ") || "none"}. It holds.
        </p>
      ))}
      <p class="keys__choice">
        <button type="button" class="button" onClick={() => settings.insist()}>
          Use what I chose here
        </button>
        <button type="button" class="button" onClick={() => settings.yieldToOthers()}>
          Leave it
        </button>
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
