import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Bar, dismissErrors } from "./bar";

const LINK = "https://here/neuroglancer/#!%7B%7D";
const part = <Element extends HTMLElement>(id: string) => document.getElementById(id) as Element;
let resets: number;

beforeEach(() => {
  resets = 0;
  document.body.innerHTML = `
    <button id="viewer-reset"></button><button id="viewer-copy"></button>
    <a id="viewer-own" hidden></a><span id="viewer-news"></span>
    <input id="viewer-link" hidden><div id="viewer-troubles" hidden></div>`;
});

afterEach(() => void vi.unstubAllGlobals());

function offered(): Bar {
  const bar = new Bar(document);
  bar.offer({ reset: () => (resets += 1), link: () => LINK });
  return bar;
}

describe("the bar of the viewer", () => {
  it("goes back to the beginning", () => {
    offered();
    part("viewer-reset").click();
    expect(resets).toBe(1);
  });

  it("copies the link", async () => {
    const copied: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => copied.push(text) } });
    offered();
    part("viewer-copy").click();
    await vi.waitFor(() => expect(part("viewer-news").textContent).toContain("copied"));
    expect(copied).toEqual([LINK]);
  });

  it("shows the link where a page may not copy, as without https", async () => {
    vi.stubGlobal("navigator", {});
    document.execCommand = () => false;
    offered();
    part("viewer-copy").click();
    await vi.waitFor(() => expect(part("viewer-news").textContent).toContain("from the field"));
    expect(part<HTMLInputElement>("viewer-link").value).toBe(LINK);
    expect(part("viewer-link").hidden).toBe(false);
  });

  it("tells of troubles as text, and of their end", () => {
    const bar = offered();
    bar.tell(["<img src=x onerror=alert(1)>", "image: gone"]);
    expect(part("viewer-troubles").hidden).toBe(false);
    expect(part("viewer-troubles").querySelectorAll("p")).toHaveLength(2);
    expect(part("viewer-troubles").querySelector("img")).toBeNull();
    bar.tell([]);
    expect(part("viewer-troubles").hidden).toBe(true);
  });
});

describe("errors that Neuroglancer shows", () => {
  it("are dismissed, and nothing else that it says", () => {
    document.body.innerHTML = `
      <ul id="neuroglancer-status-container">
        <li>Cannot read <button>Dismiss</button></li><li>Loading <button>Cancel</button></li>
      </ul>`;
    for (const button of document.querySelectorAll("button")) {
      button.addEventListener("click", () => button.parentElement?.remove());
    }
    dismissErrors(document);
    expect([...document.querySelectorAll("button")].map((each) => each.textContent)).toEqual(["Cancel"]);
  });
});
