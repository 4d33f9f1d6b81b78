/** Helpers of tests that draw: a place for it, and what a browser has and theirs lacks. */

import { render } from "preact";
import { afterEach, beforeEach, vi } from "vitest";

import { FakeBitmap } from "./testing";

/**
 * Each test of the file gets an empty element of the page to draw in, which `use` hears of. Pictures
 * are decoded to nothing, and canvases take whatever is drawn.
 */
export function drawingIn(use: (root: HTMLElement) => void): void {
  let root: HTMLElement;
  // Not taken back with the others: a picture may come to be decoded when its test is over.
  Object.assign(globalThis, { createImageBitmap: async () => new FakeBitmap() });
  beforeEach(() => {
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(
      new Proxy({}, { get: () => () => undefined, set: () => true }) as never,
    );
    root = document.body.appendChild(document.createElement("div"));
    use(root);
  });
  afterEach(() => {
    render(null, root);
    root.remove();
    vi.unstubAllGlobals();
  });
}
