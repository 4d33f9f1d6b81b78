import { describe, expect, it } from "vitest";

import { isUnderWay, stepOf, type Progress } from "./cave";
import { isBusy, runOf, troubleOf, type DeliveryLine } from "./dashboard_lines";

const RUN = { stage: "sending", finished_at: null, done: 1500, total: 12000 };

function progress(changes: Partial<Progress>): Progress {
  return { state: "active", is_checked: true, run: null, ...changes };
}

function line(changes: Partial<DeliveryLine>): DeliveryLine {
  const counts = { held: 5, waiting: 2, failed: 0 };
  return { id: 1, kind: "synapses", table: "mended", state: "active", failure: "", counts, run: null, ...changes };
}

const DONE = { ...RUN, stage: "done", finished_at: "2031-01-02T03:04:05Z", posted: 3, put: 1, deleted: 2, words: "" };

describe("how far a delivery is", () => {
  it("is followed while it is tried or sent", () => {
    expect(isUnderWay(progress({ state: "checking" }))).toBe(true);
    expect(isUnderWay(progress({ run: RUN }))).toBe(true);
    expect(isUnderWay(progress({}))).toBe(false);
    expect(isUnderWay(progress({ run: { ...RUN, finished_at: "2031-01-02" } }))).toBe(false);
  });

  it("is told in words and as a bar", () => {
    expect(stepOf(progress({ run: RUN }))).toEqual({
      words: "1,500 of 12,000 rows are sent",
      done: 1500,
      of: 12000,
    });
    expect(stepOf(progress({ run: { ...RUN, stage: "gathering" } })).words).toBe(
      "1,500 of 12,000 synapses are read",
    );
    expect(stepOf(progress({ state: "checking" })).of).toBe(0);
  });
});

describe("a line of the dashboard", () => {
  it("says what came of the last time", () => {
    expect(runOf(line({}))).toBe("not sent yet");
    expect(runOf(line({ state: "draft" }))).toBe("not started");
    expect(runOf(line({ run: DONE }))).toMatch(/^last sync Jan 2, 2031.*: 3 sent, 1 changed, 2 deleted$/);
    expect(runOf(line({ run: { ...DONE, stage: "failed" } }))).toMatch(/^last sync failed/);
    const busy = line({ run: { ...DONE, stage: "sending", finished_at: null } });
    expect([isBusy(busy), runOf(busy)]).toEqual([true, "1,500 of 12,000 rows sent"]);
  });

  it("has the words of CAVE where it failed", () => {
    expect(troubleOf(line({ run: { ...DONE, words: "503 Service Unavailable" } }))).toBe("503 Service Unavailable");
    expect(troubleOf(line({ failure: "403 missing_tos" }))).toBe("403 missing_tos");
    expect(troubleOf(line({ run: { ...DONE, finished_at: null, words: "of before" } }))).toBe("");
  });
});
