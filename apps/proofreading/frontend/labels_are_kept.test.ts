/** Whatever becomes of a page, each label of the person reaches the server, and nothing else is claimed. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import type { GridController } from "./grid_controller";
import { FakeBitmap, keepAll, keepLate, keysIn, notAllKept } from "./testing";
import { gridOf, onceThen, tileOf } from "./testing_grid";
import type { Verdict } from "./verdict_queue";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const stale = new HttpError(409, "stale_lease", "This page was given to someone else.");
const conflict = new HttpError(409, "conflict", "The labels were changed elsewhere.");
const loggedOut = new HttpError(403, "login_needed", "Log in.");
const unreachable = new NetworkError("The server cannot be reached.");

const KEPT = "Your labels were kept";
const NOT_REACHED = "not reached the server yet";

/** What the server does with labels: it keeps them, keeps them as late, or cannot be reached. */
class LabelServer {
  state: "well" | "stale" | "away" = "well";
  readonly kept: Verdict[] = [];

  readonly answer = (url: string, body: unknown): unknown => {
    if (this.state === "away") {
      throw unreachable;
    }
    this.kept.push(...(body as { verdicts: Verdict[] }).verdicts);
    return this.state === "stale" ? keepLate(url, body) : keepAll(url, body);
  };

  get items(): number[] {
    return [...new Set(this.kept.map((verdict) => verdict.item))].sort();
  }
}

function sentence(grid: GridController): string {
  return grid.notice.value?.sentence ?? "";
}

describe("a page that is no longer held", () => {
  it("sends the label that was made while the refused ones were on their way", async () => {
    const server = new LabelServer();
    let refuse: () => void = () => undefined;
    const slowly = (url: string, body: unknown) =>
      new Promise((resolve, reject) => {
        refuse = () => {
          server.state = "stale";
          try {
            resolve(server.answer(url, body));
          } catch (error) {
            reject(error);
          }
        };
      });
    const { grid } = gridOf({ "/verdicts": firstThen(slowly, server.answer) });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid, 0));
    await vi.advanceTimersByTimeAsync(150);
    grid.judging.cycle(tileOf(grid, 1));
    refuse();
    await vi.advanceTimersByTimeAsync(50);
    expect(server.items).toEqual([1, 2]);
    expect(sentence(grid)).toContain(KEPT);
    expect(sentence(grid)).toContain("kept as late: it counts only where");
  });

  it("sends what waits when it is the renewal that learns of it", async () => {
    const server = new LabelServer();
    server.state = "away";
    const refuse = () => {
      server.state = "stale";
      throw stale;
    };
    const { grid } = gridOf({ "/verdicts": server.answer, "/renew": refuse });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(server.items).toEqual([]);
    await vi.advanceTimersByTimeAsync(1100);
    expect(server.items).toEqual([1]);
    expect(sentence(grid)).toContain(KEPT);
  });

  it("says why, in the server's words", async () => {
    const sentenceOfServer = "The campaign was closed, and its pages were taken back.";
    const closed = () => {
      throw new HttpError(409, "stale_lease", sentenceOfServer);
    };
    const { grid } = gridOf({ "/verdicts": keepAll, "/renew": closed });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(61_000);
    expect(sentence(grid)).toBe(`${sentenceOfServer} ${KEPT}.`);
  });

  it("claims to have kept nothing that it could not send, and goes on trying", async () => {
    const server = new LabelServer();
    server.state = "away";
    const refuse = () => {
      throw stale;
    };
    const { grid, transport } = gridOf({ "/verdicts": server.answer, "/renew": refuse });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(61_000);
    expect(grid.phase.value).toBe("ended");
    expect(sentence(grid)).toContain(`One label has ${NOT_REACHED}`);
    expect(sentence(grid)).not.toContain(KEPT);
    expect(grid.session.value?.queue.state.value).toBe("unsaved");

    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(transport.askedOf("/lease")).toHaveLength(1);
    expect(sentence(grid)).toContain(NOT_REACHED);

    server.state = "stale";
    await vi.advanceTimersByTimeAsync(31_000);
    expect(server.items).toEqual([1]);
    expect(sentence(grid)).toContain(KEPT);
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(grid.session.value?.page.number).toBe(2);
  });

  it("tells so when it is the submit that learns of it", async () => {
    const server = new LabelServer();
    const submit = () => {
      server.state = "stale";
      throw stale;
    };
    const { grid } = gridOf({ "/verdicts": server.answer, "/submit": submit });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.submit();
    expect(sentence(grid)).not.toContain(KEPT);
    await vi.advanceTimersByTimeAsync(50);
    expect(server.items).toEqual([1]);
    expect(sentence(grid)).toContain(KEPT);
    expect(grid.phase.value).toBe("ended");
  });

  it("asks for a login first and sends then", async () => {
    const server = new LabelServer();
    server.state = "stale";
    const refuse = () => {
      throw stale;
    };
    const answer = onceThen(loggedOut, server.answer);
    const { grid } = gridOf({ "/verdicts": answer, "/renew": refuse });
    await grid.openPage();
    grid.judging.step(tileOf(grid), 1);
    await vi.advanceTimersByTimeAsync(59_900);
    grid.judging.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(200);
    expect(grid.phase.value).toBe("ended");
    expect(grid.notice.value?.link?.url).toBe("/login");
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(50);
    expect(server.items).toEqual([1]);
    expect(sentence(grid)).toContain(KEPT);
  });

  it("does not end the next page when the answer comes late", async () => {
    let refuse: () => void = () => undefined;
    const late = () => new Promise((_, reject) => (refuse = () => reject(stale)));
    const { grid } = gridOf({ "/renew": late });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(60_100);
    await grid.submit();
    expect(grid.session.value?.page.number).toBe(2);
    refuse();
    await vi.advanceTimersByTimeAsync(10);
    expect(grid.phase.value).toBe("working");
    expect(grid.notice.value).toBeNull();
  });
});

