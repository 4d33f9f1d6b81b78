// @vitest-environment happy-dom

import { expect, test } from "vitest";

import { followChoices } from "./choices";
import { bodyOf } from "./forms";

const FORM = `<form>
  <select name="policy.redundancy">
    <option value="fixed">as many for each</option>
    <option value="adaptive" SELECTED>more while it is uncertain</option>
  </select>
  <fieldset data-if="policy.redundancy=adaptive" hidden disabled>
    <input name="policy.most_votes" data-as="number" value="7">
  </fieldset>
</form>`;

function formWith(selected: string): HTMLFormElement {
  document.body.innerHTML = FORM.replace("SELECTED", selected);
  followChoices(document);
  return document.forms[0] as HTMLFormElement;
}

test("what belongs to another choice is neither shown nor sent", () => {
  const form = formWith("");
  expect(form.querySelector("fieldset")?.hidden).toBe(true);
  expect(bodyOf(form, null)).toEqual({ policy: { redundancy: "fixed" } });
});

test("it comes and goes with the choice", () => {
  const form = formWith("selected");
  const select = form.querySelector("select") as HTMLSelectElement;
  expect(form.querySelector("fieldset")?.hidden).toBe(false);
  expect(bodyOf(form, null)).toEqual({ policy: { redundancy: "adaptive", most_votes: 7 } });
  select.value = "fixed";
  select.dispatchEvent(new Event("change"));
  expect(bodyOf(form, null)).toEqual({ policy: { redundancy: "fixed" } });
});
