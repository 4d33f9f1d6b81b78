/** Keys on the cards: those of the grid where both do it, some of their own, all to be chosen. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeBitmap, notAllKept, unreadableFrame } from "../testing";
import type { Verdict } from "../verdict_queue";
import type { CardsController } from "./cards_controller";
import { helpOfCards, keyOf, pressOnCards } from "./keys";
import { answerOf, cardOf, cardsOf, pageOf } from "./testing";

const FALSE = { categories: ["falsePositive"] };
const BATCH = { key: "batch", count: 1, made_at: "2030-01-01T00:00:00Z" };
const leave = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  leave.mockClear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function press(cards: CardsController, key: string, init: KeyboardEventInit = {}): boolean {
  return pressOnCards(new KeyboardEvent("keydown", { key, ...init }), cards, leave);
}

function three() {
  return answerOf([pageOf(1, [cardOf(1), cardOf(2), cardOf(3, FALSE)])]);
}

async function opened(answers: Parameters<typeof cardsOf>[0] = {}, page = "") {
  const { cards, transport } = cardsOf({ "/cards": three, ...answers }, page);
  await cards.open();
  return { cards, transport };
}

describe("keys on the cards", () => {
  it("are those that the person chose in the grid, where both do it", async () => {
    const { cards } = await opened();
    cards.keys.own.value = { "move-right": ["l"], overlay: ["F2"], undo: ["Ctrl+y"] };
    press(cards, "l");
    expect(cards.focused.value).toBe(1);
    press(cards, "ArrowRight"); // has been given away
    expect(cards.focused.value).toBe(1);
    press(cards, "F2");
    expect(cards.overlay.shown.value).toBe(false);
    press(cards, "2");
    expect(cards.card.value?.tile.said.value.categories).toEqual(["badFit"]);
    press(cards, "y", { ctrlKey: true });
    expect(cards.card.value?.tile.said.value.categories).toEqual([]);
  });

  it("of the cards alone can be chosen as well", async () => {
    const { cards } = await opened();
    cards.keys.own.value = { "card-kind-2": ["b"], "card-unsure": ["7"], "card-filter": ["x"] };
    press(cards, "b");
    press(cards, "7");
    const { label, categories } = cards.card.value!.tile.said.value;
    expect([label, categories]).toEqual(["unsure", ["badFit"]]);
    press(cards, "x");
    expect(cards.deck.filter.value).toBe("all");
    expect(keyOf(cards.keys, "card-kind-2")).toBe("b");
  });

  it("discard and put back where that is offered, and lead back to work", async () => {
    const counts = { all: 2, unexplained: 2, false_positives: 0, discarded: 1 };
    const { cards, transport } = await opened({
      "/discard": () => ({ count: 1, counts, last_discard: BATCH }),
      "/undo": () => ({ count: 1, counts, last_discard: null }),
    });
    press(cards, "U", { shiftKey: true });
    expect(transport.askedOf("/undo")).toEqual([]); // there is nothing to be put back
    press(cards, "D", { shiftKey: true });
    await vi.advanceTimersByTimeAsync(500);
    expect(transport.askedOf("/discard")).toHaveLength(1);
    press(cards, "U", { shiftKey: true });
    await vi.advanceTimersByTimeAsync(500);
    expect(transport.askedOf("/undo")).toHaveLength(1);
    press(cards, "E", { shiftKey: true });
    expect(leave).toHaveBeenCalledOnce();
  });

  it("discard nothing on the cards of one page, which do not offer it", async () => {
    const { cards, transport } = await opened({}, "t1");
    press(cards, "D", { shiftKey: true });
    await vi.advanceTimersByTimeAsync(500);
    expect(transport.askedOf("/discard")).toEqual([]);
    expect(cards.notice.value?.sentence).toContain("of all your pages");
    press(cards, "ArrowRight");
    expect(cards.notice.value).toBeNull();
  });

  it("ask again for a picture that did not come", async () => {
    const { cards, transport } = await opened({ "/tiles": () => [unreadableFrame(1, 60_000)] });
    cards.pictures.show(cards.deck.shown.value.slice(0, 1));
    await vi.advanceTimersByTimeAsync(200);
    const before = transport.askedOf("/tiles").length;
    expect(cards.card.value?.tile.status.value.kind).toBe("unreadable");
    press(cards, "t");
    await vi.advanceTimersByTimeAsync(200);
    expect(transport.askedOf("/tiles").length).toBeGreaterThan(before);
    cards.pictures.stop();
  });

  it("keep what another tab said, or set one's own", async () => {
    const present = { item: 1, label: "correct", categories: [], note: "", verdict: "elsewhere" };
    const refuse = (_: string, body: unknown) => {
      const { key } = (body as { verdicts: Verdict[] }).verdicts[0] as Verdict;
      const refused = [{ key, item: 1, code: "stale_label", sentence: "Changed elsewhere." }];
      throw notAllKept("stale_label", "Changed elsewhere.", { refused, present: [present] });
    };
    const { cards } = await opened({ "/revise": refuse });
    const tile = cards.card.value!.tile;
    press(cards, "1");
    await vi.advanceTimersByTimeAsync(500);
    expect(tile.refused.value).not.toBeNull();
    press(cards, "h");
    expect(tile.said.value.categories).toEqual(["falsePositive"]);
    await vi.advanceTimersByTimeAsync(500);
    press(cards, "g");
    expect(tile.refused.value).toBeNull();
    expect(tile.label.value).toBe("correct");
  });

  it("are for the window that is open", async () => {
    const { cards } = await opened();
    expect(press(cards, "K", { shiftKey: true })).toBe(true);
    expect(cards.windows.keys.isOpen).toBe(true);
    expect(press(cards, "1")).toBe(false);
    cards.windows.keys.close();
    press(cards, "?");
    expect(press(cards, "1")).toBe(false);
    press(cards, "?");
    expect(cards.helpOpen.value).toBe(false);
    expect(cards.card.value?.tile.said.value.categories).toEqual([]);
  });
});

describe("the help of the cards", () => {
  it("lists the keys that hold, and what they do on the tiles where that differs", async () => {
    const { cards } = await opened();
    cards.keys.own.value = { "slice-after": ["y"] };
    const line = (name: string) => helpOfCards(cards.keys, true).find((one) => one.name === name);
    expect(line("slice-after")?.keys).toEqual(["y"]);
    expect(line("move-left")).toMatchObject({ meaning: "Previous card", elsewhere: "" });
    expect(line("card-kind-1")).toMatchObject({ keys: ["1"], elsewhere: "Correct" });
    expect(line("card-kind-9")?.elsewhere).toBe("");
    expect(line("magnify")).toBeUndefined(); // cards have none
    expect(line("card-discard")?.keys).toEqual(["Shift D"]);
    const ofOnePage = helpOfCards(cards.keys, false).map(({ name }) => name);
    expect(ofOnePage).not.toContain("card-discard");
  });
});
