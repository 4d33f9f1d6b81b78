/** How many synapses a new campaign would have: asked for by a button, before anything is made. */

import { fieldsOf, flagField, numberField } from "../../core/frontend/fields";
import { HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import { bodyOf, EntryError, inWordsOf } from "./forms";

type Send = (url: string, method: string, body: unknown) => Promise<unknown>;

/** "more than 1,000,000 synapses" */
export function countInWords(answer: unknown): string {
  const source = fieldsOf(answer, "count");
  const count = numberField(source, "count");
  const more = flagField(source, "is_exact") ? "" : "more than ";
  return `${more}${count.toLocaleString("en")} synapse${count === 1 ? "" : "s"}`;
}

/** Whether what is typed can be sent; the browser says where it cannot. */
function isWhole(form: HTMLFormElement): boolean {
  const fields = [...form.querySelectorAll<HTMLInputElement>("[name^='selection.']")];
  return fields.every((field) => field.reportValidity());
}

/** Asks on the button, and forgets the answer when the selection changes. */
export function countOnDemand(form: HTMLFormElement, send: Send = sendAny): void {
  const button = form.querySelector<HTMLButtonElement>("[data-count]");
  const place = form.querySelector<HTMLElement>("[data-counted]");
  if (button === null || place === null) {
    return;
  }
  let asked = 0;
  const tell = (words: string) => (place.textContent = words);
  const count = async () => {
    const turn = (asked += 1);
    let words: string;
    try {
      const { table, selection, neurons } = bodyOf(form, null);
      const wanted = { table, selection, ...(neurons === undefined ? {} : { neurons }) };
      words = countInWords(await send(button.dataset["count"] ?? "", "POST", wanted));
    } catch (error) {
      if (error instanceof NetworkError) {
        words = error.message;
      } else if (error instanceof HttpError || error instanceof EntryError) {
        words = inWordsOf(form, error.sentence, error.field);
      } else {
        throw error;
      }
    }
    if (turn === asked) {
      tell(words);
    }
  };
  button.addEventListener("click", () => {
    if (isWhole(form)) {
      tell("Counting…");
      void count();
    }
  });
  form.addEventListener("change", () => {
    asked += 1;
    tell("");
  });
}
