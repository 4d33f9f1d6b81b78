/** As in the grid; what a computation proposes has a colour of its own. */

export const MASK: Colour = [255, 0, 255];
export const PROPOSED: Colour = [0, 229, 255];
export const THEIRS: Colour = [255, 221, 0];
export const ORIGINAL = "#ffe08a";
export const CURVE = "#ffffff";
export const POINTS = {
  pre: { bright: "#00ff00", muted: "#c8ffc8" },
  post: { bright: "#0000ff", muted: "#c8c8ff" },
} as const;

/** Red, green, blue. */
export type Colour = readonly [number, number, number];
