/**
 * How much of a bar there is room for. Its style sheet says what goes at each step; which step it
 * takes is measured, since it depends on numbers and names as much as on the width of the window.
 */

import { useLayoutEffect, useRef, type MutableRef } from "preact/hooks";

/** Steps on one line: 0 shows everything. */
const MOST_ON_ONE_LINE = 4;
/** On two lines. */
const TWO_LINES = 5;
/** On as many lines as it takes. */
const ALL_LINES = 6;

/** The bar gets `data-step`, anew whenever it, or a part of it, has another size. */
export function useFitting(): MutableRef<HTMLDivElement | null> {
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = bar.current;
    if (element === null) {
      return undefined;
    }
    fit(element);
    let frame = 0;
    // In a frame of its own: fitting changes the sizes that are observed.
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => fit(element));
    });
    [element, ...element.children].forEach((part) => observer.observe(part));
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
    };
  }); // after each rendering: it may have other parts
  return bar;
}

/** Takes the first step at which all parts have room. */
function fit(bar: HTMLElement): void {
  for (let step = 0; step <= ALL_LINES; step += 1) {
    bar.dataset["step"] = String(step);
    if (step === ALL_LINES || hasRoom(bar, step)) {
      return;
    }
  }
}

function hasRoom(bar: HTMLElement, step: number): boolean {
  if (step <= MOST_ON_ONE_LINE) {
    return keepsItsEdge(bar);
  }
  const lines = new Set([...bar.children].map((part) => Math.round(middleOf(part))));
  return step === TWO_LINES && lines.size <= 2 && keepsItsEdge(bar);
}

/** Whether nothing reaches out of the bar, or into the padding at its end: what does that scrolls
 * nothing, so that the width to be scrolled does not tell of it. */
function keepsItsEdge(bar: HTMLElement): boolean {
  const edge = bar.getBoundingClientRect().right - (parseFloat(getComputedStyle(bar).paddingRight) || 0);
  const ends = [...bar.children].map((part) => part.getBoundingClientRect().right);
  return bar.scrollWidth <= bar.clientWidth && Math.max(0, ...ends) <= edge + 0.5;
}

/** Parts of a line are aligned at their middle. */
function middleOf(part: Element): number {
  const { top, bottom } = part.getBoundingClientRect();
  return (top + bottom) / 2;
}
