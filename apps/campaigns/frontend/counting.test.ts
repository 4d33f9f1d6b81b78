// @vitest-environment happy-dom

import { expect, test, vi } from "vitest";

import { HttpError } from "../../core/frontend/http";
import { followChoices } from "./choices";
import { countInWords, countOnDemand } from "./counting";
import { bodyOf } from "./forms";

const FORM = `<form>
  <select name="table" data-as="number"><option value="7">one</option></select>
  <input type="checkbox" id="by-box">
  <fieldset data-if="#by-box">
    <input name="selection.box.lo" data-as="numbers" value="0">
    <input name="selection.box.lo" data-as="numbers" value="-5">
    <input name="selection.box.hi" data-as="numbers" value="9">
    <select name="selection.box.unit"><option value="nm">nm</option></select>
  </fieldset>
  <input type="checkbox" id="by-pre" checked>
  <fieldset data-if="#by-pre"><legend>From neurons</legend>
    <textarea name="selection.pre_ids" data-as="ids">720575940612345678,
      3; 4</textarea>
  </fieldset>
  <input type="checkbox" id="by-score" checked>
  <fieldset data-if="#by-score">
    <input name="selection.score.least" data-as="limit" value="0.5">
    <input name="selection.score.most" data-as="limit" value="">
  </fieldset>
  <button type="button" data-count="/api/count">Count</button><output data-counted></output>
</form>`;

function form(): HTMLFormElement {
  document.body.innerHTML = FORM;
  followChoices(document);
  return document.forms[0] as HTMLFormElement;
}

function press(name: string, event: string): void {
  document.querySelector(name)?.dispatchEvent(new Event(event, { bubbles: true }));
}

const shown = () => document.querySelector("output")?.textContent;
const chosen = { pre_ids: ["720575940612345678", "3", "4"], score: { least: 0.5, most: null } };

test("only what is ticked is selected, and ids stay text", () => {
  const made = form();
  expect(bodyOf(made, null)).toEqual({ table: 7, selection: chosen });
  (document.querySelector("#by-box") as HTMLInputElement).checked = true;
  press("#by-box", "change");
  const box = { lo: [0, -5], hi: [9], unit: "nm" };
  expect(bodyOf(made, null)).toEqual({ table: 7, selection: { ...chosen, box } });
});

test("along neurons only their synapses are counted", async () => {
  const send = vi.fn(async () => ({ count: 3, is_exact: true, selected: [] }));
  const made = form();
  made.insertAdjacentHTML(
    "afterbegin",
    `<textarea name="neurons.ids" data-as="ids">7 8</textarea>
     <textarea name="neurons.roots" data-as="roots">7 1 2</textarea>`,
  );
  countOnDemand(made, send);
  press("button", "click");
  expect(shown()).toContain("wants an id and three numbers");
  const roots = made.querySelector<HTMLTextAreaElement>("[name='neurons.roots']")!;
  roots.value = "7 1 2 3";
  press("button", "click");
  await vi.waitFor(() => expect(shown()).toBe("3 synapses"));
  const neurons = { ids: ["7", "8"], roots: [{ root_id: "7", position_nm: [1, 2, 3] }] };
  expect(send).toHaveBeenCalledWith("/api/count", "POST", { table: 7, selection: chosen, neurons });
});

test("the count is told, and forgotten when something changes", async () => {
  const send = vi.fn(async () => ({ count: 1234, is_exact: true, selected: [] }));
  countOnDemand(form(), send);
  press("button", "click");
  expect(shown()).toBe("Counting…");
  await vi.waitFor(() => expect(shown()).toBe("1,234 synapses"));
  expect(send).toHaveBeenCalledWith("/api/count", "POST", { table: 7, selection: chosen });
  press("textarea", "change");
  expect(shown()).toBe("");
});

test("an answer that comes after a change is not shown", async () => {
  let answer: (count: unknown) => void = () => {};
  countOnDemand(form(), () => new Promise((resolve) => (answer = resolve)));
  press("button", "click");
  press("textarea", "change");
  answer({ count: 5, is_exact: true });
  await Promise.resolve();
  await Promise.resolve();
  expect(shown()).toBe("");
});

test("a refusal is told where the count would be", async () => {
  const field = "selection.pre_ids";
  const refusal = new HttpError(400, "invalid", `${field}: 'x' is no neuron id.`, field);
  countOnDemand(form(), () => Promise.reject(refusal));
  press("button", "click");
  await vi.waitFor(() => expect(shown()).toBe("From neurons: 'x' is no neuron id."));
});

test("words of a count", () => {
  expect(countInWords({ count: 1, is_exact: true })).toBe("1 synapse");
  expect(countInWords({ count: 1e6, is_exact: false })).toBe("more than 1,000,000 synapses");
});
