/** The pages on which campaigns are made and managed. */

import { fieldTime } from "../../core/frontend/times";
import { wakeForms } from "../../core/frontend/waking";
import { followChoices } from "./choices";
import { countOnDemand } from "./counting";
import { sendForm, type Page } from "./forms";
import "./manage.css";
import { offerChoosing } from "./neuron_chooser";
import { readNeurons } from "./neuron_list";
import "./neurons.css";
import { tellSaved } from "./saved";
import { tellBegins } from "./walk_begins";

const THIS_PAGE: Page = {
  ask: (question) => window.confirm(question),
  go: (url) => window.location.assign(url),
  reload: () => window.location.reload(),
};

for (const field of document.querySelectorAll<HTMLInputElement>("input[data-time]")) {
  field.defaultValue = fieldTime(field.dataset["time"] ?? "");
}

followChoices(document);
document.querySelectorAll("form").forEach((form) => countOnDemand(form));
for (const part of document.querySelectorAll<HTMLElement>("[data-neurons]")) {
  readNeurons(part);
  offerChoosing(part);
  tellBegins(part);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form instanceof HTMLFormElement && form.dataset["api"] !== undefined) {
    event.preventDefault();
    void sendForm(form, event.submitter, THIS_PAGE);
  }
});
tellSaved(document);
wakeForms("form[data-api]");
