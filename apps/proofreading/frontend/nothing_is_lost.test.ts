/** Labels survive in the browser, give way to newer ones, and are taken back step by step. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import { frameOf } from "../../core/frontend/testing";
import { GridController } from "./grid_controller";
import { sendLeftovers, toldOf } from "./leftovers";
import { OverlayPreferences } from "./preferences";
import { FakeBitmap, FakeTransport, keepAll, MemoryOutbox, pageFrame } from "./testing";
import { gridOf, leaseOf, NONE, tileOf } from "./testing_grid";
import type { Verdict } from "./verdict_queue";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const unreachable = new NetworkError("The server cannot be reached.");

function labelOf(verdict: Partial<Verdict> & { key: string }, person = "anna", storedAt = 0) {
  const whole = { item: 1, label: "incorrect", categories: [], note: "", made_at: "", after: null };
  const url = "/verdicts";
  return { person, url, verdict: { ...whole, ...verdict } as Verdict, tab: "gone", storedAt, turn: 1 };
}

function sentTo(transport: FakeTransport, url: string): Verdict[] {
  return transport.askedOf(url).flatMap(({ body }) => (body as { verdicts: Verdict[] }).verdicts);
}

describe("labels that were left behind", () => {
  it("are sent in their order, once, and only those of the person who is here", async () => {
    const outbox = new MemoryOutbox();
    await outbox.put(labelOf({ key: "second" }, "anna", 2));
    await outbox.put(labelOf({ key: "first" }, "anna", 1));
    await outbox.put(labelOf({ key: "foreign" }, "ben"));
    const transport = new FakeTransport({ "/verdicts": keepAll });
    const outcome = await sendLeftovers(outbox, "anna", transport);
    expect(sentTo(transport, "/verdicts").map(({ key }) => key)).toEqual(["first", "second"]);
    expect(toldOf(outcome)).toBe("2 labels that you made before are saved now.");
    expect(toldOf(await sendLeftovers(outbox, "anna", transport))).toBe("");
    expect(transport.askedOf("/verdicts")).toHaveLength(1);
    expect(await outbox.of("ben")).toHaveLength(1);
  });

  it.each([
    [new HttpError(409, "stale_lease", "Gone."), 0, "is kept as late"],
    [
      new HttpError(409, "stale_label", "Changed.", null, { kept: [], present: [] }),
      0,
      "the newer stands",
    ],
    [unreachable, 1, "could not be sent yet: The server cannot be reached."],
    [new HttpError(403, "other_person", "ben is here."), 1, "could not be sent yet: ben is here."],
  ])("are told what became of them: %s", async (error, left, sentence) => {
    const outbox = new MemoryOutbox();
    await outbox.put(labelOf({ key: "one" }));
    const refuse = () => {
      throw error;
    };
    const outcome = await sendLeftovers(outbox, "anna", new FakeTransport({ "/verdicts": refuse }));
    expect(await outbox.of("anna")).toHaveLength(left);
    expect(toldOf(outcome)).toContain(sentence);
  });
});

describe("the labels of a page", () => {
  function keptGrid(verdicts: (url: string, body: unknown) => unknown) {
    const outbox = new MemoryOutbox();
    const transport = new FakeTransport({
      "/lease": () => leaseOf(1, [1, 2]),
      "/verdicts": verdicts,
      "/stacks": () => [],
    });
    const overlay = new OverlayPreferences({ getItem: () => null, setItem: () => undefined });
    const urls = { lease: "/lease", login: "/login", campaigns: "/" };
    const keeping = { outbox, person: "anna", tab: "here" };
    const grid = new GridController(urls, transport, overlay, () => undefined, keeping);
    return { grid, outbox, transport };
  }

  it("are in the outbox until the server has them", async () => {
    let away = true;
    const { grid, outbox } = keptGrid((url, body) => {
      if (away) {
        throw unreachable;
      }
      return keepAll(url, body);
    });
    await grid.openPage();
    grid.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(200);
    expect((await outbox.of("anna")).map(({ verdict }) => verdict.item)).toEqual([1]);
    away = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(await outbox.of("anna")).toEqual([]);
    expect(grid.session.value?.queue.state.value).toBe("saved");
  });

  it("are sent though the browser has lost what it kept of them", async () => {
    let away = true;
    const { grid, outbox, transport } = keptGrid((url, body) => {
      if (away) {
        throw unreachable;
      }
      return keepAll(url, body);
    });
    await grid.openPage();
    grid.cycle(tileOf(grid));
    await vi.advanceTimersByTimeAsync(200);
    const asked = transport.askedOf("/verdicts").length;
    await outbox.remove((await outbox.of("anna")).map(({ verdict }) => verdict.key));
    away = false;
    await vi.advanceTimersByTimeAsync(2000);
    const [sent] = transport.askedOf("/verdicts").slice(asked);
    expect(sent?.body).toMatchObject({ verdicts: [{ item: 1, label: "incorrect" }] });
    expect(grid.session.value?.queue.state.value).toBe("saved");
  });

  it("build on each other, and give way to what another tab said first", async () => {
    const sent: Verdict[] = [];
    const refuse = (_: string, body: unknown) => {
      const { verdicts } = body as { verdicts: Verdict[] };
      sent.push(...verdicts);
      const present = [{ item: 1, label: "unsure", verdict: "theirs" }];
      const other = verdicts.filter(({ item }) => item !== 1).map(({ key }) => key);
      throw new HttpError(409, "stale_label", "Changed.", null, { kept: other, present });
    };
    const { grid } = gridOf({ "/verdicts": refuse });
    await grid.openPage();
    grid.label(tileOf(grid), "unsure");
    grid.label(tileOf(grid), "incorrect");
    grid.label(tileOf(grid, 1), "incorrect");
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.map(({ after }) => after)).toEqual([null, sent[0]?.key, null]);
    const tile = tileOf(grid);
    expect([tile.label.value, tile.refused.value]).toEqual(["unsure", "incorrect"]);
    expect(tile.verdict).toBe("theirs");
    expect(tileOf(grid, 1).label.value).toBe("incorrect");
    expect(grid.session.value?.queue.unsent()).toEqual([]);
    grid.undo();
    expect([tile.label.value, tileOf(grid, 1).label.value]).toEqual(["unsure", "correct"]);
  });

  it("are taken back over several steps, as new labels", async () => {
    const { grid, transport } = gridOf();
    await grid.openPage();
    grid.label(tileOf(grid), "incorrect");
    grid.label(tileOf(grid, 1), "unsure");
    grid.undo();
    grid.undo();
    grid.undo();
    expect([tileOf(grid).label.value, tileOf(grid, 1).label.value]).toEqual(["correct", "correct"]);
    grid.redo();
    expect(tileOf(grid).label.value).toBe("incorrect");
    expect(grid.focused.value).toBe(0);
    grid.label(tileOf(grid), "unsure");
    expect(grid.session.value?.history.canRedo.value).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    const said = sentTo(transport, "/verdicts").map(({ item, label }) => `${item} ${label}`);
    expect(said).toEqual([
      ...["1 incorrect", "2 unsure", "2 correct", "1 correct", "1 incorrect", "1 unsure"],
    ]);
  });
});

describe("a page that was submitted", () => {
  it("is revised, not submitted again, and not renewed", async () => {
    const page = pageFrame([1, 2]);
    const header = { ...(page.header as object), state: "submitted", why_sentence: "Yours." };
    const { grid, transport } = gridOf({
      "/lease": () => [frameOf(header), ...leaseOf(1, [1, 2]).slice(1)],
      "/revise": keepAll,
    });
    await grid.openPage();
    grid.label(tileOf(grid), "incorrect");
    await vi.advanceTimersByTimeAsync(61_000);
    expect(sentTo(transport, "/revise").map(({ item }) => item)).toEqual([1]);
    expect(transport.askedOf("/renew")).toEqual([]);
    await grid.submit();
    expect(transport.askedOf("/submit")).toEqual([]);
    expect(transport.askedOf("/lease")).toHaveLength(2);
  });

  it("tells how the training went before it leaves the grid", async () => {
    const training = { right: 4, shown: 5, needed: 4, passed: true, sentence: "4 of 5 right." };
    const leases = [leaseOf(1, [1, 2]), [frameOf(NONE)]];
    const { grid, went } = gridOf({
      "/lease": () => leases.shift() ?? [],
      "/submit": () => ({ submitted: true, training }),
    });
    await grid.openPage();
    await grid.submit();
    expect(grid.told.value?.training).toBe("4 of 5 right.");
    expect(went).toEqual([]);
    expect(grid.notice.value?.link?.url).toBe("/finished");
  });
});
