/** What a person has set here and elsewhere meanwhile is both kept. */

import { expect, it } from "vitest";

import { KeyMap, type OwnKeys } from "./key_map";
import { PersonalSettings, type Settings } from "./personal_settings";
import type { KeptValues } from "./storage";

const settled = () => new Promise((done) => setTimeout(done, 0));

function browserOf(storage: KeptValues, brought: OwnKeys, isAway = false) {
  const keys = new KeyMap();
  const sent: Settings[] = [];
  const send = async (settings: Settings) => {
    if (isAway) {
      throw new Error("The server cannot be reached.");
    }
    sent.push(settings);
  };
  const settings = new PersonalSettings(keys, { keys: brought }, "7", storage, send);
  return { keys, sent, settings };
}

function memory(): KeptValues {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
}

it("Unsent keys are those of the commands that were changed; others are as the server has them", async () => {
  const storage = memory();
  const away = browserOf(storage, { skip: ["x"], submit: ["y"], help: ["F1"] }, true);
  away.keys.own.value = { skip: ["x"], submit: ["z"] }; // another for one, the usual for another
  await settled();
  expect(away.settings.state.value).toBe("unsaved");

  const back = browserOf(storage, { skip: ["w"], submit: ["y"], help: ["F1"], viewer: ["v"] });
  const both = { skip: ["w"], submit: ["z"], viewer: ["v"] };
  expect(back.keys.own.value).toEqual(both);
  await settled();
  expect(back.sent).toEqual([{ keys: both }]);
  expect(back.settings.state.value).toBe("saved");

  const later = browserOf(storage, { skip: ["u"] });
  expect(later.keys.own.value).toEqual({ skip: ["u"] });
  await settled();
  expect(later.sent).toEqual([]);
});
