/** Somebody looks back at pages that they have submitted, and finds the page at work again. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError } from "../../core/frontend/http";
import { frameOf } from "../../core/frontend/testing";
import { timeLeft } from "./lease_renewal";
import { pageFrame, slicesFrame, URLS } from "./testing";
import { gridOf, tileOf } from "./testing_grid";

type Grid = ReturnType<typeof gridOf>["grid"];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => ({ close: () => undefined }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page of one's own that was submitted, of the number `number`. */
function submitted(number: number) {
  const { header } = pageFrame([number * 10], number);
  const page = header as { lease: object };
  const urls = Object.entries(URLS).map(([name, url]) => [`${name}_url`, `/p${number}${url}`]);
  const lease = { ...page.lease, token: `t${number}`, ...Object.fromEntries(urls) };
  return [
    frameOf({ ...page, state: "submitted", lease }),
    slicesFrame("middle", number * 10),
  ];
}

/** The server: the pages next to the one that is named, so few at a time that each is asked for. */
function mine(submitted: readonly number[]) {
  return (url: string) => {
    const [name, token] = (url.split("?")[1] ?? "").split("=");
    const at = Number(token?.slice(1));
    const older = submitted.filter((number) => token === undefined || number < at).slice(0, 1);
    const newer = submitted.filter((number) => number > at).slice(-1);
    const pages = name === "after" ? newer : older;
    return { pages: pages.map((number) => ({ page_url: `/p${number}/page` })) };
  };
}

function trail(answers: Parameters<typeof gridOf>[0] = {}) {
  return gridOf({
    "/mine": mine([2, 1]),
    "/p1/page": () => submitted(1),
    "/p2/page": () => submitted(2),
    "/p1/stacks": () => [],
    "/p2/stacks": () => [],
    "/lease": () => [pageFrame([31, 32], 3), slicesFrame("middle", 31), slicesFrame("middle", 32)],
    "/page": () => [
      pageFrame([31, 32], 3, { 31: "unsure" }),
      slicesFrame("middle", 31),
      slicesFrame("middle", 32),
    ],
    ...answers,
  });
}

function shown(grid: Grid): number | undefined {
  return grid.session.value?.page.number;
}

describe("going to a section while looking back", () => {
  it("leaves the page at work, not the one that is looked at", async () => {
    const { grid, transport } = trail();
    await grid.openPage();
    await grid.turn("earlier");
    expect(shown(grid)).toBe(2);
    await grid.openSection(17);
    const { body } = transport.askedOf("/lease").at(-1)!;
    expect(body).toEqual({ section: 17, leaving: "t" });
    await grid.turn("later");
    expect(grid.notice.value?.sentence).toContain("there is no later one");
  });
});

