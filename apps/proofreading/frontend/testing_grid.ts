/** Helpers of tests: a grid in front of a server made of plain functions. */

import { frameOf } from "../../core/frontend/testing";
import { GridController } from "./grid_controller";
import type { ChoiceUrls, OtherTabs } from "./page_choice";
import { OverlayPreferences } from "./preferences";
import { FakeTransport, itemsIn, keepAll, pageFrame, slicesFrame } from "./testing";
import type { TileModel } from "./tile_model";

export const NONE = {
  part: "none",
  reason: "finished",
  sentence: "Every page of this campaign is done.",
  finished_url: "/finished",
};

export function leaseOf(number: number, items: readonly number[]) {
  return [pageFrame(items, number), ...items.map((item) => slicesFrame("middle", item))];
}

type Answers = ConstructorParameters<typeof FakeTransport>[0];

export function gridOf(
  answers: Answers = {},
  choice: Partial<ChoiceUrls> = {},
  others: OtherTabs | null = null,
) {
  const leases = [() => leaseOf(1, [1, 2]), () => leaseOf(2, [3, 4]), () => [frameOf(NONE)]];
  const transport = new FakeTransport({
    "/lease": () => leases.shift()?.() ?? [frameOf(NONE)],
    "/page": () => leaseOf(1, [1, 2]),
    "/verdicts": keepAll,
    "/stacks": (url) => itemsIn(url).map((item) => slicesFrame("rest", item)),
    "/tiles": (url) => itemsIn(url).map((item) => slicesFrame("middle", item)),
    "/renew": () => ({}),
    "/submit": () => ({ submitted: true }),
    ...answers,
  });
  const went: string[] = [];
  const overlay = new OverlayPreferences({ getItem: () => null, setItem: () => undefined });
  const urls = { lease: "/lease", login: "/login", campaigns: "/", mine: "/mine", ...choice };
  const remembered: (string | null)[] = [];
  const grid = new GridController(
    ...[urls, transport, overlay, (url: string) => went.push(url)] as const,
    ...[null, (token: string | null) => void remembered.push(token), others] as const,
  );
  return { grid, transport, went, remembered };
}

export function tileOf(grid: GridController, index = 0): TileModel {
  const tile = grid.session.value?.tiles[index];
  if (tile === undefined) {
    throw new Error(`There is no tile ${index}.`);
  }
  return tile;
}

/** Throws the error at the first request, then answers. */
export function onceThen(error: Error, answer: (url: string, body: unknown) => unknown) {
  let first = true;
  return (url: string, body: unknown) => {
    if (first) {
      first = false;
      throw error;
    }
    return answer(url, body);
  };
}
