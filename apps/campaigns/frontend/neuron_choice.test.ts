import { describe, expect, it, vi } from "vitest";

import { ChosenSegments, choosingState, type ChooserWindow } from "./chosen_segments";
import { bodyOf, EntryError } from "./forms";
import { NeuronChoice } from "./neuron_choice";
import { readBegins, rewritten, tellBegins } from "./walk_begins";

const LARGEST = "18446744073709551615";

describe("where walks begin", () => {
  it("is one a line, and comes back as it was", () => {
    const text = `${LARGEST} 210400 98000.5 -41\n\n7,\t1; 2 3`;
    const { begins, wrong } = readBegins(text);
    expect(begins).toEqual([
      { root_id: LARGEST, position_nm: [210400, 98000.5, -41] },
      { root_id: "7", position_nm: [1, 2, 3] },
    ]);
    expect(wrong).toBe("");
    expect(readBegins(rewritten("", begins)).begins).toEqual(begins);
  });

  it("names the first line that says none", () => {
    const why = (text: string) => readBegins(text).wrong;
    expect(why("7 1 2 3\n7 1 2")).toBe("Line 2 wants an id and three numbers, for x, y and z in nm.");
    expect(why("7 1 2 high")).toBe("Line 1 wants an id and three numbers, for x, y and z in nm.");
    expect(why("soma 1 2 3")).toBe("Line 1 begins with “soma”, which is no neuron id: ids are whole numbers.");
    expect(why("7 1 2 3\n7 4 5 6")).toBe("Line 2 names neuron 7, which an earlier line names already.");
  });

  it("keeps a line that says none when others are chosen, and what is wrong with it", () => {
    document.body.innerHTML = `<div><textarea data-neuron-begins>7 1 2 3\n8 1 2</textarea>
      <p data-begins-told></p></div>`;
    const part = document.querySelector("div")!;
    const field = part.querySelector("textarea")!;
    const told = () => part.querySelector("p")!.textContent;
    tellBegins(part);
    expect(told()).toMatch(/^Line 2 wants/);
    const chosen = [9, 7].map((id) => ({ root_id: `${id}`, position_nm: [4, 5, 6] as const }));
    field.value = rewritten(field.value, chosen);
    field.dispatchEvent(new Event("change"));
    expect(field.value).toBe("9 4 5 6\n7 4 5 6\n8 1 2");
    expect(told()).toMatch(/^Line 3 wants/);
    field.value = rewritten("", chosen);
    field.dispatchEvent(new Event("change"));
    expect(told()).toBe("");
    document.body.replaceChildren();
  });

  it("is sent with the form as the API takes it", () => {
    document.body.innerHTML = `<form><textarea name="neurons.ids" data-as="ids">7 8</textarea>
      <textarea name="neurons.roots" data-as="roots">7 1 2 3</textarea></form>`;
    const form = document.forms[0]!;
    const roots = [{ root_id: "7", position_nm: [1, 2, 3] }];
    expect(bodyOf(form, null)).toEqual({ neurons: { ids: ["7", "8"], roots } });
    form.querySelectorAll("textarea")[1]!.value = "7 1";
    expect(() => bodyOf(form, null)).toThrow(EntryError);
    document.body.replaceChildren();
  });
});

