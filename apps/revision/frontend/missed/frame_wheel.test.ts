import { expect, it } from "vitest";

import { wheelAsInGrid } from "./frame_wheel";

it("The wheel turns the way of the grid over volumes, and nowhere else", () => {
  document.body.innerHTML = `<div class="neuroglancer-rendered-data-panel"><i></i></div><p></p>`;
  wheelAsInGrid(window);
  const heard: number[] = [];
  const turn = (selector: string, more: object = {}) => {
    const event = new WheelEvent("wheel", { deltaY: 100, bubbles: true, cancelable: true });
    document.querySelector(selector)?.dispatchEvent(Object.assign(event, more));
    return event.defaultPrevented;
  };
  document.addEventListener("wheel", (event) => heard.push(event.deltaY));
  expect(turn("i")).toBe(true);
  expect(turn("p")).toBe(false);
  expect(turn("i", { ctrlKey: true })).toBe(false); // zooms
  expect(heard).toEqual([-100, 100, 100]);
});
