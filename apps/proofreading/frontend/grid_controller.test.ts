import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { frameOf } from "../../core/frontend/testing";
import { HttpError, NetworkError } from "../../core/frontend/http";
import { FakeBitmap, keepAll, keepLate, pageFrame, slicesFrame, unreadableFrame } from "./testing";
import { gridOf, leaseOf, NONE, onceThen, tileOf } from "./testing_grid";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("GridController", () => {
  it("leads from page to page to the end, sending labels as they are made", async () => {
    const { grid, transport, went } = gridOf();
    await grid.openPage();
    expect(grid.phase.value).toBe("working");
    grid.judging.cycle(tileOf(grid));
    grid.act({ do: "move", direction: "right" });
    await vi.advanceTimersByTimeAsync(200);
    expect(transport.askedOf("/verdicts")[0]?.body).toMatchObject({
      verdicts: [{ item: 1, label: "incorrect", categories: [], note: "" }],
    });
    const old = grid.session.value;
    await grid.submit();
    expect(transport.askedOf("/submit")[0]?.body).toEqual({
      verdicts: [],
      labels: { "1": "incorrect", "2": "correct" },
      next: true,
    });
    expect(grid.session.value?.page.number).toBe(2);
    await vi.advanceTimersByTimeAsync(1000); // freed when the browser has time for it
    expect(old?.tiles.every((tile) => tile.stack.value?.picture(2) === null)).toBe(true);
    expect(grid.focused.value).toBe(0);
    await grid.submit();
    expect(went).toEqual(["/finished"]);
    expect(grid.phase.value).toBe("ended");
  });

  it("hands in what is still unsent with the page", async () => {
    const { grid, transport } = gridOf();
    await grid.openPage();
    grid.judging.label(tileOf(grid), "unsure");
    await grid.submit();
    expect(transport.askedOf("/verdicts")).toHaveLength(0);
    expect(transport.askedOf("/submit")[0]?.body).toMatchObject({
      verdicts: [{ item: 1, label: "unsure" }],
    });
  });

  it("does nothing for a label that is set already", async () => {
    const { grid, transport } = gridOf();
    await grid.openPage();
    grid.judging.label(tileOf(grid), "correct");
    await vi.advanceTimersByTimeAsync(1000);
    expect(transport.askedOf("/verdicts")).toHaveLength(0);
  });

  it("steps the focused tile within its slices", async () => {
    const { grid } = gridOf();
    await grid.openPage();
    grid.act({ do: "step", by: 1 });
    expect(tileOf(grid).slice.value).toBe(3);
    grid.act({ do: "step", by: 1 });
    expect(tileOf(grid).slice.value).toBe(3);
    expect(tileOf(grid, 1).slice.value).toBe(2);
  });

  it("asks before it hands in as correct what nobody has seen", async () => {
    const lease = [pageFrame([1, 2]), slicesFrame("middle", 1), unreadableFrame(2)];
    const { grid, transport } = gridOf({ "/lease": () => lease });
    await grid.openPage();
    await grid.submit();
    expect(transport.askedOf("/submit")).toHaveLength(0);
    expect(grid.notice.value?.sentence).toContain("One synapse could not be shown");
    expect(grid.notice.value?.sentence).toContain("would go in as unsure");
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(transport.askedOf("/submit")[0]?.body).toMatchObject({
      verdicts: [{ item: 2, label: "unsure" }],
      labels: { "1": "correct", "2": "unsure" },
    });
  });

  it("tells of a page that went to someone else and leads to the next one", async () => {
    const { grid } = gridOf({ "/verdicts": keepLate });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(200);
    expect(grid.notice.value?.sentence).toContain("labels were kept");
    expect(grid.notice.value?.sentence).toContain("kept as late: it counts only where");
    expect(grid.session.value?.queue.unsent()).toEqual([]);
    grid.judging.cycle(tileOf(grid));
    expect(tileOf(grid).label.value).toBe("incorrect");
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(grid.session.value?.page.number).toBe(2);
    expect(grid.notice.value).toBeNull();
  });

  it("keeps the labels while the person logs in again", async () => {
    const ended = new HttpError(403, "login_needed", "Log in.");
    const { grid, transport } = gridOf({ "/verdicts": onceThen(ended, keepAll) });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(200);
    expect(grid.notice.value?.link).toMatchObject({ url: "/login", newTab: true });
    expect(grid.session.value?.queue.unsent()).toHaveLength(1);
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(200);
    expect(transport.askedOf("/verdicts")).toHaveLength(2);
    expect(grid.session.value?.queue.state.value).toBe("saved");
    expect(grid.notice.value).toBeNull();
  });

  it("says when a page cannot be handed in, and keeps it", async () => {
    const lost = new NetworkError("The server cannot be reached.");
    const submitted = () => ({ submitted: true });
    const { grid, transport } = gridOf({ "/submit": onceThen(lost, submitted) });
    await grid.openPage();
    await grid.submit();
    expect(grid.notice.value?.sentence).toBe("The server cannot be reached.");
    expect(grid.notice.value?.button?.title).toBe("Submit again");
    expect(grid.phase.value).toBe("working");
    expect(grid.session.value?.page.number).toBe(1);
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(transport.askedOf("/submit")).toHaveLength(2);
    expect(grid.session.value?.page.number).toBe(2);
  });

  it("takes the notice of an unreachable server away once labels are saved again", async () => {
    const lost = new NetworkError("The server cannot be reached.");
    const { grid } = gridOf({ "/submit": onceThen(lost, () => ({})) });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.submit();
    expect(grid.notice.value?.sentence).toBe("The server cannot be reached.");
    await vi.advanceTimersByTimeAsync(200);
    expect(grid.session.value?.queue.state.value).toBe("saved");
    expect(grid.notice.value).toBeNull();
    expect(grid.session.value?.page.number).toBe(1);
  });

  it("asks for the page again by itself while the server cannot be reached", async () => {
    const lost = new NetworkError("The server cannot be reached.");
    const { grid } = gridOf({ "/lease": onceThen(lost, () => leaseOf(1, [1, 2])) });
    await grid.openPage();
    expect(grid.notice.value?.button?.title).toBe("Try again");
    await vi.advanceTimersByTimeAsync(1500);
    expect(grid.phase.value).toBe("working");
    expect(grid.notice.value).toBeNull();
  });

  it("says why a campaign has no page yet", async () => {
    const preparing = { ...NONE, reason: "preparing", sentence: "It is still being prepared." };
    const { grid, went } = gridOf({ "/lease": () => [frameOf(preparing)] });
    await grid.openPage();
    expect(grid.notice.value).toMatchObject({
      sentence: "It is still being prepared.",
      link: { url: "/" },
    });
    expect(went).toEqual([]);
  });

  it("renews the lease of a person who looks without setting labels", async () => {
    const { grid, transport } = gridOf();
    await grid.openPage();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(transport.askedOf("/renew")).toHaveLength(0);
    grid.act({ do: "step", by: -1 });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(transport.askedOf("/renew")).toHaveLength(1);
  });

  it("sends what is unsent when the page is left", async () => {
    const { grid, transport } = gridOf();
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.session.value?.sendBeforeLeaving();
    expect(transport.askedOf("/verdicts")).toHaveLength(1);
    expect(grid.session.value?.queue.unsent()).toEqual([]);
  });
});
