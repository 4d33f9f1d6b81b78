/** The person's own keys and choices, from the page and, as they are changed, to the server. */

import { sendAny } from "../../core/frontend/http";
import type { ChosenKeys } from "./key_map";
import { OwnChoices, parseChoices } from "./own_choices";
import { parseSettings, PersonalSettings } from "./personal_settings";
import type { KeptValues } from "./storage";

/** `url` is where they are kept. Throws FieldError where the page brings none. */
export function choicesOfPage(url: string, person: string, storage: KeptValues): OwnChoices {
  const send = (choices: unknown) => sendAny(url, "PATCH", { choices });
  return new OwnChoices(parseChoices(broughtByPage()), person, storage, send);
}

function broughtByPage(): unknown {
  return JSON.parse(document.getElementById("preferences")?.textContent ?? "");
}

/** `url` is where they are kept. Throws FieldError where the page brings none. */
export function settingsOfPage(
  keys: Pick<ChosenKeys, "own">,
  url: string,
  person: string,
  storage: KeptValues,
): PersonalSettings {
  const settings = new PersonalSettings(
    keys,
    parseSettings(broughtByPage()),
    person,
    storage,
    (changed) => sendAny(url, "PATCH", changed),
  );
  window.addEventListener("storage", (event) => settings.heed(event));
  return settings;
}
