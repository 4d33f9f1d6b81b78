import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { pageFrame, slicesFrame, unreadableFrame } from "../testing";
import { gridOf, tileOf } from "../testing_grid";
import { drawingIn } from "../testing_view";
import { guardUnsent } from "../leaving";
import { GridView } from "../view/grid_view";
import { scaleBar } from "./scale_bar";

const LARGEST = "18446744073709551615";
let root: HTMLElement;
let asked: string[];
let answer: () => Response;
drawingIn((element) => (root = element));

function spot(x: number) {
  return { voxel: [x, 20, 30], nm: [x * 4 + 2, 82, 1006.5] };
}

function factsOf(item: number, columns: object[] | null = []) {
  return {
    item,
    center: spot(item),
    pre_pt: spot(item - 1),
    post_pt: null,
    box: { lo: [1, 2, 3], hi: [4, 5, 6], lo_nm: [4, 8, 99], hi_nm: [16, 20, 198] },
    pre_root_id: LARGEST,
    post_root_id: null,
    columns,
  };
}

const SCORE = { name: "cleft_score", title: "Score", value: "0.93" };
const OTHERS = [
  { name: "chance", title: "chance", value: 0.25 },
  { name: "seen", title: "seen", value: false },
  { name: "mood", title: "mood", value: null },
];

beforeEach(() => {
  asked = [];
  const items = [factsOf(11, [SCORE, ...OTHERS]), factsOf(12, null), factsOf(13)];
  answer = () => Response.json({ voxel_nm: [4, 4, 33], items });
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return answer();
  });
});

async function opened() {
  const frames = [slicesFrame("middle", 11), slicesFrame("middle", 12), unreadableFrame(13, 1000)];
  const { grid } = gridOf({ "/lease": () => [pageFrame([11, 12, 13]), ...frames] });
  const campaign = { name: "Pilot", pageSize: 3, instructions: "", mineUrl: "", openPagesCap: 1 };
  await act(() => render(<GridView controller={grid} campaign={campaign} />, root));
  await act(() => grid.openPage());
  await until(() => expect(tileOf(grid).stack.value?.complete).toBe(true));
  return grid;
}

const until = (check: () => void) => vi.waitFor(check, { interval: 5 });
const dialog = () => root.querySelector<HTMLDialogElement>(".details");
const text = () => dialog()?.textContent ?? "";

function press(key: string, within = ".details__all"): Promise<void> {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  const target = root.querySelector(within) ?? document.body;
  return act(() => void target.dispatchEvent(event));
}

function click(words: string): Promise<void> {
  const all = [...(dialog()?.querySelectorAll("button") ?? [])];
  return act(() => all.find((each) => each.textContent?.trim() === words)?.click());
}

