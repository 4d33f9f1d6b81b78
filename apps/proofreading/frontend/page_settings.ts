/** The person's own keys, from the page and, as they are changed, to the server. */

import { sendAny } from "../../core/frontend/http";
import type { ChosenKeys } from "./key_map";
import { parseSettings, PersonalSettings } from "./personal_settings";
import type { KeptValues } from "./storage";

/** `url` is where they are kept. Throws FieldError where the page brings none. */
export function settingsOfPage(
  keys: Pick<ChosenKeys, "own">,
  url: string,
  person: string,
  storage: KeptValues,
): PersonalSettings {
  const brought = document.getElementById("preferences")?.textContent ?? "";
  const settings = new PersonalSettings(
    keys,
    parseSettings(JSON.parse(brought)),
    person,
    storage,
    (changed) => sendAny(url, "PATCH", changed),
  );
  window.addEventListener("storage", (event) => settings.heed(event));
  return settings;
}
