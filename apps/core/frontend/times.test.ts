import { expect, test, vi } from "vitest";

import { withLabels, withoutField } from "./sentences";
import { clock, dayOf, dayOfYear, fieldTime, inUtc, lately, moment, tellTimes, weekday } from "./times";

const AT = "2026-09-04T15:07:09Z";
const TOKYO = "Asia/Tokyo";

test("a time has one form in every zone, with months in three letters as the server has them", () => {
  expect([moment(AT, "UTC"), moment(AT, TOKYO), moment(Date.parse(AT), TOKYO)]).toEqual([
    "4 Sep 2026, 15:07",
    "5 Sep 2026, 00:07",
    "5 Sep 2026, 00:07",
  ]);
  expect([dayOf(AT, TOKYO), dayOfYear(AT, TOKYO), weekday(AT, TOKYO), clock(AT, TOKYO)]).toEqual([
    "5 Sep 2026",
    "5 Sep",
    "Sat 5 Sep",
    "00:07",
  ]);
  expect(inUtc(AT)).toBe("4 Sep 2026, 15:07:09 UTC");
});

test("what was today goes without its day, where today is today", () => {
  vi.useFakeTimers({ now: Date.parse(AT) + 3_600_000 });
  const told = [lately(AT, "UTC"), lately(AT, TOKYO), lately("2026-09-03T15:07:09Z", "UTC")];
  vi.useRealTimers();
  expect(told).toEqual(["15:07", "00:07", "3 Sep 2026, 15:07"]);
});

test("a field holds the time that it gives back", () => {
  expect(new Date(fieldTime(AT)).toISOString()).toBe("2026-09-04T15:07:00.000Z");
});

test("times of the server are told in the reader's zone, and in UTC by their title", () => {
  const root = document.createElement("div");
  root.innerHTML =
    `<time datetime="${AT}" data-told="moment">4 Sep 2026, 15:07 UTC</time>` +
    `<time datetime="${AT}" data-told="day">4 Sep 2026</time><time datetime="${AT}">then</time>` +
    `<footer>Times are in <span data-zone>UTC</span>.</footer>`;
  tellTimes(root, TOKYO);
  const times = [...root.querySelectorAll("time")].map((each) => [each.textContent, each.title]);
  const title = "4 Sep 2026, 15:07:09 UTC";
  expect(times).toEqual([["5 Sep 2026, 00:07", title], ["5 Sep 2026", title], ["then", ""]]);
  expect(root.querySelector("footer")?.textContent).toBe("Times are in Asia/Tokyo.");
  tellTimes(root);
  expect(root.querySelector("footer")?.textContent).toBe("Times are in America/St_Johns.");
});

test("sentences are told without the names that programs have for fields", () => {
  expect(withoutField("table: give a name.", "table")).toBe("Give a name.");
  expect(withoutField("table: own.csv is empty.", "table")).toBe("own.csv is empty.");
  expect(withoutField("Somebody: is there.", "table")).toBe("Somebody: is there.");
  expect(withoutField("note: this stays.", null)).toBe("note: this stays.");
  expect(withoutField("crop_size.0: too small.")).toBe("Too small.");
});

test("where a page has words for fields they stand in place of the names, of every field", () => {
  const labels: Readonly<Record<string, string>> = { passes: "People", page_size: "Page" };
  const labelOf = (field: string) => labels[field] ?? "";
  expect(withLabels("passes: too few. page_size: too large.", "passes", labelOf)).toBe(
    "People: too few. Page: too large.",
  );
  expect(withLabels("new_key: taken. other: gone. own.csv: odd. passes: few.", "new_key", labelOf)).toBe(
    "New key: taken. Other: gone. own.csv: odd. People: few.",
  );
  expect(withLabels("crop_size.0: too small.", "crop_size.0")).toBe("Crop size 0: too small.");
  expect(withLabels("Ada moved it.", null)).toBe("Ada moved it.");
});
