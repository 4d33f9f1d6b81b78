import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { parsePlan, parseSetting } from "./plan_contract";
import { fieldOf, PlanModel } from "./plan_model";

const PLAN = {
  id: 7,
  dataset: null,
  status: "draft",
  settings: {
    name: "tissue",
    table: { path: "", name: "", layout: null, mapping: null, unit: null, resolution: null, skip_refused: false },
    crop_size: [256, 256, 6],
    seed: 0,
    image: { address: "file:///em", secret: "", mip: 0, axis_order: "xyz", resolution: null, is_sparse: false },
  },
  upload: null,
  is_examined: true,
  examined: null,
  problems: {},
  preview: { state: "none", sentence: "", rows: 0, is_whole: true, instances: [] },
  progress: null,
  cancelling: false,
  failure: "",
  refused_rows: 0,
  table: null,
};
const SETTING = JSON.stringify({
  plan: "/api/dataset-plans/7",
  datasets: "/datasets/",
  campaign: "/campaigns/new/",
  kinds: ["image", "cleft"],
  needed: ["image", "cleft"],
  secrets: [],
});

interface Asked {
  readonly url: string;
  readonly method: string;
}

function serve(answer: (asked: Asked) => Response): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const one = { url, method: init.method ?? "GET" };
    asked.push(one);
    return Promise.resolve(answer(one));
  });
  return asked;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a plan", () => {
  it("is read strictly", () => {
    expect(parsePlan(PLAN, ["image", "cleft"]).settings.volumes["image"]?.address).toBe("file:///em");
    expect(() => parsePlan({ ...PLAN, upload: "x" }, ["image"])).toThrow("plan.upload");
  });

  it.each([
    ["crop_size.0", "crop_size"],
    ["image.address", "image"],
    ["image.resolution.1", "image_resolution"],
    ["image_secret", "image_secret"],
    ["table.path", "table"],
    ["table.mapping", "mapping"],
    ["table.resolution", "table_resolution"],
  ])("shows a problem with %s at %s", (path, field) => {
    expect(fieldOf(path)).toBe(field);
  });

  it("is saved once what was said the moment before has been looked at", async () => {
    let looks = 0;
    const asked = serve(({ method, url }) => {
      const isExamined = method === "GET" && (looks += 1) > 2;
      const status = url.endsWith("/save") ? "saving" : "draft";
      return Response.json({ ...PLAN, is_examined: isExamined || status === "saving", status });
    });
    const model = new PlanModel(parseSetting(SETTING), () => undefined);
    const leaving = new AbortController();
    const following = model.follow(leaving.signal).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(10);
    void model.change({ name: "other" }, "name");
    const saving = model.save();
    await vi.advanceTimersByTimeAsync(5000);
    await saving;
    const sent = asked.filter((one) => one.method !== "GET").map((one) => one.method + one.url);
    expect(sent).toEqual(["PATCH/api/dataset-plans/7", "POST/api/dataset-plans/7/save"]);
    const before = asked.findIndex((one) => one.url.endsWith("/save"));
    expect(asked.slice(0, before).filter((one) => one.method === "GET").length).toBeGreaterThan(2);
    leaving.abort();
    await following;
  });

  it("keeps what was refused at once at its field until it is mended", async () => {
    let isWrong = true;
    const error = { code: "invalid", sentence: "crop_size.0: too small.", field: "crop_size.0" };
    serve(() => (isWrong ? Response.json({ error }, { status: 400 }) : Response.json(PLAN)));
    const model = new PlanModel(parseSetting(SETTING), () => undefined);
    await model.change({ crop_size: [0, 1, 1] }, "crop_size");
    expect(model.refused.value).toEqual({ crop_size: "crop_size.0: too small." });
    isWrong = false;
    await model.change({ crop_size: [9, 9, 1] }, "crop_size");
    expect(model.refused.value).toEqual({});
  });
});
