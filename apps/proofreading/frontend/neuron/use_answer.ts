/** Asks the server for a view in Neuroglancer: its state, to be changed before it is shown. */

import { useEffect, useState } from "preact/hooks";

import { getNews } from "../../../core/frontend/http";
import { list, object, recordOf, text } from "../../../core/frontend/readers";
import { whyNoView } from "../viewer_panel";

export type State = Readonly<Record<string, unknown>>;

const parse = object({
  state: recordOf,
  problems: list(object({ layer: text, sentence: text })),
});

export interface Answered {
  readonly state: State | null;
  readonly problems: readonly string[];
  readonly failure: string | null;
  readonly again: () => void;
}

/** Once for each address; null asks for nothing. */
export function useAnswer(url: string | null): Answered {
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
