import { describe, expect, it } from "vitest";

import type { KeyAction } from "./commands";
import { KeyMap } from "./key_map";
import { actionOf } from "./keyboard";
import { countLabels, nextLabel } from "./labels";
import { chooseLayout, neighbour, SCROLL_MARGIN_PX, SMALLEST_TILE_PX } from "./layout";
import { OverlayPreferences } from "./preferences";
import { WheelSteps } from "./wheel";

describe("labels", () => {
  it("cycle correct → incorrect → unsure → correct", () => {
    expect(nextLabel("correct")).toBe("incorrect");
    expect(nextLabel("incorrect")).toBe("unsure");
    expect(nextLabel("unsure")).toBe("correct");
  });

  it("are counted", () => {
    expect(countLabels(["correct", "unsure", "correct"])).toEqual({
      correct: 2,
      incorrect: 0,
      unsure: 1,
    });
  });
});

describe("chooseLayout", () => {
  it("fits 6, 12 and 24 tiles into a window of 1440 × 900", () => {
    for (const count of [6, 12, 24]) {
      const { columns, tilePx } = chooseLayout(count, 1420, 780, 10);
      const rows = Math.ceil(count / columns);
      expect(columns * tilePx + (columns - 1) * 10).toBeLessThanOrEqual(1420);
      expect(rows * tilePx + (rows - 1) * 10).toBeLessThanOrEqual(780);
      expect(tilePx).toBeGreaterThanOrEqual(SMALLEST_TILE_PX);
    }
    expect(chooseLayout(12, 1420, 780, 10).columns).toBe(4);
  });

  it("lets the page scroll rather than make tiles too small to judge", () => {
    const { columns, tilePx } = chooseLayout(24, 600, 400, 10);
    expect(tilePx).toBeGreaterThanOrEqual(SMALLEST_TILE_PX);
    expect(columns).toBe(3);
    expect(3 * tilePx + 2 * 10).toBeLessThanOrEqual(600 - 2 * SCROLL_MARGIN_PX);
  });

  it("keeps one column where the window is narrower than a tile", () => {
    expect(chooseLayout(6, 100, 100, 10).columns).toBe(1);
  });
});

describe("neighbour", () => {
  it("moves in the grid and stays at its borders", () => {
    expect(neighbour(0, 12, 4, "right")).toBe(1);
    expect(neighbour(1, 12, 4, "down")).toBe(5);
    expect(neighbour(5, 12, 4, "up")).toBe(1);
    expect(neighbour(0, 12, 4, "left")).toBe(0);
    expect(neighbour(9, 12, 4, "down")).toBe(9);
    expect(neighbour(5, 12, 4, "first")).toBe(0);
    expect(neighbour(5, 12, 4, "last")).toBe(11);
    expect(neighbour(0, 0, 4, "last")).toBe(0);
  });
});

