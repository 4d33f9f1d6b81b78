import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { frameOf } from "../../../core/frontend/testing";
import { GridController } from "../grid_controller";
import { OverlayPreferences } from "../preferences";
import {
  FakeBitmap,
  FakeTransport,
  itemsIn,
  keepAll,
  pageFrame,
  pendingFrame,
  slicesFrame,
  unreadableFrame,
} from "../testing";
import type { Verdict } from "../verdict_queue";
import { GridView } from "./grid_view";

let root: HTMLElement;
/** What canvases were told to do. */
const calls: string[] = [];

beforeEach(() => {
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
  // The document of these tests has no canvas; what is drawn is looked at in a real browser.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(
    new Proxy({}, { get: (_, name) => () => void calls.push(String(name)), set: () => true }) as never,
  );
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.unstubAllGlobals();
});

const LEASE = [
  pageFrame([11, 12, 13]),
  slicesFrame("middle", 11),
  slicesFrame("middle", 12),
  unreadableFrame(13),
];

async function shown(instructions = "Look for vesicles.", lease = LEASE) {
  const transport = new FakeTransport({
    "/lease": () => lease,
    "/stacks": (url) => itemsIn(url).map((item) => slicesFrame("rest", item)),
    "/tiles": (url) => itemsIn(url).map((item) => slicesFrame("middle", item)),
    "/verdicts": keepAll,
  });
  const overlay = new OverlayPreferences({ getItem: () => null, setItem: () => undefined });
  const urls = { lease: "/lease", login: "/login", campaigns: "/", mine: "/mine" };
  const grid = new GridController(urls, transport, overlay, () => undefined);
  const campaign = { name: "Pilot", pageSize: 12, instructions, mineUrl: "/mine", openPagesCap: 1 };
  await act(() => render(<GridView controller={grid} campaign={campaign} />, root));
  return { grid, transport };
}

/** The same with its page, the first tile of which has the focus. */
async function opened(lease = LEASE) {
  const all = await shown("Look for vesicles.", lease);
  await act(() => all.grid.openPage());
  await until(() => expect(document.activeElement).toBe(face(0)));
  return all;
}

/** Rendering and effects come a moment after what causes them. */
function until(check: () => void): Promise<void> {
  return vi.waitFor(check, { interval: 5 });
}

function face(index: number): HTMLButtonElement {
  const found = root.querySelectorAll<HTMLButtonElement>(".tile__face")[index];
  if (found === undefined) {
    throw new Error(`There is no tile ${index}.`);
  }
  return found;
}

function labels(): (string | null)[] {
  return [...root.querySelectorAll(".tile")].map((tile) => tile.getAttribute("data-label"));
}

function press(key: string): Promise<void> {
  const target = document.activeElement ?? document.body;
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  return act(() => void target.dispatchEvent(event));
}