describe("choosing by clicking", () => {
  function segmentsOf(...ids: bigint[]) {
    const chosen = new Set(ids);
    const heeding = new Set<() => void>();
    const set = { keys: () => chosen.keys(), changed: { add: (heed: () => void) => (heeding.add(heed), () => void heeding.delete(heed)) } };
    const toggle = (id: bigint) => {
      if (!chosen.delete(id)) {
        chosen.add(id);
      }
      heeding.forEach((heed) => heed());
    };
    return { set, toggle, heeding };
  }

  /** A viewer that counts in voxels of 8, 8, 40 nm. */
  function windowWith(set: ReturnType<typeof segmentsOf>["set"]) {
    const under = { value: undefined as bigint | undefined };
    const displayState = {
      segmentationGroupState: { value: { visibleSegments: set } },
      segmentSelectionState: under,
    };
    const managedLayers = [{ name: "image", layer: {} }, { name: "neurons", layer: { displayState } }];
    const viewer = {
      layerManager: { managedLayers },
      mouseState: { active: false, position: [0, 0, 0] },
      position: { value: [10, 20, 30] },
      coordinateSpace: { value: { names: ["x", "y", "z"], scales: [8e-9, 8e-9, 40e-9] } },
    };
    const pointAt = (id: bigint, position: number[]) => {
      under.value = id;
      viewer.mouseState = { active: true, position };
    };
    return { viewer, pointAt };
  }

  it("begins with the list, and hears of each neuron that is clicked", () => {
    vi.useFakeTimers();
    const { set, toggle, heeding } = segmentsOf(3n, 2n);
    const heard: (readonly string[])[] = [];
    const frame: { viewer?: NonNullable<ChooserWindow["viewer"]> } = {};
    const chosen = new ChosenSegments(frame, ["2", "3"], (ids) => heard.push(ids));
    expect(heard).toEqual([]);
    frame.viewer = windowWith(set).viewer; // Neuroglancer begins a little later
    vi.advanceTimersByTime(1000);
    expect(heard.at(-1)).toEqual(["2", "3"]);
    toggle(18446744073709551615n);
    expect(heard.at(-1)).toEqual(["2", "3", LARGEST]);
    toggle(3n);
    expect(heard.at(-1)).toEqual(["2", LARGEST]);

    const again = segmentsOf(2n, 5n); // the view was put back: its layers are others
    frame.viewer = windowWith(again.set).viewer;
    vi.advanceTimersByTime(1000);
    expect(heard.at(-1)).toEqual(["2", "5"]);
    expect(heeding.size).toBe(0);
    chosen.stop();
    expect(again.heeding.size).toBe(0);
    vi.useRealTimers();
  });

  it("lets a walk begin under the pointer, or in the middle, of chosen neurons alone", () => {
    const { set, toggle } = segmentsOf(2n, 3n);
    const { viewer, pointAt } = windowWith(set);
    const before = { root_id: "3", position_nm: [1, 2, 3] } as const;
    const choice = new NeuronChoice(["2", "3"], [before]);
    choice.beginInMiddle("2");
    expect(choice.told.value).toBe("Neuroglancer is not ready yet.");
    choice.lookInto({ viewer });
    choice.beginAtPointer();
    expect(choice.told.value).toBe("There is no neuron under the pointer.");
    pointAt(9n, [1, 1, 1]);
    choice.beginAtPointer();
    expect(choice.told.value).toBe("Neuron 9 is not chosen: double-click it first.");
    expect(choice.begins.value).toEqual([before]);
    pointAt(2n, [100, 200.04, 5]);
    choice.beginAtPointer();
    expect(choice.begins.value).toEqual([before, { root_id: "2", position_nm: [800, 1600, 200] }]);
    choice.beginInMiddle("2");
    expect(choice.begins.value.at(-1)).toEqual({ root_id: "2", position_nm: [80, 160, 1200] });
    toggle(3n); // the server takes no beginning of a neuron that is not chosen
    expect(choice.begins.value.map(({ root_id }) => root_id)).toEqual(["2"]);
    choice.forget("2");
    expect(choice.begins.value).toEqual([]);
    choice.stop();
  });

  it("selects in the neurons' layer alone", () => {
    const layers = [{ name: "neurons", segments: [] }, { name: "clefts" }];
    const state = choosingState({ position: [1, 2, 3], layers }, ["7"]);
    expect(state).toMatchObject({
      position: [1, 2, 3],
      layers: [{ name: "neurons", segments: ["7"] }, { name: "clefts" }],
    });
  });
});
