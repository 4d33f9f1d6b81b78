/** Helpers of tests: cards in front of a server made of plain functions. */

import { OverlayPreferences } from "../preferences";
import type { Keeping } from "../kept_labels";
import { FakeTransport, itemsIn, keepAll, slicesFrame, URLS } from "../testing";
import { CardsController } from "./cards_controller";

type Answers = ConstructorParameters<typeof FakeTransport>[0];

export const KINDS = [
  { key: "falsePositive", title: "False positive", is_offered: true },
  { key: "badFit", title: "Mask does not fit", is_offered: true },
  { key: "old", title: "Asked before", is_offered: false },
  { key: "cannotJudge", title: "Cannot be judged", is_offered: true },
];

export function cardOf(item: number, more: object = {}) {
  return {
    item,
    position: item % 100,
    cutout: `key-${item}`,
    label: "incorrect",
    categories: [],
    note: "",
    judged: true,
    verdict: `before-${item}`,
    locked: null,
    source_id: String(item),
    ...more,
  };
}

/** A page of the answer; `state` says where its labels go. */
export function pageOf(number: number, cards: readonly object[], state = "submitted") {
  const addresses = Object.entries({ ...URLS, details: "/details" });
  const urls = Object.fromEntries(addresses.map(([name, url]) => [`${name}_url`, url]));
  const lease = { token: `t${number}`, ...urls };
  return { id: number, number, kind: "ordinary", state, held_s: 600, lease, cards };
}

export function answerOf(pages: readonly ReturnType<typeof pageOf>[], more: object = {}) {
  const all = pages.reduce((count, page) => count + page.cards.length, 0);
  return {
    counts: { all, unexplained: all, false_positives: 0, discarded: 0 },
    categories: KINDS,
    pages,
    next: null,
    last_discard: null,
    fixed: null,
    ...more,
  };
}

export function cardsOf(answers: Answers, page = "", keeping: Keeping | null = null) {
  const transport = new FakeTransport({
    "/verdicts": keepAll,
    "/revise": keepAll,
    "/tiles": (url) => itemsIn(url).map((item) => slicesFrame("middle", item)),
    "/stacks": (url) => itemsIn(url).map((item) => slicesFrame("rest", item)),
    "/renew": () => ({}),
    ...answers,
  });
  const overlay = new OverlayPreferences({ getItem: () => null, setItem: () => undefined });
  const urls = { cards: "/cards", login: "/login", discard: "/discard", undo: "/undo" };
  return { transport, cards: new CardsController(urls, transport, overlay, page, keeping) };
}
