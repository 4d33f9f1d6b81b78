/** The answer to a submit brings the next page, which takes the place of the one that is left. */

import { effect } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Frame } from "../../core/frontend/frames";
import { NetworkError } from "../../core/frontend/http";
import { frameOf } from "../../core/frontend/testing";
import type { GridController } from "./grid_controller";
import { FakeBitmap, keepAll } from "./testing";
import { gridOf, leaseOf, NONE, onceThen, tileOf } from "./testing_grid";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const SUBMITTED = frameOf({ part: "submitted", submitted: true });
const LOST = new NetworkError("The server cannot be reached.");

const bringPageTwo = () => [SUBMITTED, ...leaseOf(2, [3, 4])];

async function* breakOff(): AsyncGenerator<Frame> {
  yield SUBMITTED;
  throw LOST;
}

/** The numbers of the pages that were shown, null for none. */
function shownBy(grid: GridController): (number | null)[] {
  const shown: (number | null)[] = [];
  effect(() => void shown.push(grid.session.value?.page.number ?? null));
  return shown;
}

describe("the page after one that is submitted", () => {
  it("comes with the answer, and nothing is shown in between", async () => {
    const { grid, transport } = gridOf({ "/submit": bringPageTwo });
    await grid.openPage();
    const shown = shownBy(grid);
    await grid.submit();
    expect(shown).toEqual([1, 2]);
    expect(grid.phase.value).toBe("working");
    expect(tileOf(grid).status.value.kind).toBe("ready");
    expect(transport.askedOf("/lease")).toHaveLength(1); // of the first page
    await vi.advanceTimersByTimeAsync(10);
    expect(tileOf(grid).stack.value?.complete).toBe(true);
  });

  it("is asked for where the answer broke off before it, and no label is sent again", async () => {
    const { grid, transport } = gridOf({ "/submit": breakOff });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.submit();
    expect(grid.session.value?.page.number).toBe(2);
    await vi.advanceTimersByTimeAsync(2000);
    expect(transport.askedOf("/submit")).toHaveLength(1);
    expect(transport.askedOf("/verdicts")).toHaveLength(0);
    expect(grid.notice.value).toBeNull();
  });

  it("comes with the second answer where the first was lost, with the same labels", async () => {
    const { grid, transport } = gridOf({
      "/submit": onceThen(LOST, bringPageTwo),
      "/verdicts": onceThen(LOST, keepAll),
    });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.submit();
    expect(grid.session.value?.page.number).toBe(1);
    await grid.submit();
    const [first, second] = transport.askedOf("/submit").map(({ body }) => body);
    expect(second).toEqual(first);
    expect(grid.session.value?.page.number).toBe(2);
    expect(transport.askedOf("/lease")).toHaveLength(1);
  });

  it("is none where the answer says so", async () => {
    const { grid, went } = gridOf({ "/submit": () => [SUBMITTED, frameOf(NONE)] });
    await grid.openPage();
    await grid.submit();
    expect(grid.session.value).toBeNull();
    expect(went).toEqual(["/finished"]);
  });

  it("is asked for as one more where another tab is at work", async () => {
    const others = { areAtWork: async () => true };
    const { grid, transport } = gridOf({ "/submit": () => ({ submitted: true }) }, {}, others);
    await grid.openPage();
    await grid.submit();
    expect(transport.askedOf("/submit")[0]?.body).not.toHaveProperty("next");
    expect(transport.askedOf("/lease").at(-1)?.url).toBe("/lease?another=true");
  });
});
