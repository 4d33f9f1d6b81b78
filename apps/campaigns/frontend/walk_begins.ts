/** Where the walks of neurons begin, as people give it: one a line, id and x, y, z in nm. */

import { whyNoId } from "./neuron_list";

export interface WalkBegin {
  readonly root_id: string;
  /** x, y, z. */
  readonly position_nm: readonly [number, number, number];
}

export interface FoundBegins {
  readonly begins: readonly WalkBegin[];
  /** The first line that says none, as a sentence; "" where all do. */
  readonly wrong: string;
}

/** The lines of a field; empty ones are passed over. */
export function readBegins(text: string): FoundBegins {
  const begins = new Map<string, WalkBegin>();
  let wrong = "";
  text.split(/\r\n|\r|\n/).forEach((line, at) => {
    const parts = line.split(/[\s,;]+/).filter((part) => part !== "");
    const [id = "", ...place] = parts;
    const why = parts.length === 0 ? null : whyNot(id, place, begins);
    if (why !== null) {
      wrong ||= `Line ${at + 1} ${why}.`;
    } else if (parts.length > 0) {
      const [x = 0, y = 0, z = 0] = place.map(Number);
      begins.set(id, { root_id: id, position_nm: [x, y, z] });
    }
  });
  return { begins: [...begins.values()], wrong };
}

function whyNot(id: string, place: readonly string[], known: ReadonlyMap<string, unknown>): string | null {
  const noId = whyNoId(id);
  if (noId !== null) {
    return `begins with “${id.slice(0, 30)}”, which ${noId}`;
  }
  if (place.length !== 3 || !place.every((part) => Number.isFinite(Number(part)))) {
    return "wants an id and three numbers, for x, y and z in nm";
  }
  return known.has(id) ? `names neuron ${id}, which an earlier line names already` : null;
}

/** What stands in the field for them. */
export function linesOf(begins: readonly WalkBegin[]): string {
  return begins.map(lineOf).join("\n");
}

function lineOf({ root_id, position_nm }: WalkBegin): string {
  return [root_id, ...position_nm].join(" ");
}