describe("a page that differs from what another tab says", () => {
  function refusing(server: LabelServer) {
    const submit = () => {
      throw conflict;
    };
    return gridOf({ "/verdicts": server.answer, "/submit": submit });
  }

  it("sends the labels of this tab, too", async () => {
    const server = new LabelServer();
    const { grid } = refusing(server);
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.submit();
    await vi.advanceTimersByTimeAsync(50);
    expect(server.items).toEqual([1]);
    expect(grid.session.value?.queue.state.value).toBe("saved");
    expect(sentence(grid)).toBe(conflict.message);
  });

  it("is loaded again only when its labels are saved", async () => {
    const server = new LabelServer();
    const { grid, transport } = refusing(server);
    await grid.openPage();
    server.state = "away";
    grid.judging.cycle(tileOf(grid));
    await grid.submit();
    expect(grid.notice.value?.button?.title).toBe("Load the page again");
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(transport.askedOf("/lease")).toHaveLength(1);
    expect(sentence(grid)).toContain(`One label has ${NOT_REACHED}`);
    expect(grid.session.value?.queue.unsent()).toHaveLength(1);
    server.state = "well";
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(server.items).toEqual([1]);
    expect(transport.askedOf("/page")).toHaveLength(1);
    expect(grid.session.value?.page.number).toBe(1);
  });
});

describe("a label that is refused while the page is being left", () => {
  it("is told before the next page is opened", async () => {
    const refused = (_: string, body: unknown) => {
      const [key] = keysIn(body);
      const one = { key, item: 1, code: "invalid", sentence: "This is not on the page." };
      throw notAllKept("stale_label", "", { refused: [one] });
    };
    const { grid, transport } = gridOf({ "/verdicts": refused });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.openNext();
    expect(sentence(grid)).toBe("One label was not stored: This is not on the page.");
    expect(transport.askedOf("/lease")).toHaveLength(1);
    await grid.openNext();
    expect(grid.session.value?.page.number).toBe(2);
  });
});

