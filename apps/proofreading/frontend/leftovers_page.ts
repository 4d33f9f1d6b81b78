/** Entry of every page but the grid: labels that were left behind are sent, and that is told. */

import { DISCARD_QUESTION, sendLeftovers, type LeftBehind } from "./leftovers";
import { BrowserOutbox } from "./outbox";
import { HTTP } from "./transport";

async function run(person: string, outbox: BrowserOutbox, place: HTMLElement): Promise<void> {
  const left = await sendLeftovers(outbox, person, HTTP);
  if (left !== null) {
    tell(left, place);
  }
}

function tell({ sentence, discard }: LeftBehind, place: HTMLElement): void {
  const told = document.createElement("div");
  told.className = "leftovers";
  const words = document.createElement("p");
  words.textContent = sentence;
  const close = () => told.remove();
  const drop = async () => {
    if (discard !== null && window.confirm(DISCARD_QUESTION)) {
      await discard();
      close();
    }
  };
  told.append(words, button("Close", close));
  if (discard !== null) {
    told.append(button("Discard", () => void drop()));
  }
  place.replaceChildren(told);
}

function button(title: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = title;
  made.addEventListener("click", run);
  return made;
}

const person = document.querySelector<HTMLMetaElement>('meta[name="person"]')?.content;
if (person !== undefined) {
  // There before what it tells: screen readers say what comes into it, not what comes with it.
  const place = document.createElement("div");
  place.setAttribute("role", "status");
  document.body.append(place);
  const outbox = new BrowserOutbox();
  void run(person, outbox, place);
  window.addEventListener("online", () => void run(person, outbox, place));
}
