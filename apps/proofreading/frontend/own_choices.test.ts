/** What a person chose in one browser holds in all, also where it could not be sent at once. */

import { expect, it } from "vitest";

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
  const server = serverOf({ "mesh-open": "closed" });
  expect(new OwnChoices(server.choices, "8", storage, server.send).getItem("mesh-open")).toBe("closed");
  expect(new OwnChoices(server.choices, "7", storage, server.send).getItem("mesh-open")).toBe("open");
  await settled();
  expect(server.asked).toEqual([{ "mesh-open": "open" }]);
  new OwnChoices({ ...server.choices }, "7", storage, server.send);
  await settled();
  expect(server.asked).toHaveLength(1);
});
