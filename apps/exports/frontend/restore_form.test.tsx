/** What somebody chose stays while a worker looks whether it will do. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";

import type { Choices, Given, Restore } from "./restore_contract";
import { RestoreForm } from "./restore_form";
import type { Trouble } from "./restore_model";
import { forgetDraft } from "./restore_values";

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
let answer: Trouble | null;

beforeEach(() => {
  forgetDraft(ONE.key);
  root = document.body.appendChild(document.createElement("div"));
  asked = [];
  answer = null;
});

afterEach(() => {
  render(null, root);
  root.remove();
});

function onMake(choices: Choices): Promise<Trouble | null> {
  asked.push(choices);
  return Promise.resolve(answer);
}

function load(): void {
  render(null, root);
}

async function show(changes: Partial<Restore>, given = GIVEN): Promise<void> {
  const one = { ...ONE, ...changes };
  await act(() => render(<RestoreForm one={one} found={FOUND} given={given} onMake={onMake} />, root));
}

async function submit(): Promise<void> {
  await act(async () => {
    find<HTMLFormElement>("form").requestSubmit();
    await Promise.resolve(); // until it is answered
  });
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
  await submit();
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

it("says why a worker refuses, whatever was the matter before", async () => {
  await show({});
  await act(() => find("input[value=swapped]").click());
  answer = { sentence: "The server cannot be reached.", field: "" }; // though it had it
  await submit();
  expect(find("[role=alert]").textContent).toBe("The server cannot be reached.");
  await show({ state: "waiting" });
  await show({ failure: "name: there is a campaign 'theirs' already.", field: "name" });
  expect(find("[role=alert]").textContent).toBe("There is a campaign 'theirs' already.");
  expect(document.activeElement?.id).toBe("name-k");

  await submit();
  expect(find("[role=alert]").textContent).toBe("The server cannot be reached.");
  await show({ failure: "table: it was deleted.", field: "table" }); // nobody saw it wait
  expect(find("[role=alert]").textContent).toBe("It was deleted.");
});

it("has a table chosen anew where that which was chosen is offered no more", async () => {
  const choices = {
    ...{ name: "Ours", table: 1, dataset: null, new_table: "", annotator: "anna", managers: [] },
    ...{ polarity_switch: "swapped", missed: true, labels: true },
  };
  await show({ choices }, { ...GIVEN, tables: [{ id: 7, title: "another's" }, { id: 8, title: "synapses, anew" }] });
  const table = find<HTMLSelectElement>("#table-k");
  expect(table.value).toBe("");
  expect(find<HTMLFormElement>("form").checkValidity()).toBe(false);
  await act(() => {
    table.value = "8";
    table.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await submit();
  expect(asked).toEqual([{ ...choices, table: 8 }]);
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
  await submit();

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
  await submit();
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