describe("actionOf", () => {
  function press(key: string, init: KeyboardEventInit = {}, target?: Element): KeyAction | null {
    const event = new KeyboardEvent("keydown", { key, ...init });
    Object.defineProperty(event, "target", { value: target ?? document.body });
    return actionOf(event, keys);
  }
  const keys = new KeyMap();

  it("knows the keys", () => {
    expect(press("ArrowUp")).toEqual({ do: "move", direction: "up" });
    expect(press("Home")).toEqual({ do: "move", direction: "first" });
    expect(press("2")).toEqual({ do: "label", label: "incorrect" });
    expect(press(".")).toEqual({ do: "step", by: 1 });
    expect(press("PageUp")).toEqual({ do: "step", by: -1 });
    expect(press("+")).toEqual({ do: "opacity", by: 1 });
    expect(press("Q")).toEqual({ do: "overlay" });
    expect(press("Enter", { ctrlKey: true })).toEqual({ do: "submit" });
    expect(press("?")).toEqual({ do: "help" });
  });

  it("cycles with Space and Enter on a tile, and leaves them to other buttons", () => {
    const button = document.createElement("button");
    expect(press(" ", {}, button)).toBeNull();
    expect(press("Enter", {}, button)).toBeNull();
    button.className = "tile__face";
    expect(press(" ", {}, button)).toEqual({ do: "cycle" });
    expect(press("Enter", {}, button)).toEqual({ do: "cycle" });
    expect(press(" ", { repeat: true }, button)).toBeNull();
  });

  it("submits from a text field with the key of this person, unless it writes something", () => {
    const field = document.createElement("input");
    expect(press("Enter", { ctrlKey: true }, field)).toEqual({ do: "submit" });
    expect(press("s", {}, field)).toBeNull();
    expect(press("z", { ctrlKey: true }, field)).toBeNull(); // the field's own
    keys.own.value = { submit: ["F9"] };
    expect(press("F9", {}, field)).toEqual({ do: "submit" });
    expect(press("Enter", { ctrlKey: true }, field)).toBeNull();
    keys.resetAll();
  });

  it("leaves the browser its shortcuts", () => {
    expect(press("s", { ctrlKey: true })).toBeNull();
    expect(press("1", { altKey: true })).toBeNull();
  });

  it("does not submit again while a key is held", () => {
    expect(press("s", { repeat: true })).toBeNull();
    expect(press(".", { repeat: true })).toEqual({ do: "step", by: 1 });
  });

  it("leaves a slider its arrows, and a dialog everything but its own key", () => {
    const slider = document.createElement("input");
    slider.type = "range";
    expect(press("ArrowLeft", {}, slider)).toBeNull();
    expect(press("1", {}, slider)).toEqual({ do: "label", label: "correct" });
    const inDialog = document.createElement("dialog").appendChild(document.createElement("p"));
    expect(press("s", {}, inDialog)).toBeNull();
    expect(press("?", {}, inDialog)).toEqual({ do: "help" });
    const text = document.createElement("dialog").appendChild(document.createElement("input"));
    expect(press("?", {}, text)).toBeNull();
  });
});

describe("WheelSteps", () => {
  const pixels = WheelEvent.DOM_DELTA_PIXEL;

  it("steps once for a notch of a mouse", () => {
    const wheel = new WheelSteps();
    expect(wheel.add({ deltaY: 120, deltaMode: pixels })).toBe(1);
    expect(wheel.add({ deltaY: -100, deltaMode: pixels })).toBe(-1);
    expect(wheel.add({ deltaY: 3, deltaMode: WheelEvent.DOM_DELTA_LINE })).toBe(1);
  });

  it("sums the small movements of a trackpad", () => {
    const wheel = new WheelSteps();
    const steps = [20, 20, 20, 20, 20].map((deltaY) => wheel.add({ deltaY, deltaMode: pixels }));
    expect(steps).toEqual([0, 0, 1, 0, 1]);
    expect(wheel.add({ deltaY: -20, deltaMode: pixels })).toBe(0);
  });
});

describe("OverlayPreferences", () => {
  function memory(start: string | null = null) {
    let kept = start;
    return { getItem: () => kept, setItem: (_: string, value: string) => void (kept = value) };
  }

  it("changes the opacity in tenths within 0 and 1, and keeps it", () => {
    const storage = memory();
    const overlay = new OverlayPreferences(storage);
    overlay.changeOpacity(1);
    expect(overlay.opacity.value).toBe(0.5);
    for (let press = 0; press < 20; press += 1) {
      overlay.changeOpacity(-1);
    }
    expect(overlay.opacity.value).toBe(0);
    expect(new OverlayPreferences(storage).opacity.value).toBe(0);
  });

  it("shows a hidden overlay when its opacity is changed", () => {
    const overlay = new OverlayPreferences(memory("0.7"));
    overlay.toggle();
    expect(overlay.shown.value).toBe(false);
    overlay.changeOpacity(1);
    expect(overlay.shown.value).toBe(true);
    expect(overlay.opacity.value).toBe(0.8);
  });

  it("starts from its own value when what was kept is no number", () => {
    expect(new OverlayPreferences(memory("nonsense")).opacity.value).toBe(0.4);
  });
});
