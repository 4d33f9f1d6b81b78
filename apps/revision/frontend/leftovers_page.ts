/** Entry of every page but that to revise on: slices that were left behind are sent, and that is
 * told. */

import { HTTP } from "../../proofreading/frontend/transport";
import { BrowserSliceOutbox } from "./saving/kept_slices";
import { sendLeftSlices } from "./saving/left_slices";

async function run(person: string, place: HTMLElement): Promise<void> {
  const left = await sendLeftSlices(new BrowserSliceOutbox(), person, HTTP.postJson);
  if (left !== null) {
    tell(left.sentence, place);
  }
}

function tell(sentence: string, place: HTMLElement): void {
  const told = document.createElement("div");
  told.className = "leftovers";
  const words = document.createElement("p");
  words.textContent = sentence;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => told.remove());
  told.append(words, close);
  place.replaceChildren(told);
}

const person = document.querySelector<HTMLMetaElement>('meta[name="person"]')?.content;
if (person !== undefined) {
  // There before what it tells: screen readers say what comes into it, not what comes with it.
  const place = document.createElement("div");
  place.setAttribute("role", "status");
  document.body.append(place);
  void run(person, place);
  window.addEventListener("online", () => void run(person, place));
}
