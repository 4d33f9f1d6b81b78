/** What a person has set here and elsewhere meanwhile is both kept. */

import { expect, it } from "vitest";

import { COMMANDS } from "./commands";
import { KeyMap, type OwnKeys } from "./key_map";
import { PersonalSettings, type Changes, type SendSettings } from "./personal_settings";
import type { KeptValues } from "./storage";

const settled = () => new Promise((done) => setTimeout(done, 0));

/** The keys of a person on the server: other keys than were known stay. */
function serverOf(keys: Record<string, readonly string[]>) {
  const asked: Changes[] = [];
  const send = async (changes: Changes) => {
    asked.push(changes);
    const others: string[] = [];
    for (const [name, { before, now }] of Object.entries(changes.keys)) {
      if (JSON.stringify(keys[name] ?? null) !== JSON.stringify(before)) {
        others.push(name);
      } else if (now === null) {
        delete keys[name];
      } else {
        keys[name] = now;
      }
    }
    return { keys: { ...keys }, others };
  };
  return { keys, asked, send };
}

const HELP = COMMANDS.find(({ name }) => name === "help")!;

const away = async () => {
  throw new Error("The server cannot be reached.");
};

function browserOf(storage: KeptValues, brought: OwnKeys, send: SendSettings) {
  const keys = new KeyMap();
  return { keys, settings: new PersonalSettings(keys, { keys: brought }, "7", storage, send) };
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
  const train = browserOf(storage, { skip: ["x"], submit: ["y"], help: ["F1"] }, away);
  train.keys.own.value = { skip: ["x"], submit: ["z"] }; // another for one, the usual for another
  await settled();
  expect(train.settings.state.value).toBe("unsaved");

  const server = serverOf({ skip: ["w"], submit: ["y"], help: ["F1"], viewer: ["v"] });
  const back = browserOf(storage, { ...server.keys }, server.send);
  const both = { skip: ["w"], submit: ["z"], viewer: ["v"] };
  expect(back.keys.own.value).toEqual(both);
  await settled();
  expect(server.keys).toEqual(both);
  expect(back.settings.state.value).toBe("saved");

  const later = browserOf(storage, { skip: ["u"] }, server.send);
  expect(later.keys.own.value).toEqual({ skip: ["u"] });
  await settled();
  expect(server.asked).toHaveLength(1);
});

it("A page that was open for hours takes over what was chosen elsewhere, and says where they disagree", async () => {
  const server = serverOf({});
  const old = browserOf(memory(), {}, server.send);
  server.keys["submit"] = ["g"];
  server.keys["skip"] = ["j"];
  old.keys.own.value = { submit: ["y"], help: ["F1"] };
  await settled();
  const present = { submit: ["g"], skip: ["j"], help: ["F1"] };
  expect(old.keys.own.value).toEqual(present);
  expect(server.keys).toEqual(present);
  expect(old.settings.others.value).toEqual({ submit: ["y"] });

  old.settings.insist();
  await settled();
  expect(server.keys).toEqual({ ...present, submit: ["y"] });
  expect(old.settings.others.value).toEqual({});
  expect(old.settings.state.value).toBe("saved");
});

it("What is chosen while the answer is on its way is kept, and sent after it", async () => {
  const server = serverOf({ skip: ["j"] });
  const late = browserOf(memory(), {}, async (changes) => {
    await settled();
    return server.send(changes);
  });
  late.keys.own.value = { help: ["F1"] };
  late.keys.own.value = { help: ["F1"], submit: ["y"] };
  await settled();
  await settled();
  await settled();
  expect(server.keys).toEqual({ skip: ["j"], help: ["F1"], submit: ["y"] });
  expect(late.keys.own.value).toEqual(server.keys);
});

it("Keys begin as the page brings them, and only what changes is sent", async () => {
  const server = serverOf({ skip: ["x"] });
  const { keys, settings } = browserOf(memory(), { skip: ["x"] }, server.send);
  expect(keys.commandOf("x")?.name).toBe("skip");
  expect(server.asked).toEqual([]);
  keys.assign(HELP, "F1");
  keys.assign(HELP, "F2");
  await settled();
  expect(settings.state.value).toBe("saved");
  expect(server.asked.at(-1)?.keys).toEqual({
    help: { before: ["?", "F1"], now: ["?", "F1", "F2"] },
  });
});

it("Keys are not lost while the server is away, and go to it from the next page", async () => {
  const storage = memory();
  const { keys, settings } = browserOf(storage, {}, away);
  keys.assign(HELP, "F1");
  await settled();
  expect(settings.state.value).toBe("unsaved");
  expect(settings.trouble.value).toBe("The server cannot be reached.");
  const server = serverOf({});
  const next = browserOf(storage, {}, server.send);
  expect(next.keys.commandOf("F1")?.name).toBe("help");
  await settled();
  expect(server.keys).toEqual({ help: ["?", "F1"] });
  expect(browserOf(storage, {}, server.send).keys.commandOf("F1")).toBeNull(); // now the server's counts
});

it("Another tab has what the server answered, too, where it did not take a key", async () => {
  const server = serverOf({});
  const other = browserOf(memory(), {}, server.send);
  const own = memory();
  const setItem = (key: string, newValue: string) => {
    own.setItem(key, newValue);
    other.settings.heed({ key, newValue });
  };
  const first = browserOf({ ...own, getItem: own.getItem, setItem }, {}, server.send);
  server.keys["submit"] = ["g"]; // chosen in another browser
  first.keys.own.value = { submit: ["y"], help: ["F1"] };
  expect(other.keys.own.value).toEqual({ submit: ["y"], help: ["F1"] });
  await settled();
  expect(first.keys.own.value).toEqual({ submit: ["g"], help: ["F1"] });
  expect(other.keys.own.value).toEqual(first.keys.own.value);
  expect(server.asked).toHaveLength(1);
});

it("Another tab of the same browser is followed; it sends its keys itself", async () => {
  const server = serverOf({});
  const { keys, settings } = browserOf(memory(), {}, server.send);
  const newValue = JSON.stringify({ keys: { skip: ["x"] } });
  settings.heed({ key: "synanno.unsaved-settings.7", newValue });
  settings.heed({ key: "synanno.unsaved-settings.8", newValue: '{"keys": {"skip": ["y"]}}' });
  expect(keys.commandOf("x")?.name).toBe("skip");
  await settled();
  expect(server.asked).toEqual([]);
});
