// @vitest-environment happy-dom

import { expect, it, vi } from "vitest";

it("wakes the forms once it hears what is sent", async () => {
  document.body.innerHTML = `<form inert data-api="/api/it"><button>Go</button></form>
    <form inert data-try="/api/other"></form>`;
  const asked = vi.fn(() => new Promise(() => undefined));
  vi.stubGlobal("fetch", asked);
  const [own, others] = [...document.forms];
  await import("./manage");
  expect(own?.hasAttribute("inert")).toBe(false);
  expect(others?.hasAttribute("inert")).toBe(true); // another script sends these
  own?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  expect(asked).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
});
