import { expect, it, vi } from "vitest";

import { sendForm } from "./forms";
import { tellSaved } from "./saved";

it("tells once, when the page has come back, that the form was saved", async () => {
  document.body.innerHTML = `<form data-api="/api/it" data-saved="The neurons are saved.">
    <p data-error hidden></p><p data-told-saved hidden></p></form>
    <form data-api="/api/other"><p data-told-saved hidden></p></form>`;
  const [form, other] = document.querySelectorAll("form");
  const told = (one = form) => one?.querySelector<HTMLElement>("[data-told-saved]");
  const page = { ask: () => true, go: vi.fn(), reload: vi.fn() };
  vi.stubGlobal("fetch", async () => new Response("{}", { status: 200 }));
  await sendForm(form!, null, page);
  vi.unstubAllGlobals();
  expect(page.reload).toHaveBeenCalledOnce();
  expect(told()?.hidden).toBe(true); // not before the page is there again
  tellSaved(document);
  expect([told()?.textContent, told()?.hidden]).toEqual(["The neurons are saved.", false]);
  expect(told(other)?.hidden).toBe(true);
  told()!.hidden = true;
  tellSaved(document);
  expect(told()?.hidden).toBe(true);
});
