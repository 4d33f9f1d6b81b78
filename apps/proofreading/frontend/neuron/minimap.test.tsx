import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Named } from "./minimap";
import { NeuronMap } from "./neuron_map";

let root: HTMLElement;

beforeEach(() => void (root = document.body.appendChild(document.createElement("div"))));

afterEach(() => {
  render(null, root);
  root.remove();
});

const SECTIONS = [0, 1, 2].map((number) => ({
  ...{ id: 10 + number, number, parent: number === 0 ? null : 0, length_nm: 900 },
  ...{ path_nm: [[0, 0, 0], [0, 900, number]], items: 1, judged: 0, searched: false, state: "free" },
}));

describe("the section that is named", () => {
  it("is the one that its button goes to, also while another one is pointed at", async () => {
    const answers: Record<string, unknown> = {
      "/neurons": { neurons: [] },
      "/neurons/7": { root_id: "7", length_nm: 2700, soma_nm: null, sections: SECTIONS, synapses: [] },
    };
    const went: number[] = [];
    const work = { session: signal(null), openSection: async (id: number) => void went.push(id) };
    const storage = { getItem: () => null, setItem: () => undefined };
    const ask = async (url: string) => ({ status: 200, body: answers[url], etag: null });
    const map = new NeuronMap("/neurons", work, storage, ask);
    await map.show("7");
    await act(() => render(<Named map={map} neuron={map.neuron.value!} />, root));
    expect(root.querySelector("button")?.textContent).toBe("Go to 1");
    await act(() => void (map.hovered.value = 2));
    expect(root.querySelector("button")?.textContent).toBe("Go to 3");
    await act(() => root.querySelector("button")?.click());
    expect(went).toEqual([12]);
  });
});
