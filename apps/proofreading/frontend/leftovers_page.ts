/** Entry of every page but the grid: labels that were left behind are sent, and that is told. */

import { placeToTell, tellLeft } from "./left_behind";
import { DISCARD_QUESTION, sendLeftovers } from "./leftovers";
import { BrowserOutbox } from "./outbox";
import { HTTP } from "./transport";

async function run(person: string, outbox: BrowserOutbox, place: HTMLElement): Promise<void> {
  const left = await sendLeftovers(outbox, person, HTTP);
  if (left !== null) {
    tellLeft(left, place, DISCARD_QUESTION);
  }
}

const person = document.querySelector<HTMLMetaElement>('meta[name="person"]')?.content;
if (person !== undefined) {
  const place = placeToTell();
  const outbox = new BrowserOutbox();
  void run(person, outbox, place);
  window.addEventListener("online", () => void run(person, outbox, place));
}