describe("going back", () => {
  it("leads from page to page and forth to the one at work, with its labels", async () => {
    const { grid, transport } = trail();
    await grid.openPage();
    grid.judging.label(tileOf(grid), "unsure");
    await grid.turn("earlier");
    expect(transport.askedOf("/verdicts")).toHaveLength(1); // nothing is left unsaved behind
    expect(shown(grid)).toBe(2);
    await grid.turn("earlier");
    expect(shown(grid)).toBe(1);
    await grid.turn("later");
    expect(shown(grid)).toBe(2);
    await grid.turn("later");
    expect(shown(grid)).toBe(3);
    expect(tileOf(grid).label.value).toBe("unsure");
    expect(transport.askedOf("/lease")).toHaveLength(1); // it was not asked for as another
    grid.session.value?.stop();
  });

  it("says where there is nothing more, and stays", async () => {
    const { grid } = trail();
    await grid.openPage();
    await grid.turn("later");
    expect(grid.notice.value?.sentence).toContain("no later one");
    grid.notice.value?.button?.run();
    await grid.turn("earlier");
    await grid.turn("earlier");
    await grid.turn("earlier");
    expect(grid.notice.value?.sentence).toContain("no page before this one");
    expect(shown(grid)).toBe(1);
    expect(grid.phase.value).toBe("working");
    grid.session.value?.stop();
  });

  it("is offered where there is an earlier page", async () => {
    const { grid } = trail();
    await grid.openPage();
    for (const [number, hasEarlier] of [[3, true], [2, true], [1, false]] as const) {
      await vi.advanceTimersByTimeAsync(0);
      expect([shown(grid), grid.trail.hasEarlier.value]).toEqual([number, hasEarlier]);
      await grid.turn("earlier");
    }
    await grid.turn("later");
    expect(grid.trail.hasEarlier.value).toBe(true);
    grid.session.value?.stop();
    const fresh = trail({ "/mine": mine([]) }).grid;
    await fresh.openPage();
    await vi.advanceTimersByTimeAsync(0);
    expect(fresh.trail.hasEarlier.value).toBe(false);
    fresh.session.value?.stop();
  });

  it("does not leave a page whose labels are not saved", async () => {
    const away = () => {
      throw new HttpError(503, "unavailable", "The server is away.");
    };
    const { grid } = trail({ "/verdicts": away });
    await grid.openPage();
    grid.judging.label(tileOf(grid), "unsure");
    const turning = grid.turn("earlier");
    await vi.advanceTimersByTimeAsync(60_000);
    await turning;
    expect(shown(grid)).toBe(3);
    expect(grid.session.value?.queue.unsent()).toHaveLength(1);
    expect(grid.notice.value?.sentence).toContain("not reached the server yet");
    grid.session.value?.stop();
  });

  it("goes to the page that the server chooses from a page that was opened by its address", async () => {
    const { grid } = gridOf(
      { "/mine": mine([2, 1]), "/p2/page": () => submitted(2), "/p2/stacks": () => [] },
      { page: "/p2/page" },
    );
    await grid.openPage();
    expect(shown(grid)).toBe(2);
    await grid.turn("later");
    expect(shown(grid)).toBe(1); // which it hands out
    expect(grid.session.value?.page.state).toBe("held");
    grid.session.value?.stop();
  });

  it("keeps the page at work held while one is busy with an earlier one", async () => {
    const { grid, transport } = trail();
    await grid.openPage();
    await grid.turn("earlier");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(transport.askedOf("/renew")).toHaveLength(0);
    grid.act({ do: "step", by: 1 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(transport.askedOf("/renew")).toHaveLength(1);
    expect(transport.askedOf("/p2/renew")).toHaveLength(0);
    grid.session.value?.stop();
  });
});

describe("the time for which a page is held", () => {
  it("counts down, warns at the end, and is full again after anything that is done", async () => {
    const { grid, transport } = trail();
    await grid.openPage();
    const held = grid.session.value!.held!;
    expect(held.leftS.value).toBe(1800);
    await vi.advanceTimersByTimeAsync(1_499_000);
    expect(held.isEnding.value).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(held.leftS.value).toBe(300);
    expect(held.isEnding.value).toBe(true);
    grid.act({ do: "move", direction: "right" });
    await vi.advanceTimersByTimeAsync(0);
    expect(transport.askedOf("/renew")).toHaveLength(1); // at once: there is no time to lose
    expect(held.leftS.value).toBe(1800);
    await vi.advanceTimersByTimeAsync(600_000);
    grid.judging.label(tileOf(grid), "unsure");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(held.leftS.value).toBeGreaterThan(1790); // a label that is kept holds it, too
    await vi.advanceTimersByTimeAsync(4_000_000);
    expect(held.leftS.value).toBe(0);
    grid.session.value?.stop();
  });

  it("is no news once the page is handed in, also where that is heard first", async () => {
    let submitted: (answer: unknown) => void = () => undefined;
    const stale = new HttpError(409, "stale_lease", "This page was submitted.");
    const { grid } = trail({
      "/submit": () => new Promise((done) => (submitted = done)),
      "/renew": () => {
        throw stale;
      },
    });
    await grid.openPage();
    await vi.advanceTimersByTimeAsync(1_600_000);
    const submitting = grid.submit();
    await vi.advanceTimersByTimeAsync(0);
    grid.session.value?.noteActivity(); // the click on the button
    await vi.advanceTimersByTimeAsync(0);
    expect(grid.phase.value).toBe("submitting");
    expect(grid.notice.value).toBeNull();
    submitted({ submitted: true });
    await submitting;
    expect(grid.phase.value).toBe("working");
    grid.session.value?.stop();
  });

  it("is told in minutes, and in seconds where they are few", () => {
    expect(timeLeft(1800, false)).toBe("30 min");
    expect(timeLeft(301, false)).toBe("6 min");
    expect(timeLeft(300, true)).toBe("5:00");
    expect(timeLeft(61, true)).toBe("1:01");
    expect(timeLeft(0, true)).toBe("0:00");
  });
});
