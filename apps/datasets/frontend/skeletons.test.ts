import { afterEach, expect, it, vi } from "vitest";

import { inWords, tryNeuron } from "./skeletons";

afterEach(() => vi.unstubAllGlobals());

const NONE = { state: "none", sentence: "There is none.", vertices: 0, length_nm: 0, has_soma: false };
const FOUND = { state: "found", sentence: "", vertices: 12345, length_nm: 67_890, has_soma: true };

it("says what was found, or why nothing was", () => {
  expect(inWords("7", FOUND)).toBe("Neuron 7: 12,345 vertices, 67.9 µm, the soma is known.");
  expect(inWords("7", { ...FOUND, has_soma: false })).toContain("where the soma is, is not known");
  expect(inWords("7", NONE)).toBe("There is none.");
});

function formOf(): HTMLFormElement {
  document.body.innerHTML =
    '<form data-try="/try"><input name="root_id" value=" 7 "><p data-tried></p></form>';
  return document.querySelector("form") as HTMLFormElement;
}

it("asks until the neuron is read", async () => {
  const form = formOf();
  const answers = [{ ...NONE, state: "reading", sentence: "It is being read." }, FOUND];
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (_: string, options: RequestInit) => {
    asked.push(options.body);
    return Response.json(answers.shift());
  });
  const told: unknown[] = [];
  await tryNeuron(form, async () => told.push(form.textContent));
  expect(asked).toEqual(['{"root_id":"7"}', '{"root_id":"7"}']);
  expect([...told, form.textContent]).toEqual(["It is being read.", inWords("7", FOUND)]);
});

it("asks once, however often the button is pressed, and not without end", async () => {
  const form = formOf();
  let asked = 0;
  vi.stubGlobal("fetch", async () => {
    asked += 1;
    return Response.json({ ...NONE, state: "reading", sentence: "It is being read." });
  });
  let second: Promise<void> | null = null;
  const waits: number[] = [];
  await tryNeuron(form, async () => {
    second ??= tryNeuron(form, async (times) => void waits.push(times));
  });
  await second;
  expect(waits.length).toBe(asked - 1);
  expect(waits.at(-1)).toBe(waits.length);
  expect(form.textContent).toContain("No worker has answered");
});
