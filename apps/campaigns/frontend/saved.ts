/** What a form says when it was saved and its page has been loaded anew. */

import { keptOrForgotten, type KeptValues } from "../../proofreading/frontend/storage";

const PLACE = "synanno.saved";
const SESSION = keptOrForgotten(() => window.sessionStorage);

/** To be told on the page as it comes back, of a form that has `data-saved`. */
export function noteSaved(form: HTMLFormElement, storage: KeptValues = SESSION): void {
  const said = form.dataset["saved"];
  if (said !== undefined) {
    storage.setItem(PLACE, JSON.stringify({ page: window.location.pathname, said }));
  }
}

/** Tells it, once, in the form that was saved. */
export function tellSaved(page: ParentNode, storage: KeptValues = SESSION): void {
  const noted = storage.getItem(PLACE);
  if (noted === null || noted === "") {
    return;
  }
  storage.setItem(PLACE, "");
  for (const form of page.querySelectorAll<HTMLFormElement>("form[data-saved]")) {
    const said = form.dataset["saved"] ?? "";
    const place = form.querySelector<HTMLElement>("[data-told-saved]");
    if (place !== null && noted === JSON.stringify({ page: window.location.pathname, said })) {
      place.textContent = said;
      place.hidden = false;
    }
  }
}
