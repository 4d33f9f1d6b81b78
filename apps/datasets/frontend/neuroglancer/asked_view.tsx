/** Neuroglancer in a frame of the page, with a state that the server is asked for. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { getNews, HttpError, isSessionEnd } from "../../../core/frontend/http";
import { list, object, recordOf, text } from "../../../core/frontend/readers";
import "./asked_view.css";

export type State = Readonly<Record<string, unknown>>;

const parse = object({
  state: recordOf,
  problems: list(object({ layer: text, sentence: text })),
});

interface ViewProps {
  /** Asked once for each address; null asks for nothing. */
  readonly url: string | null;
  readonly title: string;
  /** Of the frame. */
  readonly class: string;
  /** What is made of the server's state before it is shown. */
  readonly change: (state: State) => State;
  /** Hears of the frame each time that it has been loaded. */
  readonly onLoad: (frame: Window) => void;
}

/** The view; before it a word that it is asked for, or why there is none. */
export function AskedView({ url, title, class: name, change, onLoad }: ViewProps) {
  const { state, problems, failure, again } = useAnswer(url);
  const src = useMemo(() => (state === null ? "" : addressOf(change(state))), [state]);
  if (failure !== null) {
    return (
      <div class="asked__wait" role="alert">
        <p>{failure}</p>
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
      </div>
    );
  }
  if (state === null) {
    return (
      <p class="asked__wait" role="status">
        Asking what is there…
      </p>
    );
  }
  const heed = (event: Event) => {
    const frame = (event.currentTarget as HTMLIFrameElement).contentWindow;
    if (frame !== null) {
      onLoad(frame);
    }
  };
  return (
    <>
      {problems.length > 0 && (
        <ul class="asked__problems" role="alert">
          {problems.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <iframe class={name} title={title} src={src} onLoad={heed} />
    </>
  );
}

interface Answered {
  readonly state: State | null;
  readonly problems: readonly string[];
  readonly failure: string | null;
  readonly again: () => void;
}

function useAnswer(url: string | null): Answered {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<State | null>(null);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    setState(null);
    setFailure(null);
    if (url === null) {
      return undefined;
    }
    const asking = new AbortController();
    const ask = async () => {
      try {
        const answer = parse((await getNews(url, null, { signal: asking.signal }))?.body, "view");
        setProblems(answer.problems.map(({ sentence }) => sentence));
        setState(answer.state);
      } catch (error) {
        if (!asking.signal.aborted) {
          setFailure(whyNoView(error));
        }
      }
    };
    void ask();
    return () => asking.abort();
  }, [url, turn]);
  return { state, problems, failure, again: () => setTurn(turn + 1) };
}

/** Why there is no view, as a sentence. */
export function whyNoView(error: unknown): string {
  if (isSessionEnd(error)) {
    return "You are no longer logged in. Close this, log in again in another tab, and come back.";
  }
  const why = error instanceof Error ? error.message : String(error);
  return error instanceof HttpError ? why : `Neuroglancer cannot be opened: ${why}`;
}

/** The page of Neuroglancer that shows a state. */
export function addressOf(state: State): string {
  return `/neuroglancer/#!${encodeURIComponent(JSON.stringify(state))}`;
}
