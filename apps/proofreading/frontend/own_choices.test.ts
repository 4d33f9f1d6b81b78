/** What a person chose in one browser holds in all, also where it could not be sent at once. */

import { expect, it } from "vitest";

import { HttpError } from "../../core/frontend/http";
import { OwnChoices } from "./own_choices";

const settled = () => new Promise((done) => setTimeout(done, 0));

function memory() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

function serverOf(choices: Record<string, string>) {
  const asked: unknown[] = [];
  const send = async (chosen: Readonly<Record<string, string>>) => {
    asked.push(chosen);
    Object.assign(choices, chosen);
  };
  return { choices, asked, send };
}

it("sends what is chosen, and what is chosen already not again", async () => {
  const server = serverOf({ "mesh-place": "window" });
  const own = new OwnChoices({ ...server.choices }, "7", memory(), server.send);
  own.setItem("mesh-place", "beside");
  own.setItem("mesh-place", "beside");
  expect(own.getItem("mesh-place")).toBe("beside");
  await settled();
  expect(server.asked).toEqual([{ "mesh-place": "beside" }]);
  own.setItem("mesh-open", "open");
  await settled();
  expect(server.asked[1]).toEqual({ "mesh-open": "open" });
  expect(own.getItem("never")).toBeNull();
});

it("sends later what did not reach the server, for the same person alone", async () => {
  const storage = memory();
  const away = async () => {
    throw new Error("The server cannot be reached.");
  };
  new OwnChoices({}, "7", storage, away).setItem("mesh-open", "open");
  await settled();
  const server = serverOf({});
  expect(new OwnChoices(server.choices, "8", storage, server.send).getItem("mesh-open")).toBeNull();
  expect(new OwnChoices(server.choices, "7", storage, server.send).getItem("mesh-open")).toBe("open");
  await settled();
  expect(server.asked).toEqual([{ "mesh-open": "open" }]);
  new OwnChoices({ ...server.choices }, "7", storage, server.send);
  await settled();
  expect(server.asked).toHaveLength(1);
});

it("sends one after another: what was chosen last is kept last, also where requests overtake", async () => {
  const choices: Record<string, string> = {};
  let ongoing = 0;
  let most = 0;
  const own = new OwnChoices({}, "7", memory(), async (chosen) => {
    most = Math.max(most, ++ongoing);
    await settled();
    Object.assign(choices, chosen);
    ongoing -= 1;
  });
  own.setItem("mesh-place", "beside");
  own.setItem("mesh-open", "open");
  await Promise.resolve(); // both are on their way
  own.setItem("mesh-open", "closed");
  await settled();
  await settled();
  await settled();
  expect(choices).toEqual({ "mesh-place": "beside", "mesh-open": "closed" });
  expect(most).toBe(1);
});

it("leaves what another browser has chosen since", async () => {
  const storage = memory();
  const away = async () => {
    throw new Error("The server cannot be reached.");
  };
  const train = new OwnChoices({ "mesh-open": "open" }, "7", storage, away);
  train.setItem("mesh-open", "closed");
  train.setItem("mesh-place", "beside");
  await settled();
  const server = serverOf({ "mesh-open": "wide" });
  const back = new OwnChoices({ ...server.choices }, "7", storage, server.send);
  expect(back.getItem("mesh-open")).toBe("wide");
  await settled();
  expect(server.choices).toEqual({ "mesh-open": "wide", "mesh-place": "beside" });
});

it("sends no more what the server refuses, and keeps what somebody else's login has refused", async () => {
  const storage = memory();
  const refused = new OwnChoices({}, "7", storage, async () => {
    throw new HttpError(400, "invalid_input", "choices: give at most 50.");
  });
  refused.setItem("mesh-open", "open");
  await settled();
  expect(refused.getItem("mesh-open")).toBe("open"); // as long as the page is there
  const server = serverOf({});
  new OwnChoices({}, "7", storage, server.send);
  await settled();
  expect(server.asked).toEqual([]);

  const other = new OwnChoices({}, "7", storage, async () => {
    throw new HttpError(403, "other_person", "Ben has logged in.");
  });
  other.setItem("mesh-open", "open");
  await settled();
  new OwnChoices({}, "7", storage, server.send);
  await settled();
  expect(server.asked).toEqual([{ "mesh-open": "open" }]);
});

it.each(["{", "[]", '{"choices": {"mesh-open": "open"}}', '{"changes": {"mesh-open": 3}}'])(
  "forgets what it cannot read: %s",
  async (kept) => {
    const storage = memory();
    storage.setItem("synanno.unsent-choices.7", kept);
    const server = serverOf({});
    const own = new OwnChoices({ "mesh-open": "closed" }, "7", storage, server.send);
    await settled();
    expect(own.getItem("mesh-open")).toBe("closed");
    expect(server.asked).toEqual([]);
  },
);
