/** Entry of every page but that to revise on: slices and points that were left behind are sent, and
 * that is told. */

import { placeToTell, tellLeft } from "../../proofreading/frontend/left_behind";
import { HTTP } from "../../proofreading/frontend/transport";
import { BrowserSliceOutbox } from "./saving/kept_slices";
import { DISCARD_QUESTION, sendLeftSlices } from "./saving/left_slices";

async function run(person: string, outbox: BrowserSliceOutbox, place: HTMLElement): Promise<void> {
  const left = await sendLeftSlices(outbox, person, HTTP.postJson);
  if (left !== null) {
    tellLeft(left, place, DISCARD_QUESTION);
  }
}

const person = document.querySelector<HTMLMetaElement>('meta[name="person"]')?.content;
if (person !== undefined) {
  const place = placeToTell();
  const outbox = new BrowserSliceOutbox();
  void run(person, outbox, place);
  window.addEventListener("online", () => void run(person, outbox, place));
}
