import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Transport } from "../../../proofreading/frontend/transport";
import { missedState } from "./layers";
import { DraftStore } from "./draft";
import { MissedController } from "./missed_controller";
import { pressOnMissed } from "./missed_keys";

const transport = { postJson: async () => ({}), getJson: async () => ({}) } as unknown as Transport;

function controller(): MissedController {
  const store = new DraftStore({ getItem: () => null, setItem: () => undefined }, "place");
  return new MissedController({ additions: "/a", login: "/l" }, transport, store, [8, 8, 30], {
    image: { lo: [0, 0, 0], hi: [8000, 8000, 3000] },
    cleft: { lo: [0, 0, 0], hi: [8000, 8000, 3000] },
  });
}

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

describe("keys for missed synapses", () => {
  it("mark by c, and by what somebody chose instead", () => {
    const missed = controller();
    const mark = vi.spyOn(missed, "mark").mockImplementation(() => undefined);
    const press = (key: string) => pressOnMissed(new KeyboardEvent("keydown", { key }), missed);
    expect(press("c")).toBe(true);
    missed.keys.own.value = { "missed-mark": ["m"] };
    expect([press("c"), press("m")]).toEqual([false, true]);
    expect(mark).toHaveBeenCalledTimes(2);
  });

  it("leave letters to fields, and are silent under windows", () => {
    const missed = controller();
    const [save, mark] = [vi.spyOn(missed, "save"), vi.spyOn(missed, "mark")];
    const taken: boolean[] = [];
    const field = document.body.appendChild(document.createElement("input"));
    field.addEventListener("keydown", (event) => taken.push(pressOnMissed(event, missed)));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "c" }));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }));
    expect(taken).toEqual([false, true]);
    missed.windows.help.open();
    expect(pressOnMissed(new KeyboardEvent("keydown", { key: "c" }), missed)).toBe(false);
    expect(pressOnMissed(new KeyboardEvent("keydown", { key: "?" }), missed)).toBe(true);
    expect(missed.windows.help.isOpen).toBe(false);
    expect([save.mock.calls.length, mark.mock.calls.length]).toEqual([1, 0]);
  });
});

describe("the state of the view", () => {
  it("has a layer for each kind of point, over those of the server", () => {
    const state = missedState({ layers: [{ name: "image" }], dimensions: { x: [8e-9, "m"] } }, false);
    const layers = state["layers"] as readonly { name: string; annotationColor?: string }[];
    expect(layers[0]?.name).toBe("image");
    expect(layers.at(-1)).toMatchObject({ name: "new synapse", annotationColor: "#ffff00" });
    expect(new Set(layers.map(({ name }) => name)).size).toBe(layers.length);
  });
});

describe("what is reviewed", () => {
  it("has a way on that says that others are near", async () => {
    const { Review } = await import("./view/review");
    const missed = controller();
    const root = document.body.appendChild(document.createElement("div"));
    await act(() => render(<Review missed={missed} />, root));
    expect(root.textContent).toContain("Nothing is marked");
    await act(() => missed.addMark(mark()));
    expect(root.querySelector("button[type=submit]")?.textContent).toBe("Save");
    const near = { id: "7", source_id: "5", origin: "table", distance_nm: 24.4, center: [1, 2, 3] } as const;
    await act(() => missed.near.tell([near]));
    expect(root.querySelector("button[type=submit]")?.textContent).toBe("Add all the same");
    expect(root.querySelector(".missed__near")?.textContent).toContain("Synapse 5 of the table · 24 nm");
    render(null, root);
  });
});

describe("the slice that something was marked in", () => {
  it("is judged by its slices when the review is left, not from field to field", async () => {
    const { Review } = await import("./view/review");
    const missed = controller();
    const root = document.body.appendChild(document.createElement("div"));
    await act(() => missed.addMark(mark()));
    await act(() => render(<Review missed={missed} />, root));
    const [, , first, last] = root.querySelectorAll<HTMLInputElement>("input[type=number]");
    const leave = (relatedTarget: Element | null) =>
      act(() => void last!.dispatchEvent(new FocusEvent("focusout", { bubbles: true, relatedTarget })));
    await act(() => missed.setNumber("z2", 65));
    await act(() => missed.setNumber("z1", 62));
    await leave(first!);
    expect(missed.draft.value?.position).toEqual([40, 50, 60]);
    await leave(null);
    expect(missed.draft.value?.position).toEqual([40, 50, 62]);
    render(null, root);
  });
});

describe("marks that wait", () => {
  it("are dismissed with a reason, and not dropped on what is reviewed without being asked", async () => {
    const { MarkLists } = await import("./view/mark_lists");
    const missed = controller();
    const dismiss = vi.spyOn(missed, "dismiss").mockResolvedValue();
    missed.marks.value = { waiting: [mark()], dismissed: [], count: 1 };
    const root = document.body.appendChild(document.createElement("div"));
    await act(() => render(<MarkLists missed={missed} />, root));
    const button = (name: string) =>
      [...root.querySelectorAll("button")].find((one) => one.textContent === name)!;
    await act(() => button("Dismiss").click());
    const reason = root.querySelector<HTMLInputElement>(".missed__reason")!;
    await act(() => {
      reason.value = "a fold";
      reason.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await act(() => void root.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true })));
    expect(dismiss).toHaveBeenCalledWith(mark(), "a fold");

    const ask = vi.fn(() => false);
    vi.stubGlobal("confirm", ask);
    missed.addMark({ ...mark(), key: "another" });
    await act(() => button("Add").click());
    expect(missed.draft.value?.mark).toBe("another");
    ask.mockReturnValue(true);
    await act(() => button("Add").click());
    expect(missed.draft.value?.mark).toBe("m");
    expect(button("In review").disabled).toBe(true);
    render(null, root);
  });
});

function mark() {
  const said = { note: "", by: "anna", is_mine: true, at: "2026-11-21T12:00:00Z", reason: null };
  return { key: "m", position: [40, 50, 60], ...said } as const;
}