describe("A synapse in detail", () => {
  it("is opened by a right click, with all slices and what the table says", async () => {
    const grid = await opened();
    const event = new MouseEvent("contextmenu", { bubbles: true, cancelable: true });
    await act(() => void root.querySelectorAll(".tile__face")[1]?.dispatchEvent(event));
    expect(event.defaultPrevented).toBe(true);
    expect(dialog()?.open).toBe(true);
    expect(grid.focused.value).toBe(1);
    expect(dialog()?.querySelectorAll(".details__sheet canvas")).toHaveLength(4);
    expect(text()).toContain("Synapse 2 of 3");
    await until(() => expect(text()).toContain("This campaign does not tell them."));
    expect(asked).toEqual(["/details"]);
  });

  it("tells root ids, places and columns, once for the page", async () => {
    await opened();
    await press("d", ".tile__face");
    await until(() => expect(text()).toContain(LARGEST));
    expect(text()).toContain("46, 82, 1006.5 nm");
    expect(text()).toContain("cleft_score");
    expect(text()).toContain("0.93");
    expect(text()).toMatch(/chance\s*0\.25\s*seen\s*false\s*mood\s*none/);
    await press("d");
    expect(dialog()?.open).toBe(false);
    await press("d", ".tile__face");
    expect(text()).toContain(LARGEST);
    expect(asked).toHaveLength(1);
  });

  it("names the slices in which the points lie", async () => {
    await opened();
    await press("d", ".tile__face");
    const names = [...root.querySelectorAll(".details__slice > button")].map((each) =>
      each.getAttribute("aria-label"),
    );
    expect(names[2]).toBe("Slice 3 of 4, middle, presynaptic point. Show it alone");
    expect(names[0]).toBe("Slice 1 of 4, −60 nm. Show it alone");
  });

  it("goes to other synapses and through the slices without closing", async () => {
    const grid = await opened();
    await press("d", ".tile__face");
    await press("ArrowRight");
    expect(text()).toContain("Synapse 2 of 3");
    expect(grid.focused.value).toBe(1);
    await press("a");
    expect(dialog()?.querySelectorAll("canvas")).toHaveLength(1);
    await press(".");
    expect(tileOf(grid, 1).slice.value).toBe(3);
    await click("‹ Previous");
    await press("ArrowLeft");
    expect(text()).toContain("Synapse 1 of 3");
  });

  it("goes to the next label with Space and Enter, which buttons keep", async () => {
    const grid = await opened();
    await press("d", ".tile__face");
    await press(" ", "#details-title");
    expect(tileOf(grid).said.value.label).toBe("incorrect");
    await press("Enter", "#details-title");
    expect(tileOf(grid).said.value.label).toBe("unsure");
    await press(" ", ".details__label");
    expect(tileOf(grid).said.value.label).toBe("unsure");
  });

  it("changes the verdict: label, kinds, note, and takes it back", async () => {
    const grid = await opened();
    await press("d", ".tile__face");
    await click("✗ Incorrect");
    const [kind] = root.querySelectorAll<HTMLInputElement>(".details__kinds [type=checkbox]");
    await act(() => kind?.click());
    const note = root.querySelector<HTMLInputElement>(".details__kinds [type=text]");
    await act(() => {
      if (note !== null) {
        note.value = "at the edge";
        note.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
    await press("ArrowRight"); // what was written and not entered is kept
    const said = { label: "incorrect", categories: ["merge"], note: "at the edge" };
    expect(tileOf(grid).said.value).toEqual(said);
    await act(() => grid.judging.undo());
    expect(tileOf(grid).said.value.note).toBe("");
  });

  it("says the note that is being written when the page is left", async () => {
    const grid = await opened();
    guardUnsent({
      endDraft: () => grid.judging.endDraft(),
      unsentCount: () => grid.session.value?.unsentCount ?? 0,
      sendBeforeLeaving: async () => grid.session.value?.sendBeforeLeaving(),
    });
    await press("d", ".tile__face");
    await click("✗ Incorrect");
    await until(() => expect(grid.session.value?.unsentCount).toBe(0));
    const note = root.querySelector<HTMLInputElement>(".details__kinds [type=text]")!;
    await act(() => {
      note.value = "at the edge ";
      note.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const leaving = new Event("beforeunload", { cancelable: true });
    await act(() => void window.dispatchEvent(leaving));
    expect(leaving.defaultPrevented).toBe(true);
    expect(tileOf(grid).said.value.note).toBe("at the edge");
    await act(() => void window.dispatchEvent(new Event("pagehide")));
    await until(() => expect(grid.session.value?.unsentCount).toBe(0));
  });

  it("leaves unsure what is unsure when its kinds are changed", async () => {
    const grid = await opened();
    await press("d", ".tile__face");
    await click("? Unsure");
    const kind = () => root.querySelector<HTMLInputElement>(".details__kinds [type=checkbox]");
    await act(() => kind()?.click());
    expect(tileOf(grid).said.value).toMatchObject({ label: "unsure", categories: ["merge"] });
    await act(() => kind()?.click());
    expect(tileOf(grid).said.value).toMatchObject({ label: "unsure", categories: [] });
  });

  it("says why there is no picture, and lets that be said", async () => {
    const grid = await opened();
    await act(() => grid.windows.details.open(tileOf(grid, 2)));
    expect(text()).toContain("The image volume does not answer.");
    await click("Cannot be judged");
    expect(tileOf(grid, 2).said.value.categories).toEqual(["cannotJudge"]);
  });

  it("says why it knows nothing, and asks again", async () => {
    await opened();
    const whole = answer;
    answer = () => Response.json({ error: { code: "x", sentence: "It rests." } }, { status: 503 });
    await press("d", ".tile__face");
    await until(() => expect(text()).toContain("It rests."));
    answer = whole;
    await click("Try again");
    await until(() => expect(text()).toContain(LARGEST));
  });

  it("goes with its page", async () => {
    const grid = await opened();
    await press("d", ".tile__face");
    await act(() => grid.windows.leavePage());
    expect(dialog()?.open).toBe(false);
  });
});

describe("The scale bar", () => {
  it("has a round length that fits", () => {
    expect(scaleBar(0.5, 100)).toEqual({ px: 100, text: "200 nm" });
    expect(scaleBar(0.1, 100)).toEqual({ px: 100, text: "1 µm" });
    expect(scaleBar(0.03, 100)?.text).toBe("2 µm");
    expect(scaleBar(40, 100)?.text).toBe("2 nm");
    expect(scaleBar(0, 100)).toBeNull();
    expect(scaleBar(Number.NaN, 0)).toBeNull();
  });

  it("is as long as it says, whatever the pixels", () => {
    for (const pxPerNm of [0.0007, 0.013, 0.2, 3.7, 91]) {
      const bar = scaleBar(pxPerNm, 130);
      const [length, unit] = bar?.text.split(" ") ?? [];
      const nm = Number(length) * (unit === "µm" ? 1000 : 1);
      expect(bar?.px).toBeCloseTo(nm * pxPerNm);
      expect(bar?.px).toBeLessThanOrEqual(130.001);
      expect(bar?.px).toBeGreaterThan(130 / 2.51);
    }
  });
});