describe("GridView", () => {
  it("decodes what the keys may ask for next, as soon as it is there and the outline is on it", async () => {
    const { grid } = await opened();
    const beside = (index: number) => grid.session.value?.tiles[index]?.stack.value?.picture(1) ?? null;
    await until(() => expect(beside(0)).not.toBeNull());
    expect(beside(1)).toBeNull();
    await act(() => grid.judging.move("right"));
    await until(() => expect(beside(1)).not.toBeNull());
  });

  it("shows places for the tiles before the page has arrived", async () => {
    await shown();
    expect(root.querySelectorAll('.tile[data-status="loading"]')).toHaveLength(12);
  });

  it("says each label by colour, sign and word, and to screen readers", async () => {
    await opened();
    await act(() => face(0).click());
    await until(() => expect(labels()).toEqual(["incorrect", "correct", "unsure"]));
    const tile = face(0).closest(".tile");
    expect(tile?.querySelector(".tile__label")?.textContent).toBe("✗Incorrect");
    expect(face(0).getAttribute("aria-label")).toContain("Synapse 1 of 3, id 11: incorrect");
    const counts = root.querySelector(".toolbar__counts")?.textContent;
    expect(counts).toContain("1 correct");
    expect(counts).toContain("1 incorrect");
    expect(counts).toContain("1 unsure");
  });

  it("names no synapse whose id is not told", async () => {
    await opened([pageFrame([11], 1, {}, {}, true), slicesFrame("middle", 11)]);
    const name = () => face(0).getAttribute("aria-label");
    await until(() => expect(name()).toMatch(/^Synapse 1 of 1: correct/));
  });

  it("moves the focus with arrows and labels with digits", async () => {
    const { grid } = await opened();
    grid.layout.value = { columns: 3, tilePx: 200 };
    await press("ArrowRight");
    await until(() => expect(document.activeElement).toBe(face(1)));
    await press("3");
    await until(() => expect(labels()).toEqual(["correct", "unsure", "unsure"]));
    expect(face(0).tabIndex).toBe(-1);
  });

  it("says what is wrong with a synapse, by keys, and takes it back", async () => {
    const { grid, transport } = await opened();
    const dialog = () => root.querySelector<HTMLDialogElement>(".reasons");
    const strip = () => face(0).closest(".tile")?.querySelector(".tile__reasons")?.textContent;
    expect(strip()).toBeUndefined();
    await press("2");
    await until(() => expect(strip()).toBe("What is wrong?"));
    await press("e");
    await until(() => expect(dialog()?.open).toBe(true));
    expect(dialog()?.textContent).not.toContain("Asked before");
    const inDialog = (key: string) => {
      const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      return act(() => void dialog()?.querySelector("input")?.dispatchEvent(event));
    };
    await inDialog("2");
    await inDialog("1");
    expect(labels()[0]).toBe("incorrect");
    const note = dialog()?.querySelector<HTMLInputElement>("[type=text]");
    await act(() => {
      note!.value = " at the edge ";
      note!.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await act(() => dialog()?.querySelector("form")?.requestSubmit());
    await until(() => expect(strip()).toBe("Two in one, Sides swapped: at the edge"));
    expect(dialog()?.open).toBe(false);
    expect(face(0).getAttribute("aria-label")).toContain(
      "incorrect (Two in one, Sides swapped: at the edge)",
    );
    await press("1");
    await until(() => expect(strip()).toBeUndefined());
    await act(() => grid.judging.undo());
    await until(() => expect(strip()).toBe("Two in one, Sides swapped: at the edge"));
    await until(() => expect(grid.session.value?.queue.unsent()).toEqual([]));
    const sent = transport
      .askedOf("/verdicts")
      .flatMap(({ body }) => (body as { verdicts: Verdict[] }).verdicts)
      .map(({ label, categories, note }) => [label, categories.join(" "), note]);
    expect(sent).toEqual([
      ["incorrect", "", ""],
      ["incorrect", "merge sides", "at the edge"],
      ["correct", "", ""],
      ["incorrect", "merge sides", "at the edge"],
    ]);
  });

  it("leaves what is wrong unsaid where the question is put away", async () => {
    const { grid } = await opened();
    await press("e");
    await until(() => expect(labels()[0]).toBe("incorrect"));
    const cancel = [...root.querySelectorAll<HTMLButtonElement>(".reasons button")].at(-1);
    await act(() => cancel?.click());
    await until(() => expect(root.querySelector<HTMLDialogElement>(".reasons")?.open).toBe(false));
    expect(grid.session.value?.tiles[0]?.said.value).toEqual({
      label: "incorrect",
      categories: [],
      note: "",
    });
  });

  it("asks what is wrong with what is unsure as it is, and leaves it so", async () => {
    const { grid } = await opened();
    const tile = grid.session.value!.tiles[0]!;
    const dialog = () => root.querySelector<HTMLDialogElement>(".reasons");
    const unsure = { label: "unsure", categories: ["merge"], note: "torn" } as const;
    await act(() => grid.session.value?.judge(tile, unsure));
    await press("e");
    await until(() => expect(dialog()?.open).toBe(true));
    expect(dialog()?.querySelector<HTMLInputElement>("input")?.checked).toBe(true);
    await act(() => grid.judging.explained(null)); // as Escape does
    expect(tile.said.value).toEqual(unsure);
    await press("e");
    await until(() => expect(dialog()?.open).toBe(true));
    await act(() => dialog()?.querySelectorAll<HTMLInputElement>("input")[1]?.click());
    await act(() => dialog()?.querySelector("form")?.requestSubmit());
    expect(tile.said.value).toEqual({ ...unsure, categories: ["merge", "sides"] });
    await press("2");
    expect(tile.said.value.label).toBe("incorrect");
    expect(tile.said.value.categories).toEqual(["merge", "sides"]);
  });

  it("steps slices with the wheel without scrolling the page", async () => {
    const { grid } = await opened();
    const turn = new WheelEvent("wheel", { deltaY: -120, bubbles: true, cancelable: true });
    await act(() => void face(1).dispatchEvent(turn));
    expect(turn.defaultPrevented).toBe(true);
    expect(grid.session.value?.tiles[1]?.slice.value).toBe(1);
  });

  it("labels nothing with the click of a drag, and heeds the next one, which a key may make", async () => {
    const { grid } = await opened();
    grid.session.value!.tiles[0]!.view.value = { scale: 2, x: 0.5, y: 0.5 };
    face(0).setPointerCapture = () => undefined;
    const point = (type: string, clientX: number) =>
      face(0).dispatchEvent(new PointerEvent(type, { button: 0, clientX, clientY: 9, bubbles: true }));
    await act(() => {
      point("pointerdown", 10);
      point("pointermove", 40);
      point("pointerup", 40);
      face(0).click();
    });
    expect(labels()[0]).toBe("correct");
    await act(() => face(0).click());
    expect(labels()[0]).toBe("incorrect");
  });

  it("makes the tile under the wheel the one that digits label", async () => {
    const { grid } = await opened();
    const turn = new WheelEvent("wheel", { deltaY: 120, cancelable: true });
    await act(() => void face(1).dispatchEvent(turn));
    await until(() => expect(document.activeElement).toBe(face(1)));
    expect(grid.focused.value).toBe(1);
    await press("2");
    await until(() => expect(labels()).toEqual(["correct", "incorrect", "unsure"]));
  });

  it.each([" ", "Enter", "2"])("marks the tile that %j labels without the focus", async (key) => {
    await opened();
    await act(() => face(1).focus());
    await act(() => face(1).blur());
    const marked = () => [...root.querySelectorAll("[data-current]")];
    await until(() => expect(marked()).toEqual([face(1).closest(".tile")]));
    expect(document.activeElement).toBe(document.body);
    await press(key);
    await until(() => expect(labels()).toEqual(["correct", "incorrect", "unsure"]));
  });

  it("offers to ask again for a tile that cannot be read", async () => {
    const { transport } = await opened();
    const trouble = () => root.querySelector(".tile__trouble");
    expect(trouble()?.textContent).toContain("The image volume does not answer.");
    await act(() => trouble()?.querySelector("button")?.click());
    await until(() => expect(labels()).toEqual(["correct", "correct", "correct"]));
    expect(trouble()).toBeNull();
    expect(transport.askedOf("/tiles")).toHaveLength(1);
  });

  it("calls no synapse correct that cannot be seen, and takes no label for it", async () => {
    const { grid } = await opened();
    const tile = face(2).closest(".tile");
    expect(tile?.getAttribute("data-label")).toBe("unsure");
    expect(tile?.querySelector(".tile__label")?.textContent).toBe("?Unsure");
    expect(face(2).getAttribute("aria-label")).toContain("cannot be judged until it can be shown");
    await act(() => face(2).focus());
    await press("1");
    await press("2");
    await act(() => face(2).click());
    expect(grid.session.value?.queue.unsent()).toEqual([]);
    await act(() => tile?.querySelector<HTMLButtonElement>(".tile__trouble button")?.click());
    await until(() => expect(labels()).toEqual(["correct", "correct", "correct"]));
    await press("2");
    await until(() => expect(labels()).toEqual(["correct", "correct", "incorrect"]));
    expect(grid.session.value?.queue.unsent()).toHaveLength(1);
  });

  it("shows no label while a picture is on its way", async () => {
    await opened([pageFrame([11, 12]), slicesFrame("middle", 11), pendingFrame(12, 60)]);
    expect(labels()).toEqual(["correct", null]);
    expect(face(1).closest(".tile")?.querySelector(".tile__label")).toBeNull();
    const counts = root.querySelector(".toolbar__counts")?.textContent;
    expect(counts).toContain("1 correct");
    expect(counts).toContain("0 unsure");
  });

  it("keeps the label of a synapse that was judged before its picture failed", async () => {
    const page = pageFrame([11, 12], 1, { 12: "incorrect" });
    await opened([page, unreadableFrame(11), unreadableFrame(12)]);
    expect(labels()).toEqual(["unsure", "incorrect"]);
  });

  it("toggles the overlay and says so", async () => {
    await shown();
    const pressed = () => root.querySelector(".switch")?.getAttribute("aria-pressed");
    expect(pressed()).toBe("true");
    await press("q");
    await until(() => expect(pressed()).toBe("false"));
    await press("+");
    await until(() => expect(pressed()).toBe("true"));
    expect(root.querySelector("output")?.textContent).toBe("50 %");
  });

  it("shows the instructions and the keys", async () => {
    await shown();
    await press("?");
    const dialog = root.querySelector("dialog");
    await until(() => expect(dialog?.open).toBe(true));
    expect(dialog?.textContent).toContain("Look for vesicles.");
    expect(dialog?.textContent).toContain("Submit the page");
    expect(dialog?.textContent).toContain("Click");
    // Ten keys to begin with, as the person has them; the rest when it is asked for.
    const first = dialog?.querySelector(".help__keys");
    expect(first?.children).toHaveLength(10);
    expect(first?.textContent).toContain("Submit the page, and go on");
    expect(dialog?.querySelector("details")?.open).toBe(false);
  });

  it("closes the help with its key, having labelled nothing below it", async () => {
    const { grid } = await opened();
    const dialog = root.querySelector("dialog");
    await press("?");
    await until(() => expect(dialog?.open).toBe(true));
    const key = new KeyboardEvent("keydown", { key: "2", bubbles: true });
    await act(() => void document.body.dispatchEvent(key));
    expect(grid.session.value?.queue.unsent()).toEqual([]);
    await press("?");
    await until(() => expect(dialog?.open).toBe(false));
    expect(document.activeElement).toBe(face(0));
  });

  it("says what the task is where a campaign has no instructions", async () => {
    await shown("");
    const text = root.querySelector("dialog")?.textContent;
    expect(text).toContain("Judge whether the marked place is a synapse");
    expect(text).toContain("Every synapse starts as correct");
  });

  it("says what was said of labels into a place that was there before", async () => {
    const { grid } = await shown();
    const place = [...root.querySelectorAll('[role="status"]')].at(-1);
    expect(place?.textContent).toBe("");
    const discard = vi.fn(async () => undefined);
    vi.stubGlobal("confirm", () => true);
    await act(() => void (grid.leftBehind.value = { sentence: "One is not taken.", discard }));
    expect(place?.textContent).toContain("One is not taken.");
    const buttons = [...(place?.querySelectorAll("button") ?? [])];
    await act(() => buttons.find((each) => each.textContent === "Discard")?.click());
    await until(() => expect(place?.textContent).toBe(""));
    expect(discard).toHaveBeenCalledTimes(1);
  });

  it("gives the focus to the first tile of the next page, and shows nothing of the last one", async () => {
    const { grid, transport } = await opened();
    const waiting = [pageFrame([21, 22, 23], 2), ...[21, 22, 23].map((item) => pendingFrame(item))];
    transport.answers["/submit"] = () => [frameOf({ part: "submitted" }), ...waiting];
    transport.answers["/tiles"] = (url) => itemsIn(url).map((item) => pendingFrame(item));
    await act(() => grid.judging.cannotJudge(grid.session.value!.tiles[2]!));
    const submit = [...root.querySelectorAll("button")].find((one) => one.textContent === "Submit page");
    submit?.focus();
    calls.length = 0;
    const kept = root.querySelector("canvas");
    await act(() => grid.submit());
    await until(() => expect(document.activeElement).toBe(face(0)));
    expect(root.querySelector<HTMLElement>(".tile")?.dataset["item"]).toBe("21");
    expect(root.querySelector("canvas")).toBe(kept);
    expect(calls.filter((call) => call === "clearRect").length).toBeGreaterThanOrEqual(3);
    expect(calls).not.toContain("drawImage");
    expect(root.querySelector(".tile__slice")).toBeNull();
  });
});
