/** A page is rendered ahead for whoever rests on its section, once, and not for who passes by. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { LookAhead } from "./look_ahead";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function looking() {
  const asked: number[] = [];
  const ahead = new LookAhead(async (section) => {
    asked.push(section);
    throw new Error("The server cannot be reached.");
  });
  return { asked, ahead };
}

it("asks for what one rests on, and not for what the pointer passes", async () => {
  const { asked, ahead } = looking();
  for (const section of [1, 2, null, 3]) {
    ahead.lookAt(section);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual([3]);
});

it("asks once in a while, also where that failed", async () => {
  const { asked, ahead } = looking();
  const rest = async (section: number) => {
    ahead.lookAt(section);
    await vi.advanceTimersByTimeAsync(1000);
    ahead.lookAt(null);
  };
  await rest(1);
  await rest(2);
  await rest(1);
  expect(asked).toEqual([1, 2]);
  await vi.advanceTimersByTimeAsync(60_000);
  await rest(1);
  expect(asked).toEqual([1, 2, 1]);
});
