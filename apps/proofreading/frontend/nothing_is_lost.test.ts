/** Labels survive in the browser, give way to newer ones, and are taken back step by step. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import { frameOf } from "../../core/frontend/testing";
import { GridController } from "./grid_controller";
import { sendLeftovers } from "./leftovers";
import { OverlayPreferences } from "./preferences";
import {
  FakeBitmap,
  FakeTransport,
  keepAll,
  keysIn,
  MemoryOutbox,
  notAllKept,
  pageFrame,
} from "./testing";
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
    const left = await sendLeftovers(outbox, "anna", transport);
    expect(sentTo(transport, "/verdicts").map(({ key }) => key)).toEqual(["first", "second"]);
    expect(left?.sentence).toBe("2 labels that you made before are saved now.");
    expect(await sendLeftovers(outbox, "anna", transport)).toBeNull();
    expect(transport.askedOf("/verdicts")).toHaveLength(1);
    expect(await outbox.of("ben")).toHaveLength(1);
  });

  it("are told by what became of each", async () => {
    const outbox = new MemoryOutbox();
    for (const [turn, key] of ["kept", "late", "changed", "fixed"].entries()) {
      await outbox.put(labelOf({ key }, "anna", turn));
    }
    const refuse = () => {
      const refused = [
        { key: "changed", item: 1, code: "stale_label", sentence: "Changed meanwhile." },
        { key: "fixed", item: 1, code: "fixed_label", sentence: "An expert has decided." },
      ];
      throw notAllKept("stale_lease", "Gone.", { kept: ["kept"], late: ["late"], refused });
    };
    const left = await sendLeftovers(outbox, "anna", new FakeTransport({ "/verdicts": refuse }));
    expect(await outbox.of("anna")).toEqual([]);
    expect(left?.sentence).toBe(
      "One label that you made before is saved now. " +
        "One label that you made before came after the page had ended and is kept as late. " +
        "One label that you made before is not stored: changed elsewhere since. " +
        "One label was not stored: An expert has decided.",
    );
    expect(left?.discard).toBeNull();
  });

  it("hold each other back no longer where one of them cannot be used", async () => {
    const outbox = new MemoryOutbox();
    for (const [turn, key] of ["good", "bad", "better"].entries()) {
      await outbox.put(labelOf({ key }, "anna", turn));
    }
    const pick = (url: string, body: unknown) => {
      if (keysIn(body).includes("bad")) {
        throw new HttpError(400, "invalid", "item: 1 is not on this page.");
      }
      return keepAll(url, body);
    };
    const left = await sendLeftovers(outbox, "anna", new FakeTransport({ "/verdicts": pick }));
    expect(await outbox.of("anna")).toEqual([]);
    expect(left?.sentence).toContain("2 labels that you made before are saved now.");
    expect(left?.sentence).toContain("One label was not stored: item: 1 is not on this page.");
  });

  it.each([
    [new HttpError(404, "not_found", "There is no such page."), 0, "not stored: There is no"],
    [new HttpError(404, "error", "A proxy speaks."), 1, "not taken by the server: A proxy speaks."],
    [unreachable, 1, "not sent yet: The server cannot be reached."],
    [new HttpError(403, "other_person", "ben is here."), 1, "not sent yet: ben is here."],
  ])("stay where they may be taken later, and else end: %s", async (error, count, sentence) => {
    const outbox = new MemoryOutbox();
    await outbox.put(labelOf({ key: "one" }));
    const refuse = () => {
      throw error;
    };
    const left = await sendLeftovers(outbox, "anna", new FakeTransport({ "/verdicts": refuse }));
    expect(await outbox.of("anna")).toHaveLength(count);
    expect(left?.sentence).toContain(sentence);
  });

  it("are discarded where the server does not take them, if the person wants that", async () => {
    const outbox = new MemoryOutbox();
    await outbox.put(labelOf({ key: "stuck" }));
    await outbox.put({ ...labelOf({ key: "good" }), url: "/revise" });
    const refuse = () => {
      throw new HttpError(409, "conflict", "This page is not submitted yet.");
    };
    const transport = new FakeTransport({ "/verdicts": refuse, "/revise": keepAll });
    const left = await sendLeftovers(outbox, "anna", transport);
    expect(left?.sentence).toContain("One label that you made before is saved now.");
    expect((await outbox.of("anna")).map(({ verdict }) => verdict.key)).toEqual(["stuck"]);
    await left?.discard?.();
    expect(await outbox.of("anna")).toEqual([]);
  });

  it("wait together where the server cannot be reached", async () => {
    const outbox = new MemoryOutbox();
    await outbox.put(labelOf({ key: "one" }));
    await outbox.put({ ...labelOf({ key: "two" }), url: "/revise" });
    const refuse = () => {
      throw unreachable;
    };
    const transport = new FakeTransport({ "/verdicts": refuse, "/revise": refuse });
    const left = await sendLeftovers(outbox, "anna", transport);
    expect(transport.asked).toHaveLength(1);
    expect(left?.sentence).toContain("2 labels that you made before are not sent yet");
    expect(left?.discard).toBeNull();
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
    const urls = { lease: "/lease", login: "/login", campaigns: "/", mine: "/mine" };
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
    grid.judging.cycle(tileOf(grid));
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
    grid.judging.cycle(tileOf(grid));
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
      const present = [{ item: 1, label: "unsure", categories: [], note: "", verdict: "theirs" }];
      const kept = verdicts.filter(({ item }) => item !== 1).map(({ key }) => key);
      const refused = verdicts
        .filter(({ item }) => item === 1)
        .map(({ key, item }) => ({ key, item, code: "stale_label", sentence: "Changed." }));
      throw notAllKept("stale_label", "Changed.", { kept, refused, present });
    };
    const { grid } = gridOf({ "/verdicts": refuse });
    await grid.openPage();
    grid.judging.label(tileOf(grid), "unsure");
    grid.judging.label(tileOf(grid), "incorrect");
    grid.judging.label(tileOf(grid, 1), "incorrect");
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.map(({ after }) => after)).toEqual([null, sent[0]?.key, null]);
    const tile = tileOf(grid);
    expect([tile.label.value, tile.refused.value?.label]).toEqual(["unsure", "incorrect"]);
    expect(tile.verdict).toBe("theirs");
    expect(tileOf(grid, 1).label.value).toBe("incorrect");
    expect(grid.session.value?.queue.unsent()).toEqual([]);
    grid.judging.undo();
    expect([tile.label.value, tileOf(grid, 1).label.value]).toEqual(["unsure", "correct"]);
  });

  it("are taken back over several steps, as new labels", async () => {
    const { grid, transport } = gridOf();
    await grid.openPage();
    grid.judging.label(tileOf(grid), "incorrect");
    grid.judging.label(tileOf(grid, 1), "unsure");
    grid.judging.undo();
    grid.judging.undo();
    grid.judging.undo();
    expect([tileOf(grid).label.value, tileOf(grid, 1).label.value]).toEqual(["correct", "correct"]);
    grid.judging.redo();
    expect(tileOf(grid).label.value).toBe("incorrect");
    expect(grid.focused.value).toBe(0);
    grid.judging.label(tileOf(grid), "unsure");
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
    grid.judging.label(tileOf(grid), "incorrect");
    await vi.advanceTimersByTimeAsync(61_000);
    expect(sentTo(transport, "/revise").map(({ item }) => item)).toEqual([1]);
    expect(transport.askedOf("/renew")).toEqual([]);
    await grid.submit();
    expect(transport.askedOf("/submit")).toEqual([]);
    expect(transport.askedOf("/lease")).toHaveLength(2);
  });

  it("says which label was not stored, and keeps the others", async () => {
    const header = { ...(pageFrame([1, 2]).header as object), state: "submitted" };
    const decided = "An expert has decided it.";
    const refuse = (_: string, body: unknown) => {
      const { verdicts } = body as { verdicts: Verdict[] };
      const [first, ...others] = verdicts;
      const refused = [{ key: first?.key, item: 1, code: "fixed_label", sentence: decided }];
      const present = [{ item: 1, label: "unsure", categories: [], note: "", verdict: "theirs" }];
      const kept = others.map(({ key }) => key);
      throw notAllKept("fixed_label", decided, { kept, refused, present });
    };
    const { grid } = gridOf({
      "/lease": () => [frameOf(header), ...leaseOf(1, [1, 2]).slice(1)],
      "/revise": refuse,
    });
    await grid.openPage();
    grid.judging.label(tileOf(grid), "incorrect");
    grid.judging.label(tileOf(grid, 1), "incorrect");
    await vi.advanceTimersByTimeAsync(200);
    expect(grid.notice.value?.sentence).toBe(`One label was not stored: ${decided}`);
    expect(tileOf(grid).label.value).toBe("unsure");
    expect(tileOf(grid).locked.value).toBe(decided);
    expect(tileOf(grid, 1).label.value).toBe("incorrect");
    expect(grid.session.value?.queue.state.value).toBe("saved");
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