describe("a label that the server cannot use", () => {
  const invalid = new HttpError(400, "invalid", "verdicts: it has too many kinds.");
  const used = (body: unknown) => (body as { verdicts: Verdict[] }).verdicts;

  it("is taken back to the one that the server has, on which the next one builds", async () => {
    let refuses = false;
    const sent: Verdict[] = [];
    const { grid } = gridOf({
      "/verdicts": (url: string, body: unknown) => {
        sent.push(...used(body));
        if (refuses) {
          throw invalid;
        }
        return keepAll(url, body);
      },
    });
    await grid.openPage();
    grid.judging.label(tileOf(grid), "unsure");
    await vi.advanceTimersByTimeAsync(200);
    refuses = true;
    grid.judging.label(tileOf(grid), "incorrect");
    await vi.advanceTimersByTimeAsync(200);
    expect(tileOf(grid).label.value).toBe("unsure");
    expect(tileOf(grid).verdict).toBe(sent[0]?.key);
    expect(sentence(grid)).toContain("One label was not stored: verdicts: it has too many kinds.");
    refuses = false;
    grid.judging.label(tileOf(grid), "correct");
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.at(-1)?.after).toBe(sent[0]?.key);
    expect(grid.session.value?.queue.state.value).toBe("saved");
  });

  it("takes the one that was said after it not along: that is said again", async () => {
    const stored: Verdict[] = [];
    const answer = (url: string, body: unknown) => {
      if (used(body).some(({ label }) => label === "incorrect")) {
        throw invalid;
      }
      const outdated = used(body).filter(({ after }) => after !== (stored.at(-1)?.key ?? null));
      const refused = outdated.map(({ key, item }) => {
        return { key, item, code: "stale_label", sentence: "Changed." };
      });
      if (refused.length > 0) {
        throw notAllKept("stale_label", "Changed.", { refused });
      }
      stored.push(...used(body));
      return keepAll(url, body);
    };
    const { grid } = gridOf({ "/verdicts": answer });
    await grid.openPage();
    grid.judging.label(tileOf(grid), "incorrect");
    grid.judging.label(tileOf(grid), "unsure");
    await vi.advanceTimersByTimeAsync(500);
    expect(stored.map(({ label, after }) => [label, after])).toEqual([["unsure", null]]);
    expect(tileOf(grid).label.value).toBe("unsure");
    expect(tileOf(grid).refused.value).toBeNull();
    expect(grid.session.value?.queue.state.value).toBe("saved");
  });
});

describe("a login that ended at the submit", () => {
  it("keeps the labels, and hands the page in after the login", async () => {
    const server = new LabelServer();
    let ended = true;
    const guarded = (answer: (url: string, body: unknown) => unknown) => {
      return (url: string, body: unknown) => {
        if (ended) {
          throw loggedOut;
        }
        return answer(url, body);
      };
    };
    const { grid, transport } = gridOf({
      "/verdicts": guarded(server.answer),
      "/submit": guarded(server.answer),
    });
    await grid.openPage();
    grid.judging.cycle(tileOf(grid));
    await grid.submit();
    await vi.advanceTimersByTimeAsync(1000);
    expect(grid.session.value?.queue.unsent()).toHaveLength(1);
    ended = false;
    grid.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(50);
    expect(transport.askedOf("/submit")).toHaveLength(2);
    expect(server.items).toEqual([1]);
    expect(grid.session.value?.page.number).toBe(2);
  });
});

/** The first request gets `first`, the others `then`. */
function firstThen(
  first: (url: string, body: unknown) => unknown,
  then: (url: string, body: unknown) => unknown,
) {
  let asked = 0;
  return (url: string, body: unknown) => {
    asked += 1;
    return asked === 1 ? first(url, body) : then(url, body);
  };
}
