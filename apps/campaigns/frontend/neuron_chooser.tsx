/** Neurons of a dataset, chosen by clicking them in Neuroglancer. */

import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { getNews } from "../../core/frontend/http";
import { ModalDialog } from "../../core/frontend/modal_dialog";
import { list, object, recordOf, text } from "../../core/frontend/readers";
import { ChosenSegments, choosingAddress, type ChooserWindow, type State } from "./chosen_segments";
import { idsIn } from "./neuron_list";

const view = object({
  state: recordOf,
  problems: list(object({ layer: text, sentence: text })),
});

interface ChooserProps {
  /** Where the view of a table is asked for, when the window is opened. */
  readonly urlNow: () => string;
  readonly idsNow: () => readonly string[];
  readonly onChosen: (ids: readonly string[]) => void;
}

/** A button that opens the window, and the window. */
export function NeuronChooser({ urlNow, idsNow, onChosen }: ChooserProps) {
  const [opened, setOpened] = useState<{ url: string; ids: readonly string[] } | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        class="button"
        onClick={() => setOpened({ url: urlNow(), ids: idsNow() })}
      >
        Choose in 3-D
      </button>
      <ModalDialog
        open={opened !== null}
        class="chooser"
        aria-label="Choose neurons in 3-D"
        close={() => setOpened(null)}
        onClosed={() => button.current?.focus()}
      >
        {opened !== null && (
          <Inside
            {...opened}
            close={() => setOpened(null)}
            onChosen={(ids) => {
              onChosen(ids);
              setOpened(null);
            }}
          />
        )}
      </ModalDialog>
    </>
  );
}

interface InsideProps {
  readonly url: string;
  readonly ids: readonly string[];
  readonly close: () => void;
  readonly onChosen: (ids: readonly string[]) => void;
}

function Inside({ url, ids, close, onChosen }: InsideProps) {
  const { state, problems, failure } = useView(url);
  const [chosen, setChosen] = useState(ids);
  const reading = useRef<ChosenSegments | null>(null);
  useEffect(() => () => reading.current?.stop(), []);
  const src = useMemo(() => (state === null ? "" : choosingAddress(state, ids)), [state]);
  return (
    <>
      <div class="chooser__head">
        <h1>Choose neurons</h1>
        <p class="quiet">Double-click a neuron in a slice to choose it, once more to leave it out.</p>
        <output class="chooser__count" aria-live="polite">
          {chosen.length === 1 ? "1 neuron" : `${chosen.length} neurons`}
        </output>
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="button button--main"
          disabled={state === null}
          onClick={() => onChosen(chosen)}
        >
          Use these
        </button>
      </div>
      {[...problems, ...(failure === null ? [] : [failure])].map((sentence) => (
        <p key={sentence} class="chooser__problem" role="alert">
          {sentence}
        </p>
      ))}
      {failure === null && state === null && (
        <p class="chooser__wait" role="status">
          Asking what the dataset has…
        </p>
      )}
      {state !== null && (
        <iframe
          class="chooser__frame"
          title="The dataset in Neuroglancer"
          src={src}
          onLoad={(event) => {
            const frame = (event.currentTarget as HTMLIFrameElement).contentWindow;
            reading.current?.stop();
            reading.current = new ChosenSegments(frame as unknown as ChooserWindow, ids, setChosen);
            frame?.focus();
          }}
        />
      )}
    </>
  );
}

function useView(url: string) {
  const [state, setState] = useState<State | null>(null);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const asking = new AbortController();
    const ask = async () => {
      try {
        const answer = view((await getNews(url, null, { signal: asking.signal }))?.body, "view");
        setProblems(answer.problems.map(({ sentence }) => sentence));
        setState(answer.state);
      } catch (error) {
        if (!asking.signal.aborted) {
          setFailure(error instanceof Error ? error.message : String(error));
        }
      }
    };
    void ask();
    return () => asking.abort();
  }, [url]);
  return { state, problems, failure };
}

/** Puts the button into a form; what is chosen goes into the form's list. */
export function offerChoosing(part: HTMLElement): void {
  const place = part.querySelector<HTMLElement>("[data-neuron-chooser]");
  const field = part.querySelector<HTMLTextAreaElement>("[data-neuron-ids]");
  if (place === null || field === null) {
    return;
  }
  const table = () => field.form?.querySelector<HTMLSelectElement>("[name=table]")?.value ?? "0";
  render(
    <NeuronChooser
      urlNow={() => (place.dataset["url"] ?? "").replace("/0/", `/${table()}/`)}
      idsNow={() => idsIn(field.value)}
      onChosen={(ids) => {
        field.value = ids.join("\n");
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }}
    />,
    place,
  );
}
