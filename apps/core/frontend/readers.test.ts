import { describe, expect, it } from "vitest";

import { FieldError, flag, list, nullable, number, object, pair, record, text, word } from "./readers";

const panel = object({
  name: text,
  state: word("ok", "far"),
  held: flag,
  until: nullable(number),
  rows: list(object({ at: pair(nullable(number), number) })),
  rates: record(number),
});

const PANEL = {
  name: "Pace",
  state: "ok",
  held: true,
  until: null,
  rows: [{ at: [null, 3] }],
  rates: { correct: 0.9 },
};

describe("readers", () => {
  it("give what is described, and nothing else", () => {
    expect(panel({ ...PANEL, more: 1 }, "panel")).toEqual(PANEL);
  });

  it.each([
    [{ name: 3 }, '"panel.name" should be a text, but is 3'],
    [{ state: "new" }, '"panel.state" should be one of ok, far'],
    [{ held: null }, '"panel.held" should be true or false'],
    [{ until: undefined }, '"panel.until" should be a number, but is nothing'],
    [{ rows: [{ at: [null, 3] }, { at: [1] }] }, '"panel.rows.1.at" should be a pair'],
    [{ rows: [{ at: [1, "2"] }] }, '"panel.rows.0.at.1" should be a number'],
    [{ rates: [] }, '"panel.rates" should be an object'],
  ])("name the field that is something else: %j", (change, sentence) => {
    const read = () => panel({ ...PANEL, ...change }, "panel");
    expect(read).toThrow(FieldError);
    expect(read).toThrow(sentence);
  });
});
