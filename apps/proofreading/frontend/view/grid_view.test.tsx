import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

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
import { GridView } from "./grid_view";

let root: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
  // The document of these tests has no canvas; what is drawn is looked at in a real browser.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(
    new Proxy({}, { get: () => () => undefined, set: () => true }) as never,
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
  const urls = { lease: "/lease", login: "/login", campaigns: "/" };
  const grid = new GridController(urls, transport, overlay, () => undefined);
  const campaign = { name: "Pilot", pageSize: 12, instructions, mineUrl: "/mine", openPagesCap: 1 };
  render(<GridView controller={grid} campaign={campaign} />, root);
  await settled();
  return { grid, transport };
}

/** Lets rendering and effects happen. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60));
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

function press(key: string): void {
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

describe("GridView", () => {
  it("shows places for the tiles before the page has arrived", async () => {
    await shown();
    expect(root.querySelectorAll('.tile[data-status="loading"]')).toHaveLength(12);
  });

  it("says each label by colour, sign and word, and to screen readers", async () => {
    const { grid } = await shown();
    await grid.openPage();
    await settled();
    face(0).click();
    await settled();
    const tile = face(0).closest(".tile");
    expect(tile?.getAttribute("data-label")).toBe("incorrect");
    expect(tile?.querySelector(".tile__label")?.textContent).toBe("✗Incorrect");
    expect(face(0).getAttribute("aria-label")).toContain("Synapse 1 of 3, id 11: incorrect");
    const counts = root.querySelector(".toolbar__counts")?.textContent;
    expect(counts).toContain("1 correct");
    expect(counts).toContain("1 incorrect");
    expect(counts).toContain("1 unsure");
  });

  it("moves the focus with arrows and labels with digits", async () => {
    const { grid } = await shown();
    await grid.openPage();
    grid.layout.value = { columns: 3, tilePx: 200 };
    await settled();
    expect(document.activeElement).toBe(face(0));
    press("ArrowRight");
    await settled();
    expect(document.activeElement).toBe(face(1));
    press("3");
    await settled();
    expect(face(1).closest(".tile")?.getAttribute("data-label")).toBe("unsure");
    expect(face(0).tabIndex).toBe(-1);
  });

  it("steps slices with the wheel without scrolling the page", async () => {
    const { grid } = await shown();
    await grid.openPage();
    await settled();
    const turn = new WheelEvent("wheel", { deltaY: -120, bubbles: true, cancelable: true });
    face(1).dispatchEvent(turn);
    expect(turn.defaultPrevented).toBe(true);
    expect(grid.session.value?.tiles[1]?.slice.value).toBe(1);
  });

  it("makes the tile under the wheel the one that digits label", async () => {
    const { grid } = await shown();
    await grid.openPage();
    await settled();
    face(1).dispatchEvent(new WheelEvent("wheel", { deltaY: 120, cancelable: true }));
    await settled();
    expect(grid.focused.value).toBe(1);
    expect(document.activeElement).toBe(face(1));
    press("2");
    await settled();
    expect(labels()).toEqual(["correct", "incorrect", "unsure"]);
  });

  it.each([" ", "Enter", "2"])("marks the tile that %j labels without the focus", async (key) => {
    const { grid } = await shown();
    await grid.openPage();
    await settled();
    face(1).focus();
    await settled();
    face(1).blur();
    await settled();
    expect(document.activeElement).toBe(document.body);
    const marked = [...root.querySelectorAll("[data-current]")];
    expect(marked).toEqual([face(1).closest(".tile")]);
    press(key);
    await settled();
    expect(labels()).toEqual(["correct", "incorrect", "unsure"]);
  });

  it("offers to ask again for a tile that cannot be read", async () => {
    const { grid, transport } = await shown();
    await grid.openPage();
    await settled();
    const trouble = root.querySelector(".tile__trouble");
    expect(trouble?.textContent).toContain("The image volume does not answer.");
    trouble?.querySelector("button")?.click();
    await settled();
    expect(transport.askedOf("/tiles")).toHaveLength(1);
    expect(root.querySelector(".tile__trouble")).toBeNull();
  });

  it("calls no synapse correct that cannot be seen, and takes no label for it", async () => {
    const { grid, transport } = await shown();
    await grid.openPage();
    await settled();
    const tile = face(2).closest(".tile");
    expect(tile?.getAttribute("data-label")).toBe("unsure");
    expect(tile?.querySelector(".tile__label")?.textContent).toBe("?Unsure");
    expect(face(2).getAttribute("aria-label")).toContain("cannot be judged until it can be shown");
    face(2).focus();
    await settled();
    press("1");
    press("2");
    face(2).click();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(transport.askedOf("/verdicts")).toHaveLength(0);
    tile?.querySelector<HTMLButtonElement>(".tile__trouble button")?.click();
    await settled();
    expect(labels()).toEqual(["correct", "correct", "correct"]);
    press("2");
    await settled();
    expect(labels()).toEqual(["correct", "correct", "incorrect"]);
  });

  it("shows no label while a picture is on its way", async () => {
    const lease = [pageFrame([11, 12]), slicesFrame("middle", 11), pendingFrame(12, 60)];
    const { grid } = await shown("", lease);
    await grid.openPage();
    await settled();
    expect(labels()).toEqual(["correct", null]);
    expect(face(1).closest(".tile")?.querySelector(".tile__label")).toBeNull();
    const counts = root.querySelector(".toolbar__counts")?.textContent;
    expect(counts).toContain("1 correct");
    expect(counts).toContain("0 unsure");
  });

  it("keeps the label of a synapse that was judged before its picture failed", async () => {
    const lease = [pageFrame([11, 12], 1, { 12: "incorrect" }), unreadableFrame(11)];
    const { grid } = await shown("", [...lease, unreadableFrame(12)]);
    await grid.openPage();
    await settled();
    expect(labels()).toEqual(["unsure", "incorrect"]);
  });

  it("toggles the overlay and says so", async () => {
    await shown();
    const toggle = root.querySelector<HTMLButtonElement>(".switch");
    expect(toggle?.getAttribute("aria-pressed")).toBe("true");
    press("q");
    await settled();
    expect(toggle?.getAttribute("aria-pressed")).toBe("false");
    press("+");
    await settled();
    expect(toggle?.getAttribute("aria-pressed")).toBe("true");
    expect(root.querySelector("output")?.textContent).toBe("50 %");
  });

  it("shows the instructions and the keys", async () => {
    await shown();
    press("?");
    await settled();
    const dialog = root.querySelector("dialog");
    expect(dialog?.open).toBe(true);
    expect(dialog?.textContent).toContain("Look for vesicles.");
    expect(dialog?.textContent).toContain("Submit the page");
    expect(dialog?.textContent).toContain("Click");
  });

  it("closes the help with its key, having labelled nothing below it", async () => {
    const { grid } = await shown();
    await grid.openPage();
    await settled();
    press("?");
    await settled();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "2", bubbles: true }));
    await settled();
    expect(labels()).toEqual(["correct", "correct", "unsure"]);
    press("?");
    await settled();
    expect(root.querySelector("dialog")?.open).toBe(false);
    expect(document.activeElement).toBe(face(0));
  });

  it("says what the task is where a campaign has no instructions", async () => {
    await shown("");
    const text = root.querySelector("dialog")?.textContent;
    expect(text).toContain("Judge whether the marked place is a synapse");
    expect(text).toContain("Every synapse starts as correct");
  });
});
