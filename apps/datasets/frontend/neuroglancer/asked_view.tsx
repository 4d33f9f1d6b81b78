/** Neuroglancer in a frame of the page, with a state that the server is asked for. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { getNews, HttpError, isSessionEnd } from "../../../core/frontend/http";
import { LEFT } from "../../../core/frontend/leaving";
import { list, object, recordOf, text, type Read } from "../../../core/frontend/readers";
import "./asked_view.css";

export type State = Readonly<Record<string, unknown>>;

const parse = object({
  state: recordOf,
  address: text,
  problems: list(object({ layer: text, sentence: text })),
});

type View = Read<typeof parse>;

interface ViewProps {
  /** Asked once for each address; null asks for nothing. */
  readonly url: string | null;
  readonly title: string;
  /** Of the frame. */
  readonly class: string;
  /** What is made of the server's state before it is shown; without it, that is shown as it is. */
  readonly change?: (state: State) => State;
  /** Hears of the frame each time that it has been loaded. */
  readonly onLoad: (frame: Window) => void;
}

/** The view; before it a word that it is asked for, or why there is none. */
export function AskedView({ url, title, class: name, change, onLoad }: ViewProps) {
  const { view, failure, again } = useAnswer(url);
  const src = useMemo(() => {
    if (view === null) {
      return "";
    }
    return change === undefined ? view.address : addressOf(change(view.state));
  }, [view]);
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
  if (view === null) {
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
      {view.problems.length > 0 && (
        <ul class="asked__problems" role="alert">
          {view.problems.map(({ sentence }) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <iframe class={name} title={title} src={src} onLoad={heed} />
    </>
  );
}

interface Answered {
  readonly view: View | null;
  readonly failure: string | null;
  readonly again: () => void;
}

function useAnswer(url: string | null): Answered {
  const [turn, setTurn] = useState(0);
  const [view, setView] = useState<View | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    setView(null);
    setFailure(null);
    if (url === null) {
      return undefined;
    }
    const asking = new AbortController();
    const ask = async () => {
      try {
        const news = await getNews(url, null, { signal: asking.signal });
        setView(parse(news?.body, "view"));
      } catch (error) {
        if (!asking.signal.aborted) {
          setFailure(whyNoView(error));
        }
      }
    };
    void ask();
    return () => asking.abort(LEFT);
  }, [url, turn]);
  return { view, failure, again: () => setTurn(turn + 1) };
}

/** Why there is no view, as a sentence. */
function whyNoView(error: unknown): string {
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
