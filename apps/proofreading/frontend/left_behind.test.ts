import { afterEach, expect, it, vi } from "vitest";

import { placeToTell, tellLeft } from "./left_behind";

afterEach(() => document.body.replaceChildren());

it("Labels and slices are told beside each other, and what nobody takes can be discarded", async () => {
  const [labels, slices] = [placeToTell(), placeToTell()];
  const discard = vi.fn(async () => undefined);
  tellLeft({ sentence: "2 labels are saved now.", discard: null }, labels, "?");
  tellLeft({ sentence: "One slice is not taken.", discard }, slices, "Discard them?");
  expect(document.querySelectorAll(".left-behind > [role=status] > .leftovers")).toHaveLength(2);
  const [close, drop] = slices.querySelectorAll("button");
  expect([labels.querySelectorAll("button").length, close?.textContent]).toEqual([1, "Close"]);
  window.confirm = vi.fn(() => false);
  drop?.click();
  expect(discard).not.toHaveBeenCalled();
  window.confirm = vi.fn(() => true);
  drop?.click();
  await vi.waitFor(() => expect(slices.children).toHaveLength(0));
  expect([discard.mock.calls.length, labels.children.length]).toEqual([1, 1]);
});
