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
  /** All lines that say none, as they were typed. */
  readonly unread: readonly string[];
}

/** The lines of a field; empty ones are passed over. */
export function readBegins(text: string): FoundBegins {
  const begins = new Map<string, WalkBegin>();
  const unread: string[] = [];
  let wrong = "";
  text.split(/\r\n|\r|\n/).forEach((line, at) => {
    const parts = line.split(/[\s,;]+/).filter((part) => part !== "");
    const [id = "", ...place] = parts;
    const why = parts.length === 0 ? null : whyNot(id, place, begins);
    if (why !== null) {
      wrong ||= `Line ${at + 1} ${why}.`;
      unread.push(line);
    } else if (parts.length > 0) {
      const [x = 0, y = 0, z = 0] = place.map(Number);
      begins.set(id, { root_id: id, position_nm: [x, y, z] });
    }
  });
  return { begins: [...begins.values()], wrong, unread };
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

/** What stands in the field once others were chosen: lines that nobody could read stay, to be mended. */
export function rewritten(text: string, begins: readonly WalkBegin[]): string {
  return [...begins.map(lineOf), ...readBegins(text).unread].join("\n");
}

/** Says beside the field which of its lines is none, once one has typed or chosen. */
export function tellBegins(part: HTMLElement): void {
  const field = part.querySelector<HTMLTextAreaElement>("[data-neuron-begins]");
  const told = part.querySelector<HTMLElement>("[data-begins-told]");
  if (field === null || told === null) {
    return;
  }
  const tell = () => (told.textContent = readBegins(field.value).wrong);
  field.addEventListener("change", tell);
  tell(); // a browser may bring back what was typed before
}

function lineOf({ root_id, position_nm }: WalkBegin): string {
  return [root_id, ...position_nm].join(" ");
}
