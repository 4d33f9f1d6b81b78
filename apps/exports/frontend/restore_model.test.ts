import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import type { Restore } from "./restore_contract";
import { namesIn, RestoreModel } from "./restore_model";

vi.mock("../../core/frontend/http", async (original) => ({
  ...(await original<typeof import("../../core/frontend/http")>()),
  sendAny: vi.fn(),
}));

const FILE = new File(["{}"], "theirs.json");
const ANSWER = {
  key: "k",
  name: "theirs.json",
  size: 2,
  state: "reading",
  waits: false,
  found: null,
  choices: null,
  failure: "",
  field: "",
  notices: [],
  address: "",
  done: 0,
  total: 0,
  asked_at: "2026-01-01T00:00:00Z",
};

let told: (readonly Restore[])[];
let model: RestoreModel;

beforeEach(() => {
  told = [];
  const listener = { onRestores: (all: readonly Restore[]) => told.push(all), onContact: vi.fn(), onGone: vi.fn() };
  model = new RestoreModel("/api/restores", 1, listener);
});

afterEach(() => vi.mocked(sendAny).mockReset());

describe("a file that is sent", () => {
  it("is sent again under its key where no answer came", async () => {
    vi.mocked(sendAny).mockRejectedValueOnce(new NetworkError("Away.")).mockResolvedValueOnce(ANSWER);
    expect(await model.send(FILE)).toEqual({ sentence: "Away.", field: "" });
    expect(await model.send(FILE)).toBeNull();
    const keys = vi.mocked(sendAny).mock.calls.map(([, , body]) => (body as FormData).get("key"));
    expect(keys[0]).toBe(keys[1]);
    expect(told.at(-1)?.map((one) => one.name)).toEqual(["theirs.json"]);
  });

  it("is not sent where it is too large", async () => {
    const large = new File([new Uint8Array(1_000_001)], "large.json");
    expect((await model.send(large))?.sentence).toContain("large.json has more than 1 MB");
    expect(sendAny).not.toHaveBeenCalled();
  });
});

describe("a campaign that cannot be made", () => {
  it("tells which choice that is about", async () => {
    vi.mocked(sendAny).mockResolvedValueOnce(ANSWER);
    await model.send(FILE);
    const one = told.at(-1)?.[0];
    vi.mocked(sendAny).mockRejectedValueOnce(new HttpError(400, "polarity_unsaid", "Say it.", "polarity_switch"));
    const choices = {
      ...{ name: "n", table: 1, dataset: null, new_table: "", managers: [], annotator: "a" },
      ...{ polarity_switch: "", missed: true, labels: true },
    };
    expect(one && (await model.make(one, choices))).toEqual({ sentence: "Say it.", field: "polarity_switch" });
  });
});

describe("names of people", () => {
  it("have commas or spaces between them, and count once", () => {
    expect(namesIn(" anna, ben;  carla ,anna\n")).toEqual(["anna", "ben", "carla"]);
    expect(namesIn(" , ")).toEqual([]);
  });
});
