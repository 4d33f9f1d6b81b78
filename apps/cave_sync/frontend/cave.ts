/** The page of deliveries to CAVE: says how far a dry run or a sync is, and shows what became of it.
    Cards are put in the place of older ones; the page itself stays, with what is typed in it. */

import { getNews } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { tellTimes } from "../../core/frontend/times";
import { wakeForms } from "../../core/frontend/waking";
import "./cave.css";
import { isUnderWay, progress, stepOf, type Progress } from "./progress";

const INTERVAL_MS = 1000;

function show(card: HTMLElement, found: Progress): void {
  const { words, done, of } = stepOf(found);
  const place = card.querySelector<HTMLElement>("[data-progress-text]");
  const bar = card.querySelector<HTMLProgressElement>("[data-progress-bar]");
  if (place !== null && place.textContent !== words) {
    place.textContent = words;
  }
  if (bar === null) {
    return;
  }
  if (of === 0) {
    bar.removeAttribute("value");
  } else {
    bar.max = of;
    bar.value = done;
  }
}

/** Asks how far it is until it is over; then calls `onOver`. */
export function follow(card: HTMLElement, onOver: () => void, signal: AbortSignal): Promise<void> {
  const ask = async () => {
    const news = await getNews(card.dataset["follow"] ?? "", null, { signal });
    const found = progress(news?.body, "progress");
    if (!isUnderWay(found)) {
      onOver();
      return null;
    }
    show(card, found);
    return INTERVAL_MS;
  };
  return poll({ ask, failedMs: INTERVAL_MS, onGone: onOver }, signal);
}

/** Puts the card as the server has it now in the place of this one; null where it has none. What had
    the focus within it, or something like it, has it again. */
export function swap(
  card: HTMLElement,
  page: Document,
  sender: Element | null = null,
): HTMLElement | null {
  const found = page.getElementById(card.id);
  if (found === null) {
    return null;
  }
  const focused = document.activeElement;
  // A button that was pressed is disabled meanwhile, and has lost the focus to nothing.
  const active = card.contains(focused) ? focused : focused === document.body ? sender : null;
  const fresh = document.importNode(found, true);
  card.replaceWith(fresh);
  if (active !== null) {
    const same = active.textContent?.trim() ?? "";
    const buttons = [...fresh.querySelectorAll<HTMLElement>("button:not(:disabled), summary, a")];
    const heir = buttons.find((each) => each.textContent?.trim() === same);
    (heir ?? fresh.querySelector<HTMLElement>("h2"))?.focus();
  }
  return fresh;
}

/** Says in a word how it stands, to those who do not see it. */
function tell(card: HTMLElement): void {
  const place = document.querySelector<HTMLElement>("[data-cave-news]");
  const table = card.querySelector(".delivery__table")?.textContent ?? "Tokens";
  if (place !== null) {
    place.textContent = `${table}: ${card.dataset["state"] ?? "saved"}`;
  }
}

/** The tokens that can be chosen now, in the form that somebody fills in; what was chosen stays. */
export function offerTokens(page: Document): void {
  const [here, now] = [document, page].map((each) => each.querySelector<HTMLSelectElement>("#secret"));
  if (!here || !now) {
    return;
  }
  const chosen = here.value;
  here.replaceChildren(...[...now.options].map((each) => document.importNode(each, true)));
  if (chosen !== "") {
    here.value = chosen;
  }
  here.dispatchEvent(new Event("change"));
}

/** Shows how a part of the page stands now, and follows it while a worker is at it. Where that cannot
    be had, the page is loaded anew and says why. */
async function refresh(
  card: HTMLElement,
  leaving: AbortSignal,
  sender: Element | null = null,
): Promise<void> {
  let fresh: HTMLElement | null = null;
  try {
    const answer = await fetch(window.location.href, { signal: leaving, cache: "no-store" });
    const text = answer.ok && !answer.redirected ? await answer.text() : "";
    const page = new DOMParser().parseFromString(text, "text/html");
    fresh = swap(card, page, sender);
    if (fresh instanceof HTMLDetailsElement) {
      fresh.open = true;
      offerTokens(page);
    }
  } catch (error) {
    if (leaving.aborted) {
      return;
    }
    if (!(error instanceof TypeError)) {
      throw error; // a TypeError is a network that is away
    }
  }
  if (fresh === null) {
    window.location.reload();
    return;
  }
  wakeForms("form[data-api]", fresh);
  tellTimes(fresh);
  tell(fresh);
  watch(fresh, leaving);
}

function watch(card: HTMLElement, leaving: AbortSignal): void {
  if (card.dataset["follow"] === undefined) {
    return;
  }
  follow(card, () => void refresh(card, leaving), leaving).catch((error: unknown) => {
    if (!leaving.aborted) {
      throw error;
    }
  });
}

/** A token may be for one server alone: then it is named where nothing else was typed. */
export function followToken(form: HTMLFormElement): void {
  const token = form.elements.namedItem("secret");
  const server = form.elements.namedItem("server");
  if (!(token instanceof HTMLSelectElement && server instanceof HTMLInputElement)) {
    return;
  }
  token.addEventListener("change", () => {
    const its = token.options[token.selectedIndex]?.dataset["server"] ?? "";
    if (its !== "") {
      server.value = its;
    }
  });
}

const leaving = new AbortController();
window.addEventListener("pagehide", () => leaving.abort(), { once: true });
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
for (const card of document.querySelectorAll<HTMLElement>("[data-part]")) {
  watch(card, leaving.signal);
}
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-delivery]")) {
  followToken(form);
}
document.addEventListener("sent", (event) => {
  const form = event.target instanceof Element ? event.target : null;
  const part = form?.closest<HTMLElement>("[data-part]") ?? null;
  if (form !== null && part !== null) {
    void refresh(part, leaving.signal, form.querySelector("button"));
  }
});
const openNamed = () => {
  const named = document.getElementById(window.location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
  }
};
window.addEventListener("hashchange", openNamed);
openNamed();
