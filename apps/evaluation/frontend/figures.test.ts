import { describe, expect, it } from "vitest";

import { peopleOf } from "./agreement_panel";
import { active, alphaWord, count, decimal, percent, rate, span } from "./format";
import { dataOf } from "./progress_panel";
import { sorted, type Column } from "./sortable";
import { pointsOf } from "./sparkline";
import { noticesOf } from "./summary";
import { annotator, people, progress, share } from "./testing";

describe("figures in words", () => {
  it("has a dash where there is none", () => {
    expect([percent(null), decimal(undefined), count(null)]).toEqual(["–", "–", "–"]);
  });

  it("speaks of minutes below an hour, and of no rate below a minute", () => {
    expect([active(0.081), active(3.46), active(0.001)]).toEqual([
      "5 active minutes",
      "3.5 active hours",
      "less than an active minute",
    ]);
    expect([rate(2366, 0.081), rate(454_638, 0.0001)]).toEqual(["2\u202f366", "–"]);
  });

  it("groups thousands and rounds", () => {
    expect(count(1234567.4)).toBe("1\u202f234\u202f567");
    expect(percent(0.1234, 1)).toBe("12.3 %");
    expect([span(40), span(600), span(7200), span(3 * 86400)]).toEqual(["40 s", "10 min", "2 h", "3 d"]);
  });

  it("reads alpha as Krippendorff does", () => {
    expect([0.85, 0.8, 0.7, 0.5].map(alphaWord)).toEqual(["reliable", "reliable", "tentative", "low"]);
  });
});

describe("sorting a table", () => {
  const column: Column<number | null> = { name: "n", value: (n) => n };

  it("puts what is missing last in both directions", () => {
    expect(sorted([2, null, 10, 1], column, false)).toEqual([1, 2, 10, null]);
    expect(sorted([2, null, 10, 1], column, true)).toEqual([10, 2, 1, null]);
  });

  it("sorts texts as people do", () => {
    const names: Column<string> = { name: "name", value: (name) => name };
    expect(sorted(["Zoe", "Émile", "anna"], names, false)).toEqual(["anna", "Émile", "Zoe"]);
  });
});

describe("the plot of progress", () => {
  const day = 86_400;
  const now = Date.parse("2026-05-22T12:00:00Z") / 1000;
  const shown = progress({
    series: {
      step: "day",
      ends: [now - 1.5 * day, now - 0.5 * day, now + 0.5 * day],
      votes: [50, 100, 150],
      settled: [0, 10, 40],
      pages: [3, 6, 10],
    },
    forecast: {
      state: "ok",
      step: "day",
      history: 9,
      votes_per_day: 50,
      median: now + 2 * day,
      low: now + day,
      high: now + 4 * day,
      sentence: "",
    },
  });

  it("shows shares of all votes that are needed, the last one now", () => {
    const [x, votes, settled] = dataOf(shown);
    expect(x?.slice(0, 3)).toEqual([now - 1.5 * day, now - 0.5 * day, now]);
    expect(votes?.slice(0, 3)).toEqual([0.25, 0.5, 0.75]);
    expect(settled?.slice(0, 3)).toEqual([0, 0.1, 0.4]);
  });

  it("fans out from now to the whole at the earliest, middle and latest end", () => {
    const [x, , , earliest, middle, latest] = dataOf(shown);
    expect(x?.slice(3)).toEqual([now + day, now + 2 * day, now + 4 * day]);
    expect(earliest?.slice(2)).toEqual([0.75, 1, 1, 1]);
    expect(middle?.slice(2)).toEqual([0.75, 0.875, 1, 1]);
    expect(latest?.slice(2)).toEqual([0.75, 0.8125, 0.875, 1]);
  });

  it("has no fan without a forecast", () => {
    const series = dataOf(progress({ series: shown.series }));
    expect(series[0]).toHaveLength(3);
    expect(series.slice(3).flat().every((value) => value === null)).toBe(true);
  });
});

describe("what needs a look", () => {
  it("names who has become worse, and who is below the team", () => {
    const drift = { before: share(95, 100), latest: share(70, 100), changed: -1 };
    const known = {
      annotators: people(
        annotator(1),
        annotator(2, { drift }),
        annotator(3, { settled: { ...share(70, 100), matrix: [] } }),
      ),
    };
    expect(noticesOf(known).map((notice) => notice.key)).toEqual(["drift 2", "low 3"]);
  });

  it("says nothing where all is well", () => {
    const known = { annotators: people(annotator(1), annotator(2)), progress: progress() };
    expect(noticesOf(known)).toEqual([]);
  });

  it("counts what waits for an expert, and pages that ran out", () => {
    const states = { settled: 40, disputed: 1, waiting: 59, unjudged: 0 };
    const lease = {
      ...{ user: 1, username: "a", name: "A", page: 4, kind: "ordinary" },
      ...{ since: "2026-05-22T11:00:00Z", until: null, last_at: null, is_held: false },
    };
    const known = { progress: progress({ states }), leases: { sentence: "", leases: [lease] } };
    expect(noticesOf(known).map((notice) => notice.text)).toEqual([
      "1 disputed instance waits for an expert.",
      "1 page was left open and ran out.",
    ]);
    const told = (role: string) =>
      noticesOf({ ...known, annotators: people(annotator(1, { role })) }).map(({ text }) => text)[0];
    expect(told("annotator")).toContain("make somebody an expert");
    expect(told("expert")).toBe("1 disputed instance waits for an expert.");
  });
});

describe("small pictures", () => {
  it("leaves gaps out of a line", () => {
    expect(pointsOf([0.5, null, 1], 0.5)).toBe("3.0,19.0 93.0,3.0");
    expect(pointsOf([null, null], 0.5)).toBe("");
  });

  it("puts those who agree best with others first", () => {
    const pair = (first: number, second: number, cohen_kappa: number) => ({
      ...{ first, second, first_name: `p${first}`, second_name: `p${second}` },
      ...{ instances: 20, agreed: 10, cohen_kappa, low: null, high: null },
    });
    const found = peopleOf([pair(1, 2, 0.9), pair(1, 3, 0.1), pair(2, 3, 0.2)]);
    expect(found.map((person) => person.id)).toEqual([2, 1, 3]);
  });
});
