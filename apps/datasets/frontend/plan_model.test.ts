import { h, render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { parsePlan, parseSetting } from "./plan_contract";
import { fieldOf, PlanModel } from "./plan_model";
import { Wizard } from "./wizard";

const PLAN = {
  id: 7,
  dataset: null,
  status: "draft",
  settings: {
    name: "tissue",
    table: { path: "", secret: "", name: "", layout: null, mapping: null, unit: null, resolution: null, skip_refused: false },
    crop_size: [256, 256, 6],
    seed: 0,
    image: { address: "file:///em", secret: "", mip: 0, axis_order: "xyz", resolution: null, is_sparse: false, refused_is_absent: false },
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
  readonly body: string;
}

function serve(answer: (asked: Asked) => Response): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const one = { url, method: init.method ?? "GET", body: typeof init.body === "string" ? init.body : "" };
    asked.push(one);
    return Promise.resolve(answer(one));
  });
  return asked;
}

/** A model that knows what the server has kept. */
async function known(): Promise<PlanModel> {
  const model = new PlanModel(parseSetting(SETTING), () => undefined);
  await model.cancel(); // any answer tells all of it
  return model;
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

  it("of before names no secret of its table", () => {
    const { secret: _, ...table } = PLAN.settings.table;
    const before = { ...PLAN, settings: { ...PLAN.settings, table } };
    expect(parsePlan(before, ["image"]).settings.table.secret).toBe("");
  });

  it.each([
    ["crop_size.0", "crop_size"],
    ["image.address", "image"],
    ["image.resolution.1", "image_resolution"],
    ["image_secret", "image_secret"],
    ["table.path", "table"],
    ["table.mapping", "mapping"],
    ["table.resolution", "table_resolution"],
    ["table.name", "table_name"],
    ["table.secret", "table_secret"],
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

  it("keeps what was said before the server had answered to what was said before that", async () => {
    let kept = PLAN.settings;
    const asked = serve(({ method, body }) => {
      kept = method === "PATCH" ? { ...kept, ...JSON.parse(body) } : kept;
      return Response.json({ ...PLAN, settings: kept });
    });
    const model = await known();
    const saying = [
      model.changeTable({ path: "/data/s.csv" }, "table"),
      model.changeTable({ skip_refused: true }, "table"),
      model.changeVolume("cleft", { address: "file:///clefts" }, "cleft"),
      model.changeVolume("cleft", { mip: 2 }, "cleft_mip"),
    ];
    expect(model.plan.value?.settings.table).toMatchObject({ path: "/data/s.csv", skip_refused: true });
    await saying[0];
    expect(model.plan.value?.settings.table.skip_refused).toBe(true); // the answer is of before
    await Promise.all(saying);
    expect(kept.table).toMatchObject({ path: "/data/s.csv", skip_refused: true });
    expect(kept).toMatchObject({ cleft: { address: "file:///clefts", mip: 2 } });
    expect(asked.filter((one) => one.method === "PATCH").length).toBe(4);
  });

  it("forgets a path when a file is sent, but not one that was refused", async () => {
    let isTooLarge = true;
    const error = { code: "invalid", sentence: "table: the file is too large.", field: "table" };
    const settings = { ...PLAN.settings, table: { ...PLAN.settings.table, path: "/data/s.csv" } };
    serve(({ url }) =>
      isTooLarge && url.endsWith("/file")
        ? Response.json({ error }, { status: 400 })
        : Response.json({ ...PLAN, settings: isTooLarge ? settings : PLAN.settings }),
    );
    const model = await known();
    const sending = model.upload(new File(["x"], "s.csv"));
    expect(model.plan.value?.settings.table.path).toBe("");
    await sending;
    expect(model.plan.value?.settings.table.path).toBe("/data/s.csv");
    isTooLarge = false;
    await model.upload(new File(["x"], "s.csv"));
    expect(model.plan.value?.settings.table.path).toBe("");
  });

  it("is not saved while something is shown that was refused", async () => {
    let isWrong = true;
    const error = { code: "invalid", sentence: "crop_size.0: too small.", field: "crop_size.0" };
    const asked = serve(({ method }) =>
      isWrong && method === "PATCH" ? Response.json({ error }, { status: 400 }) : Response.json(PLAN),
    );
    const model = await known();
    await model.change({ crop_size: [0, 1, 1] }, "crop_size");
    expect(model.plan.value?.settings.crop_size).toEqual([0, 1, 1]);
    await model.save();
    expect(asked.some((one) => one.url.endsWith("/save"))).toBe(false);
    expect(model.refused.value).toEqual({ crop_size: "crop_size.0: too small." });
    isWrong = false;
    await model.save();
    expect(asked.at(-1)?.url).toBe("/api/dataset-plans/7/save");
    expect(model.refused.value).toEqual({});
  });

  it("says what went wrong without the names of fields, and takes none away twice", async () => {
    const error = { code: "invalid", sentence: "crop_size: z: too small.", field: "crop_size" };
    const failed = { ...PLAN, failure: "table: own.csv, line 4: x is empty." };
    serve(({ method }) => (method === "PATCH" ? Response.json({ error }, { status: 400 }) : Response.json(failed)));
    const model = await known();
    await model.change({ crop_size: [9, 9, 0] }, "crop_size");
    const root = document.createElement("div");
    render(h(Wizard, { model }), root);
    const told = [".message--error p", "#crop_size-problem"].map((each) => root.querySelector(each)?.textContent);
    expect(told).toEqual(["own.csv, line 4: x is empty.", "Z: too small."]);
    render(null, root);
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
