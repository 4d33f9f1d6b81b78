/** On a page to look for missed synapses that was submitted, marks change when that is asked for. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { frameOf } from "../../../core/frontend/testing";
import { pageFrame } from "../testing";
import { gridOf } from "../testing_grid";
import { SEARCH } from "./neuron_map";
import { SearchPage } from "./search_page";

const MARK = { key: "a", position: [1, 2, 3], note: "", removed: false };
let root: HTMLElement;
let sent: unknown[];

beforeEach(() => {
  sent = [];
  vi.stubGlobal("fetch", async (url: string, { body }: RequestInit = {}) => {
    if (url.startsWith("/marks") && body !== undefined) {
      sent.push(JSON.parse(String(body)));
    }
    return Response.json({ marks: [MARK] });
  });
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.unstubAllGlobals();
});

async function opened(state: "held" | "submitted", why: string) {
  const header = pageFrame([]).header as Record<string, Record<string, unknown>>;
  const path_nm = [[0, 0, 0], [0, 0, 900]];
  const section = { id: 1, number: 0, sections: 1, neuron: "7", path_nm, voxel_nm: [4, 4, 40] };
  const page = { ...header["page"], kind: SEARCH, section };
  const { grid } = gridOf({ "/lease": () => [frameOf({ ...header, state, why, page })] });
  await grid.openPage();
  const session = grid.session.value!;
  await act(() =>
    render(<SearchPage controller={grid} session={session} marks={session.marks!} />, root),
  );
  await vi.waitFor(() => expect(root.querySelector(".marks__go")).not.toBeNull());
  return session;
}

const button = (words: string) =>
  [...root.querySelectorAll("button")].find(
    (one) => one.textContent?.startsWith(words) || one.getAttribute("aria-label") === words,
  );

describe("the search page", () => {
  it("lets marks of a page at work be changed at once", async () => {
    await opened("held", "next_in_order");
    expect(button("Remove mark 1")).toBeDefined();
    expect(button("Change its marks")).toBeUndefined();
  });

  it("lets marks of a submitted page be changed once that is asked for", async () => {
    const session = await opened("submitted", "submitted");
    expect(button("Remove mark 1")).toBeUndefined();
    await act(() => button("Change its marks")?.click());
    await act(() => button("Remove mark 1")?.click());
    await session.marks?.flush();
    expect(sent).toEqual([{ marks: [{ ...MARK, removed: true }] }]);
    expect(root.textContent).toContain("What you change counts at once.");
  });

  it("leaves marks as they are where nothing of the page can be changed", async () => {
    await opened("submitted", "fixed");
    expect(button("Change its marks")).toBeUndefined();
    expect(button("Remove mark 1")).toBeUndefined();
  });
});
