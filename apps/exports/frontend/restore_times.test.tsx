/** Whoever reads a file far from UTC is told its times as they stand there. */

import { render } from "preact";
import { expect, it } from "vitest";

import type { Holdings } from "./restore_contract";
import { PolarityQuestion } from "./restore_polarity";
import { time } from "./restore_view";

const FOUND: Holdings = {
  ...{ form: "B", records: 3, pages: 1, labels: { correct: 3 }, kinds: [], missed: 0 },
  ...{ polarity: 1, polarity_first: "record 1", drawn: 0, along_neurons: 0 },
  ...{ begun_at: "2025-04-01T00:10:00Z", ended_at: null, names_zone: false },
};

function asked(found: Holdings): string {
  const root = document.createElement("div");
  const nothing = { id: "p", value: "", failure: null, onChoose: () => undefined, children: null };
  render(<PolarityQuestion {...nothing} found={found} />, root);
  return root.textContent;
}

it("without their zone in UTC, and else in the reader's", () => {
  expect(time(FOUND)).toBe("from 1 Apr 2025, 00:10, not finished, as the file has it");
  expect(asked(FOUND)).toContain("was begun on 1 Apr 2025, as the file has it.");
  const named = { ...FOUND, names_zone: true };
  expect(time(named)).toBe("from 31 Mar 2025, 21:40, not finished");
  expect(asked(named)).toContain("was begun on 31 Mar 2025.");
});
