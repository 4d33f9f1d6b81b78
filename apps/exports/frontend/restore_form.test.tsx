/** What somebody chose stays while a worker looks whether it will do. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";

import type { Choices, Given, Restore } from "./restore_contract";
import { RestoreForm } from "./restore_form";

const FOUND = {
  ...{ form: "B", records: 3, pages: 1, labels: { correct: 3 }, kinds: [], missed: 0 },
  ...{ polarity: 1, polarity_first: "record 1 (Image_Index 0)", drawn: 0, along_neurons: 0 },
  ...{ begun_at: null, ended_at: null, names_zone: false },
};
const ONE: Restore = {
  ...{ key: "k", name: "theirs.json", size: 2, state: "read", waits: false, found: FOUND, choices: null },
  ...{ failure: "", field: "", notices: [], address: "", done: 0, total: 0, asked_at: "2026-01-01T00:00:00Z" },
};
const GIVEN: Given = {
  ...{ url: "/api/restores", tables: [{ id: 1, title: "synapses" }], datasets: [{ id: 1, title: "cortex" }] },
  ...{ me: "anna", most_mb: 50 },
};

let root: HTMLElement;
let asked: Choices[];

beforeEach(() => {
  window.sessionStorage.clear();
  root = document.body.appendChild(document.createElement("div"));
  asked = [];
});

afterEach(() => {
  render(null, root);
  root.remove();
});

function onMake(choices: Choices): Promise<null> {
  asked.push(choices);
  return Promise.resolve(null);
}

function load(): void {
  render(null, root);
}

async function show(changes: Partial<Restore>): Promise<void> {
  const one = { ...ONE, ...changes };
  await act(() => render(<RestoreForm one={one} found={FOUND} given={GIVEN} onMake={onMake} />, root));
}

function find<T extends HTMLElement>(selector: string): T {
  const found = root.querySelector<T>(selector);
  if (found === null) {
    throw new Error(`${selector} is not there`);
  }
  return found;
}

it("keeps what was chosen where the campaign cannot be made", async () => {
  await show({});
  const name = find<HTMLInputElement>("#name-k");
  expect(name.value).toBe("theirs");
  await act(() => {
    name.value = "Ours";
    name.dispatchEvent(new Event("input", { bubbles: true }));
    find("input[value=swapped]").click();
  });
  await act(() => find<HTMLFormElement>("form").requestSubmit());
  expect(asked).toEqual([expect.objectContaining({ name: "Ours", polarity_switch: "swapped" })]);

  await show({ state: "making" });
  expect(find("form").hidden).toBe(true);
  await show({ failure: "name: there is a campaign 'Ours' already.", field: "name" });
  expect(find("form").hidden).toBe(false);
  expect(find<HTMLInputElement>("#name-k").value).toBe("Ours");
  expect(find<HTMLInputElement>("input[value=swapped]").checked).toBe(true);
  expect(find("[role=alert]").textContent).toBe("There is a campaign 'Ours' already.");
  expect(find("#name-k").parentElement?.contains(find("[role=alert]"))).toBe(true);
  expect(document.activeElement?.id).toBe("name-k");
  expect(find("#name-k").getAttribute("aria-describedby")).toBe("failure-k");
});

it("has what was chosen when its page is loaded anew", async () => {
  await show({});
  await act(() => {
    const annotator = find<HTMLInputElement>("#annotator-k");
    annotator.value = "ben";
    annotator.dispatchEvent(new Event("input", { bubbles: true }));
    find("input[value=swapped]").click();
  });
  load();
  await show({});
  expect(find<HTMLInputElement>("#annotator-k").value).toBe("ben");
  expect(find<HTMLInputElement>("input[value=swapped]").checked).toBe(true);
  expect(find<HTMLSelectElement>("#table-k").value).toBe("1");
  await act(() => find<HTMLFormElement>("form").requestSubmit());

  load(); // from here on it is as it was asked for, also in another tab
  const choices = {
    ...{ name: "Ours", table: null, dataset: 1, new_table: "made", annotator: "carl", managers: ["anna", "dora"] },
    ...{ polarity_switch: "artifact", missed: true, labels: true },
  };
  await show({ choices, failure: "name: there is a campaign 'Ours' already.", field: "name" });
  expect(find<HTMLInputElement>("#annotator-k").value).toBe("carl");
  expect(find<HTMLInputElement>("#new_table-k").value).toBe("made");
  expect(find<HTMLInputElement>("input[value=artifact]").checked).toBe(true);
  expect(document.activeElement).toBe(document.body); // nobody is taken to what failed long ago
  await act(() => find<HTMLFormElement>("form").requestSubmit());
  expect(asked.at(-1)).toEqual(choices);
});

it("describes fields by what is there", async () => {
  await show({ state: "waiting" });
  await show({ failure: "Say what it meant.", field: "polarity_switch" });
  const question = find("[role=radiogroup]");
  expect(question.getAttribute("aria-invalid")).toBe("true");
  expect(question.contains(document.activeElement)).toBe(true);
  const described = [...root.querySelectorAll("[aria-describedby]")];
  expect(described.length).toBe(3); // the question, who judged, further managers
  for (const one of described) {
    for (const id of (one.getAttribute("aria-describedby") ?? "").split(" ")) {
      expect(find(`#${id}`).textContent).not.toBe("");
    }
  }
});
