/** Tells, on pages other than those of work, what became of what was left behind. */

import type { LeftBehind } from "./leftovers";

const PLACES = "left-behind";

/** A place of its own for each who tells, so that none covers another. It is there before what it
 * tells: screen readers say what comes into it, not what comes with it. */
export function placeToTell(): HTMLElement {
  let places = document.getElementById(PLACES);
  if (places === null) {
    places = document.createElement("div");
    places.id = PLACES;
    places.className = "left-behind";
    document.body.append(places);
  }
  const place = document.createElement("div");
  place.setAttribute("role", "status");
  places.append(place);
  return place;
}

/** `question`: asked before those that the server does not take are dropped. */
export function tellLeft({ sentence, discard }: LeftBehind, place: HTMLElement, question: string): void {
  const told = document.createElement("div");
  told.className = "leftovers";
  const words = document.createElement("p");
  words.textContent = sentence;
  const close = () => told.remove();
  const drop = async () => {
    if (discard !== null && window.confirm(question)) {
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
