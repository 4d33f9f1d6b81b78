/** Neurons of a dataset, chosen by clicking them in Neuroglancer. */

import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { ModalDialog } from "../../core/frontend/modal_dialog";
import { AskedView } from "../../datasets/frontend/neuroglancer/asked_view";
import { keysOfFrame } from "../../datasets/frontend/neuroglancer/frame_keys";
import { choosingState, type ChooserWindow } from "./chosen_segments";
import { NeuronChoice } from "./neuron_choice";
import { idsIn } from "./neuron_list";
import { readBegins, rewritten, type WalkBegin } from "./walk_begins";

/** Pressed over a neuron: its walk begins there. Neuroglancer itself does nothing with it. */
const BEGIN_KEY = "w";

interface Chosen {
  readonly ids: readonly string[];
  readonly begins: readonly WalkBegin[];
}

interface ChooserProps {
  /** Where the view of a table is asked for, when the window is opened. */
  readonly urlNow: () => string;
  readonly chosenNow: () => Chosen;
  readonly onChosen: (chosen: Chosen) => void;
}

/** A button that opens the window, and the window. */
export function NeuronChooser({ urlNow, chosenNow, onChosen }: ChooserProps) {
  const [opened, setOpened] = useState<(Chosen & { url: string }) | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        class="button"
        onClick={() => setOpened({ url: urlNow(), ...chosenNow() })}
      >
        Choose in 3-D
      </button>
      <ModalDialog
        open={opened !== null}
        class="viewer chooser"
        aria-label="Choose neurons in 3-D"
        close={() => setOpened(null)}
        onClosed={() => button.current?.focus()}
      >
        {opened !== null && (
          <Inside
            {...opened}
            close={() => setOpened(null)}
            onChosen={(chosen) => {
              onChosen(chosen);
              setOpened(null);
            }}
          />
        )}
      </ModalDialog>
    </>
  );
}

interface InsideProps extends Chosen {
  readonly url: string;
  readonly close: () => void;
  readonly onChosen: (chosen: Chosen) => void;
}

function Inside({ url, ids, begins, close, onChosen }: InsideProps) {
  const choice = useMemo(() => new NeuronChoice(ids, begins), []);
  const [isShown, setShown] = useState(false);
  useEffect(() => () => choice.stop(), []);
  const { length } = choice.ids.value;
  return (
    <>
      <div class="viewer__head">
        <h1>Choose neurons</h1>
        <p class="quiet chooser__task">
          Double-click a neuron in a slice to choose it, once more to leave it out.
        </p>
        <output class="chooser__count" aria-live="polite">
          {length === 1 ? "1 neuron" : `${length} neurons`}
        </output>
        <button type="button" class="button" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
        <button
          type="button"
          class="button button--main"
          disabled={!isShown}
          onClick={() => onChosen({ ids: choice.ids.value, begins: choice.begins.value })}
        >
          Use these
        </button>
      </div>
      <Begins choice={choice} />
      <AskedView
        url={url}
        title="The dataset in Neuroglancer"
        class="viewer__frame"
        change={(state) => choosingState(state, ids)}
        onLoad={(frame) => {
          setShown(true);
          choice.lookInto(frame as unknown as ChooserWindow);
          const heed = (event: KeyboardEvent) => closesBy(event, close) || beginsBy(event, choice);
          keysOfFrame(frame, heed, () => undefined);
          frame.focus();
        }}
      />
    </>
  );
}

/** Keys do not come out of a frame by themselves: also the one that closes the window. */
function closesBy({ key }: KeyboardEvent, close: () => void): boolean {
  if (key === "Escape") {
    close();
  }
  return key === "Escape";
}

function beginsBy({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, choice: NeuronChoice): boolean {
  const isMeant = key === BEGIN_KEY && !ctrlKey && !metaKey && !altKey;
  if (isMeant) {
    choice.beginAtPointer();
  }
  return isMeant;
}

/** Where walks begin, and a way to say so without the pointer. */
function Begins({ choice }: { readonly choice: NeuronChoice }) {
  const neuron = useRef<HTMLSelectElement>(null);
  const ids = choice.ids.value;
  return (
    <div class="chooser__begins">
      <p class="quiet">
        To begin a walk at a place of your choice, press <kbd>W</kbd> over a chosen neuron, or let
      </p>
      <select
        ref={neuron}
        class="field"
        aria-label="Neuron whose walk begins elsewhere"
        disabled={ids.length === 0}
      >
        {ids.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </select>
      <button
        type="button"
        class="button"
        disabled={ids.length === 0}
        onClick={() => choice.beginInMiddle(neuron.current?.value ?? "")}
      >
        begin in the middle of the view
      </button>
      <output class="quiet">{choice.told.value}</output>
      <ul aria-label="Where walks begin" hidden={choice.begins.value.length === 0}>
        {choice.begins.value.map(({ root_id, position_nm }) => (
          <li key={root_id}>
            {root_id}: {position_nm.join(", ")} nm{" "}
            <button
              type="button"
              class="button button--quiet"
              aria-label={`Let the walk of ${root_id} begin by itself`}
              title="Let it begin by itself"
              onClick={() => choice.forget(root_id)}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Puts the button into a form; what is chosen goes into the form's lists. */
export function offerChoosing(part: HTMLElement): void {
  const place = part.querySelector<HTMLElement>("[data-neuron-chooser]");
  const field = part.querySelector<HTMLTextAreaElement>("[data-neuron-ids]");
  const begins = part.querySelector<HTMLTextAreaElement>("[data-neuron-begins]");
  if (place === null || field === null || begins === null) {
    return;
  }
  const table = () => field.form?.querySelector<HTMLSelectElement>("[name=table]")?.value ?? "0";
  render(
    <NeuronChooser
      urlNow={() => (place.dataset["url"] ?? "").replace("/0/", `/${table()}/`)}
      chosenNow={() => ({ ids: idsIn(field.value), begins: readBegins(begins.value).begins })}
      onChosen={(chosen) => {
        fill(field, chosen.ids.join("\n"));
        fill(begins, rewritten(begins.value, chosen.begins));
      }}
    />,
    place,
  );
}

function fill(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
