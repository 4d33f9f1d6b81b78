/** Entry of every page but the grid: labels that were left behind are sent, and that is told. */

import { HTTP } from "./transport";
import { sendLeftovers, toldOf } from "./leftovers";
import { BrowserOutbox } from "./outbox";

const TOLD_MS = 12_000;

async function run(person: string, outbox: BrowserOutbox): Promise<void> {
  const sentence = toldOf(await sendLeftovers(outbox, person, HTTP));
  if (sentence !== "") {
    tell(sentence);
  }
}

function tell(sentence: string): void {
  document.querySelector(".leftovers")?.remove();
  const told = document.createElement("p");
  told.className = "leftovers";
  told.setAttribute("role", "status");
  told.textContent = sentence;
  document.body.append(told);
  setTimeout(() => told.remove(), TOLD_MS);
}

const person = document.querySelector<HTMLMetaElement>('meta[name="person"]')?.content;
if (person !== undefined) {
  const outbox = new BrowserOutbox();
  void run(person, outbox);
  window.addEventListener("online", () => void run(person, outbox));
}
