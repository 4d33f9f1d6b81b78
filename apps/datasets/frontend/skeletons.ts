/** The page that says where a dataset's skeletons come from: waits for checks, tries one neuron. */

import { backoffMs, pause } from "../../core/frontend/backoff";
import { HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import { flag, number, object, text, type Read } from "../../core/frontend/readers";
import { wakeForms } from "../../core/frontend/waking";

const tried = object({ state: text, sentence: text, vertices: number, length_nm: number, has_soma: flag });

export type Tried = Read<typeof tried>;

const FIRST_MS = 1000;
const MOST_TIMES = 40; // about twenty minutes: by kimimaro a neuron is made in some
const NO_ANSWER = "No worker has answered. Is one running? Try again in a while.";
const wait = (times: number) => pause(backoffMs(times, FIRST_MS));
/** For each form the latest time that somebody asked. */
const latest = new WeakMap<HTMLFormElement, symbol>();

/** What was found of a neuron, in words. */
export function inWords(rootId: string, found: Tried): string {
  if (found.state !== "found") {
    return found.sentence;
  }
  const length = (found.length_nm / 1000).toLocaleString("en", { maximumFractionDigits: 1 });
  const soma = found.has_soma ? "the soma is known" : "where the soma is, is not known";
  return `Neuron ${rootId}: ${found.vertices.toLocaleString("en")} vertices, ${length} µm, ${soma}.`;
}

/** Asks for a neuron until it is read or found missing, less and less often, and tells so; not where
 * somebody asks again meanwhile. */
export async function tryNeuron(
  form: HTMLFormElement,
  waiting: (times: number) => Promise<unknown> = wait,
): Promise<void> {
  const place = form.querySelector<HTMLElement>("[data-tried]");
  const field = form.elements.namedItem("root_id");
  if (place === null || !(field instanceof HTMLInputElement)) {
    return;
  }
  const rootId = field.value.trim();
  const asked = Symbol(rootId);
  latest.set(form, asked);
  const tell = (sentence: string) => {
    if (latest.get(form) === asked) {
      place.textContent = sentence;
    }
  };
  try {
    for (let times = 1; times <= MOST_TIMES && latest.get(form) === asked; times += 1) {
      const found = tried(await sendAny(form.dataset["try"] ?? "", "POST", { root_id: rootId }), "tried");
      tell(inWords(rootId, found));
      if (found.state !== "reading") {
        return;
      }
      await waiting(times);
    }
    tell(NO_ANSWER);
  } catch (error) {
    if (!(error instanceof HttpError || error instanceof NetworkError)) {
      throw error;
    }
    tell(error.message);
  }
}

/** Loads the page anew once a worker has looked at the source. */
async function followCheck(place: HTMLElement): Promise<void> {
  for (let times = 1; times <= MOST_TIMES; times += 1) {
    await wait(times);
    const answer = await fetch(place.dataset["checking"] ?? "", { headers: { Accept: "application/json" } });
    if (!answer.ok || ((await answer.json()) as { state?: unknown }).state !== "checking") {
      window.location.reload();
      return;
    }
  }
  place.textContent = NO_ANSWER;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form instanceof HTMLFormElement && form.dataset["try"] !== undefined) {
    event.preventDefault();
    void tryNeuron(form);
  }
});
wakeForms("form[data-try]");
const checking = document.querySelector<HTMLElement>("[data-checking]");
if (checking !== null) {
  void followCheck(checking).catch(() => {
    checking.textContent = "The server does not answer. Load the page again in a while.";
  });
}
