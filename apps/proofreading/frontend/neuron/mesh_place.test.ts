/** Where the neuron in 3-D stands is chosen by a person, else by how wide the page is. */

import { expect, it } from "vitest";

import { MeshPlace } from "./mesh_place";
import { NeuronMap } from "./neuron_map";
import { middleOfNeuron, shownNeuron } from "./shown_neuron";

function memory() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

it("stands beside wide pages, and is loaded when it is asked for", () => {
  const [wide, narrow] = [new MeshPlace(memory(), true), new MeshPlace(memory(), false)];
  expect([wide.isBeside.value, narrow.isBeside.value]).toEqual([true, false]);
  expect([wide.isOpen.value, narrow.isOpen.value]).toEqual([false, false]);
});

it("is remembered, however wide the page is", () => {
  const [one, other] = [memory(), memory()];
  new MeshPlace(one, false).put(true);
  new MeshPlace(other, true).put(false);
  const [beside, window] = [new MeshPlace(one, false), new MeshPlace(other, true)];
  expect([beside.isBeside.value, beside.isOpen.value]).toEqual([true, true]);
  expect([window.isBeside.value, window.isOpen.value]).toEqual([false, false]);
});

it("is turned on and off where it stands, with the map, or opens a window", () => {
  const storage = memory();
  const mesh = new MeshPlace(storage, true);
  const work = { session: { value: null } as never, openSection: async () => undefined };
  const map = new NeuronMap("/neurons", work, storage, async () => null, true, mesh);
  let opened = 0;
  const turn = () => map.turnMesh(() => (opened += 1));
  turn();
  expect([map.isOpen.value, mesh.isOpen.value]).toEqual([true, true]);
  turn();
  expect([map.isOpen.value, mesh.isOpen.value, opened]).toEqual([true, false, 0]);
  mesh.put(false);
  turn();
  expect([mesh.isOpen.value, opened]).toEqual([false, 1]);
});

it("shows all of the neuron around its middle", () => {
  const paths = [[[0, 0, 0], [4000, 100, 0]], [[4000, 100, 0], [2000, 500, 600]]];
  const neuron = { root_id: "7", sections: paths.map((path_nm) => ({ path_nm })), synapses: [] } as never;
  expect(middleOfNeuron(neuron)).toEqual([2000, 250, 300]);
  expect(shownNeuron(neuron, null).extentNm).toBe(4000);
  expect(middleOfNeuron(null)).toBeNull();
});

it("shows the way of the page in its own neuron, and in no other that one looks at", () => {
  const neuron = { root_id: "7", sections: [{ id: 3, path_nm: [] }], synapses: [] } as never;
  const [here, elsewhere] = [3, 4].map((id) => ({ id, path_nm: [[1, 2, 3]] }) as never);
  expect(shownNeuron(neuron, here!).way).toEqual([[1, 2, 3]]);
  expect(shownNeuron(neuron, elsewhere!).way).toEqual([]);
  expect(shownNeuron(null, here!).way).toEqual([[1, 2, 3]]);
});
