/** Which page a tab shows, and what it does where it cannot show or leave one. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import { FakeBitmap, keepAll } from "./testing";
import { gridOf, leaseOf, tileOf } from "./testing_grid";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const missing = new HttpError(404, "not_found", "There is nothing here.");

function throwing(error: Error) {
  return () => {
    throw error;
  };
}

describe("one of several pages that a person holds", () => {
  function tabs(areAtWork: boolean | null) {
    return { areAtWork: async () => areAtWork };
  }

  async function leasesOf(another: boolean, others: ReturnType<typeof tabs> | null) {
    const { grid, transport, remembered } = gridOf({}, { another }, others);
    await grid.openPage();
    await grid.submit();
    return { leases: transport.askedOf("/lease").map(({ url }) => url), remembered };
  }

  it("is followed by one that no other tab shows", async () => {
    const beside = "/lease?another=true";
    expect((await leasesOf(true, tabs(true))).leases).toEqual([beside, beside]);
    expect((await leasesOf(false, tabs(true))).leases).toEqual(["/lease", beside]);
    expect((await leasesOf(true, tabs(false))).leases).toEqual([beside, "/lease"]);
    // Where browsers know nothing of other tabs, one that was opened beside another stays so.
    expect((await leasesOf(true, tabs(null))).leases).toEqual([beside, beside]);
    expect((await leasesOf(false, tabs(null))).leases).toEqual(["/lease", "/lease"]);
  });

  it("is shown again when the window is loaded again, where there may be several", async () => {
    expect((await leasesOf(false, tabs(false))).remembered).toEqual(["t", "t"]);
    expect((await leasesOf(false, null)).remembered).toEqual([null, null]);
  });

  it("is itself loaded again, and not another one", async () => {
    const conflict = new HttpError(409, "conflict", "The labels were changed elsewhere.");
    const { grid, transport } = gridOf({ "/submit": throwing(conflict) }, { another: true });
    await grid.openPage();
    await grid.submit();
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(transport.askedOf("/page")).toHaveLength(1);
    expect(transport.askedOf("/lease")).toHaveLength(1);
    expect(grid.phase.value).toBe("working");
  });
});

describe("a page that cannot be opened", () => {
  it("leads to the next one where it is not this person's", async () => {
    const { grid } = gridOf({ "/page": throwing(missing) }, { page: "/page" });
    await grid.openPage();
    expect(grid.notice.value?.sentence).toBe(missing.message);
    expect(grid.notice.value?.button?.title).toBe("Next page");
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(grid.session.value?.page.number).toBe(1);
  });

  it("leads to the campaigns where this one is gone", async () => {
    const { grid } = gridOf({ "/lease": throwing(missing) });
    await grid.openPage();
    expect(grid.notice.value?.link?.title).toBe("My campaigns");
  });
});

describe("a page that is skipped while its labels cannot be sent", () => {
  function skipping() {
    const error = { now: new Error() as Error | null };
    const { grid, transport } = gridOf({
      "/verdicts": (url, body) => {
        if (error.now !== null) {
          throw error.now;
        }
        return keepAll(url, body);
      },
      "/skip": () => ({ skipped: true }),
    });
    return { grid, transport, error };
  }

  it.each([
    ["Skip again", new NetworkError("The server cannot be reached.")],
    ["Go on", new HttpError(403, "login_needed", "Log in.")],
  ])("is skipped for the same reason by %j", async (title, trouble) => {
    const { grid, transport, error } = skipping();
    await grid.openPage();
    error.now = trouble;
    grid.judging.cycle(tileOf(grid));
    await grid.skip("A fold runs through it");
    expect(grid.notice.value?.button?.title).toBe(title);
    error.now = null;
    await vi.advanceTimersByTimeAsync(2000);
    expect(grid.notice.value?.button?.title).toBe(title); // it is still not skipped
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(transport.askedOf("/skip")[0]?.body).toEqual({ reason: "A fold runs through it" });
    expect(grid.session.value?.page.number).toBe(2);
  });
});

describe("a page that is left for a section", () => {
  function asking() {
    const section = { bring: (_: unknown) => undefined as void, refuse: (_: Error) => undefined as void };
    let first = true;
    const { grid, transport } = gridOf({
      "/lease": () => {
        if (first) {
          first = false;
          return leaseOf(1, [1, 2]);
        }
        return new Promise((bring, refuse) => Object.assign(section, { bring, refuse }));
      },
    });
    return { grid, transport, section };
  }

  it("takes no label while the other is asked for: it would stay behind", async () => {
    const { grid, transport, section } = asking();
    await grid.openPage();
    const left = tileOf(grid);
    const going = grid.openSection(17);
    await vi.advanceTimersByTimeAsync(0);
    grid.judging.label(left, "incorrect");
    expect(left.label.value).toBe("correct");
    await grid.openSection(18); // one at a time
    section.bring(leaseOf(2, [3, 4]));
    await going;
    expect([grid.phase.value, grid.session.value?.page.number]).toEqual(["working", 2]);
    grid.judging.label(tileOf(grid), "incorrect");
    expect(tileOf(grid).label.value).toBe("incorrect");
    expect(transport.askedOf("/lease")).toHaveLength(2);
    grid.session.value?.stop();
  });

  it("takes labels again where it stays", async () => {
    const { grid, section } = asking();
    await grid.openPage();
    const going = grid.openSection(17);
    await vi.advanceTimersByTimeAsync(0);
    section.refuse(new HttpError(409, "conflict", "Somebody else is there."));
    await going;
    grid.judging.label(tileOf(grid), "incorrect");
    expect(tileOf(grid).label.value).toBe("incorrect");
    grid.session.value?.stop();
  });
});
