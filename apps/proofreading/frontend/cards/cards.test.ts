/** What a person does with the cards, in front of a server made of plain functions. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../../core/frontend/http";
import { FakeBitmap, keepAll, keepLate, MemoryOutbox, notAllKept } from "../testing";
import { onceThen } from "../testing_grid";
import type { Verdict } from "../verdict_queue";
import type { CardsController } from "./cards_controller";
import { pressOnCards } from "./keys";
import { cardWidth, drawn, GAP_PX, scrollTo } from "./strip";
import { answerOf, cardOf, cardsOf, pageOf } from "./testing";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const FALSE = { categories: ["falsePositive"] };

function twoPages() {
  return answerOf(
    [
      pageOf(1, [cardOf(1), cardOf(2, { label: "unsure", note: "torn" })]),
      pageOf(2, [cardOf(3, FALSE), cardOf(4, { locked: "An expert has decided." })], "held"),
    ],
    { counts: { all: 4, unexplained: 2, false_positives: 1, discarded: 0 } },
  );
}

function items(cards: CardsController): number[] {
  return cards.deck.shown.value.map(({ tile }) => tile.item);
}

function sent(transport: ReturnType<typeof cardsOf>["transport"], path: string): Verdict[] {
  return transport.askedOf(path).flatMap(({ body }) => (body as { verdicts: Verdict[] }).verdicts);
}

function press(cards: CardsController, ...keys: readonly string[]): void {
  for (const key of keys) {
    pressOnCards(new KeyboardEvent("keydown", { key }), cards, () => undefined);
  }
}

describe("cards", () => {
  it("begin with those that nothing was said of, and show all when asked", async () => {
    const { cards } = cardsOf({ "/cards": twoPages });
    await cards.open();
    expect(items(cards)).toEqual([1, 4]);
    press(cards, "f");
    expect(items(cards)).toEqual([1, 2, 3, 4]);
    expect(cards.deck.tally.value).toEqual({ all: 4, unexplained: 2, falsePositives: 1 });
  });

  it("come part after part, those of one page alone where that is asked for", async () => {
    const first = { ...answerOf([pageOf(1, [cardOf(1)])]), next: 17 };
    const answer = (url: string) =>
      url.includes("after=0") ? first : answerOf([pageOf(2, [cardOf(2)])]);
    const { cards, transport } = cardsOf({ "/cards": answer }, "t9");
    await cards.open();
    expect(items(cards)).toEqual([1, 2]);
    const asked = transport.askedOf("/cards").map(({ url }) => url);
    expect(asked).toEqual(["/cards?after=0&page=t9", "/cards?after=17&page=t9"]);
  });

  it("that could not be loaded are asked for again, from where it broke off", async () => {
    const first = { ...answerOf([pageOf(1, [cardOf(1)])]), next: 17 };
    const second = onceThen(new NetworkError("off"), () => answerOf([pageOf(2, [cardOf(2)])]));
    const answer = (url: string) => (url.includes("after=0") ? first : second(url, null));
    const { cards } = cardsOf({ "/cards": answer });
    await cards.open();
    expect(cards.notice.value?.sentence).toBe("off");
    expect(cards.deck.isComplete.value).toBe(false);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(items(cards)).toEqual([1, 2]);
    expect(cards.notice.value).toBeNull();
  });

  it("take several kinds and a note by keys, each sent where its page takes labels", async () => {
    const { cards, transport } = cardsOf({ "/cards": twoPages });
    await cards.open();
    press(cards, "f", "1", "2", "ArrowRight", "i", "ArrowRight", "u");
    const written = cards.deck.shown.value[0];
    cards.go(0);
    if (written !== undefined) {
      written.draft.value = " the mask leaks ";
    }
    press(cards, "ArrowRight"); // whoever goes on has said it
    await vi.advanceTimersByTimeAsync(500);
    const revised = sent(transport, "/revise").map(({ item, label, categories, note }) => [
      ...[item, label, categories, note],
    ]);
    expect(revised).toEqual([
      [1, "incorrect", ["falsePositive"], ""],
      [1, "incorrect", ["falsePositive", "badFit"], ""],
      [2, "incorrect", [], "torn"],
      [1, "incorrect", ["falsePositive", "badFit"], "the mask leaks"],
    ]);
    expect(sent(transport, "/revise").map(({ after }) => after)[0]).toBe("before-1");
    expect(sent(transport, "/verdicts").map(({ item, label }) => [item, label])).toEqual([
      [3, "unsure"],
    ]);
    expect(cards.deck.tally.value.falsePositives).toBe(1);
    expect(cards.sessions.state.value).toBe("saved");
  });

  it("stay in the row when they are explained or correct again, until it is chosen anew", async () => {
    const { cards } = cardsOf({ "/cards": () => answerOf([pageOf(1, [cardOf(1), cardOf(2)])]) });
    await cards.open();
    press(cards, "c", "ArrowRight", "1");
    expect(items(cards)).toEqual([1, 2]);
    expect(cards.deck.tally.value).toEqual({ all: 1, unexplained: 0, falsePositives: 1 });
    cards.choose("all");
    expect(items(cards)).toEqual([2]);
  });

  it("whose label stays are left as they are", async () => {
    const { cards, transport } = cardsOf({ "/cards": twoPages });
    await cards.open();
    press(cards, "End", "1", "c", "u");
    await vi.advanceTimersByTimeAsync(500);
    expect(cards.card.value?.tile.item).toBe(4);
    expect(transport.askedOf("/verdicts")).toEqual([]);
  });

  it("are undone and done again across pages", async () => {
    const { cards } = cardsOf({ "/cards": twoPages });
    await cards.open();
    press(cards, "f", "c", "End", "ArrowLeft", "c");
    const labels = () => cards.deck.shown.value.map(({ tile }) => tile.label.value);
    expect(labels()).toEqual(["correct", "unsure", "correct", "incorrect"]);
    cards.act({ do: "undo" });
    cards.act({ do: "undo" });
    expect(labels()).toEqual(["incorrect", "unsure", "incorrect", "incorrect"]);
    expect(cards.deck.shown.value[2]?.tile.said.value.categories).toEqual(["falsePositive"]);
    expect(cards.focused.value).toBe(0);
    cards.act({ do: "redo" });
    expect(labels()[0]).toBe("correct");
    expect(cards.sessions.canRedo.value).toBe(true);
  });
});

describe("nothing that is said is lost", () => {
  it("while the network is away it is kept, and sent when it is back", async () => {
    const revise = onceThen(new NetworkError("off"), (url) => keepAll(url, revised()));
    const outbox = new MemoryOutbox();
    const keeping = { outbox, person: "7", tab: "tab" };
    const { cards, transport } = cardsOf({ "/cards": twoPages, "/revise": revise }, "", keeping);
    const revised = () => transport.askedOf("/revise").at(-1)?.body;
    await cards.open();
    press(cards, "1");
    await vi.advanceTimersByTimeAsync(200);
    expect(cards.sessions.state.value).toBe("unsaved");
    expect((await outbox.of("7")).map(({ url, verdict }) => [url, verdict.item])).toEqual([
      ["/revise", 1],
    ]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(cards.sessions.state.value).toBe("saved");
    expect(await outbox.of("7")).toEqual([]);
    const keys = sent(transport, "/revise").map(({ key }) => key);
    expect(new Set(keys).size).toBe(1);
  });

  it("another tab that was first is shown, and the person chooses", async () => {
    const present = { item: 1, label: "correct", categories: [], note: "", verdict: "elsewhere" };
    const refuse = (_: string, body: unknown) => {
      const { key } = (body as { verdicts: Verdict[] }).verdicts[0] as Verdict;
      const refused = [{ key, item: 1, code: "stale_label", sentence: "Changed elsewhere." }];
      throw notAllKept("stale_label", "Changed elsewhere.", { refused, present: [present] });
    };
    const { cards } = cardsOf({ "/cards": twoPages, "/revise": refuse });
    await cards.open();
    press(cards, "1");
    await vi.advanceTimersByTimeAsync(500);
    const tile = cards.deck.shown.value[0]?.tile;
    expect(tile?.label.value).toBe("correct");
    expect(tile?.refused.value?.categories).toEqual(["falsePositive"]);
    expect(cards.sessions.state.value).toBe("saved");
  });

  it("a page that is gone meanwhile is told, and what was said is kept as late", async () => {
    const { cards } = cardsOf({ "/cards": twoPages, "/revise": keepLate });
    await cards.open();
    press(cards, "1");
    await vi.advanceTimersByTimeAsync(500);
    expect(cards.notice.value?.sentence).toContain("kept as late");
  });

  it("an expired login is asked for, and it goes on", async () => {
    const gone = new HttpError(401, "login_needed", "You are no longer logged in.");
    const { cards } = cardsOf({ "/cards": twoPages, "/revise": onceThen(gone, keepAll) });
    await cards.open();
    press(cards, "1");
    await vi.advanceTimersByTimeAsync(500);
    expect(cards.notice.value?.link?.url).toBe("/login");
    cards.notice.value?.button?.run();
    await vi.advanceTimersByTimeAsync(500);
    expect(cards.sessions.state.value).toBe("saved");
    expect(cards.notice.value).toBeNull();
  });
});

describe("false positives", () => {
  const batch = (key: string) => ({ key, count: 2, made_at: "2030-01-01T00:00:00Z" });
  const counts = { all: 1, unexplained: 1, false_positives: 0, discarded: 2 };
  const three = () => answerOf([pageOf(1, [cardOf(1, FALSE), cardOf(2), cardOf(3, FALSE)])]);
  const keyIn = (body: unknown) => (body as { key: string }).key;

  it("leave the cards when they are discarded, once also where an answer is lost", async () => {
    const done = (_: string, body: unknown) => ({
      ...{ count: 2, counts, last_discard: batch(keyIn(body)) },
    });
    const { cards, transport } = cardsOf({
      ...{ "/cards": three, "/discard": onceThen(new NetworkError("off"), done) },
      "/undo": () => ({ count: 2, counts: { ...counts, discarded: 0 }, last_discard: null }),
    });
    await cards.open();
    cards.choose("all");
    await cards.discard();
    expect(items(cards)).toEqual([1, 2, 3]);
    cards.notice.value?.button?.run();
    cards.notice.value = null;
    await cards.discard();
    await vi.advanceTimersByTimeAsync(0);
    expect(items(cards)).toEqual([2]);
    expect(cards.discarding.count.value).toBe(2);
    const bodies = transport.askedOf("/discard").map(({ body }) => body);
    expect(new Set(bodies.map(keyIn)).size).toBe(1);
    expect(bodies[0]).toMatchObject({ count: 2 });
    expect(cards.notice.value).toMatchObject({ sentence: "2 discarded.", button: { title: "Undo" } });
    await cards.takeBack();
    expect(cards.notice.value).toBeNull();
    expect(cards.discarding.last.value).toBeNull();
    expect(items(cards)).toEqual([1, 2, 3]);
  });

  it("that are discarded stay so when the steps before are taken back", async () => {
    const done = (_: string, body: unknown) => ({
      ...{ count: 2, counts, last_discard: batch(keyIn(body)) },
    });
    const { cards, transport } = cardsOf({
      ...{ "/cards": () => answerOf([pageOf(1, [cardOf(1), cardOf(2), cardOf(3, FALSE)])]) },
      "/discard": done,
    });
    await cards.open();
    const [first, second] = cards.deck.all;
    cards.label(second!, "unsure");
    cards.toggle(first!, "falsePositive");
    await cards.discard();
    expect(items(cards)).toEqual([2]);
    cards.act({ do: "undo" });
    expect(first?.tile.said.value.categories).toEqual(["falsePositive"]);
    expect(second?.tile.label.value).toBe("incorrect");
    expect(cards.sessions.canUndo.value).toBe(false);
    await cards.sessions.flush();
    expect(sent(transport, "/revise").map(({ item, label }) => [item, label])).toEqual([
      ...[[2, "unsure"], [1, "incorrect"], [2, "incorrect"]],
    ]);
  });

  it("are not mistaken for those that were to be discarded before", async () => {
    const lost = onceThen(new NetworkError("off"), (_, body) => ({
      ...{ count: (body as { count: number }).count, counts, last_discard: batch(keyIn(body)) },
    }));
    const { cards, transport } = cardsOf({ "/cards": three, "/discard": lost });
    await cards.open();
    cards.choose("all");
    await cards.discard();
    cards.notice.value = null;
    cards.toggle(cards.deck.all[0]!, "falsePositive");
    cards.toggle(cards.deck.all[1]!, "falsePositive"); // as many as before, but others
    await cards.discard();
    const bodies = transport.askedOf("/discard").map(({ body }) => body);
    expect(bodies.map((body) => (body as { count: number }).count)).toEqual([2, 2]);
    expect(new Set(bodies.map(keyIn)).size).toBe(2);
    expect(items(cards)).toEqual([1]);
  });

  it("are asked for anew where others were discarded than are shown", async () => {
    const other = (_: string, body: unknown) => ({
      ...{ count: 1, counts, last_discard: batch(keyIn(body)) },
    });
    const { cards, transport } = cardsOf({ "/cards": three, "/discard": other });
    await cards.open();
    await cards.discard();
    expect(transport.askedOf("/cards")).toHaveLength(2);
  });

  it("are discarded only when all that was said is saved", async () => {
    const { cards, transport } = cardsOf({
      ...{ "/cards": three, "/revise": onceThen(new NetworkError("off"), keepAll) },
    });
    await cards.open();
    press(cards, "End", "1");
    await cards.discard();
    expect(transport.askedOf("/discard")).toEqual([]);
    expect(cards.notice.value?.sentence).toContain("has not reached the server");
  });
});

describe("a row of ten thousand", () => {
  const stride = cardWidth(1600) + GAP_PX;

  it("draws those in sight and a few beside them", () => {
    for (const index of [0, 1, 5_000, 9_999]) {
      const { from, to } = drawn(scrollTo(index, 1600, stride), 1600, stride, 10_000);
      expect(from).toBeLessThanOrEqual(index);
      expect(to).toBeGreaterThan(index);
      expect(to - from).toBeLessThan(14);
    }
    expect(drawn(0, 1600, 0, 10_000)).toEqual({ from: 0, to: 0 });
    expect(drawn(1e9, 1600, stride, 10_000).to).toBe(10_000);
  });

  it("holds the pictures of those alone, and lets go of the others", async () => {
    const pages = Array.from({ length: 834 }, (_, number) =>
      pageOf(number, Array.from({ length: 12 }, (_, place) => cardOf(100 * number + place))),
    );
    const { cards, transport } = cardsOf({ "/cards": () => answerOf(pages) });
    await cards.open();
    expect(cards.deck.tally.value.unexplained).toBe(10_008);
    for (const from of [0, 400, 9_990]) {
      cards.pictures.show(cards.deck.shown.value.slice(from, from + 10));
      await vi.advanceTimersByTimeAsync(500);
      expect(cards.pictures.count).toBe(10);
    }
    const seen = cards.deck.shown.value.filter(({ tile }) => tile.stack.value !== null);
    expect(seen.map(({ tile }) => tile.item).slice(0, 1)).toEqual([83_206]);
    expect(seen.length).toBe(10);
    expect(transport.askedOf("/tiles").length).toBe(1 + 2 + 2);
    press(cards, "End", "1");
    expect(cards.deck.tally.value.unexplained).toBe(10_007);
    cards.pictures.stop();
  });
});
