/** What the page of the grid does about neurons when it begins. */

import { effect } from "@preact/signals";

import { sendAny } from "../../../core/frontend/http";
import type { GridController } from "../grid_controller";
import type { Keeping } from "../kept_labels";
import { sendLeftovers, type LeftBehind } from "../leftovers";
import type { KeptValues } from "../storage";
import type { Transport } from "../transport";
import { LookAhead } from "./look_ahead";
import { sendLeftMarks } from "./mark_outbox";
import { MeshPlace } from "./mesh_place";
import { NeuronMap } from "./neuron_map";

/** Shows the neurons of the campaign; none where there is no address of them. */
export function followNeurons(
  grid: GridController,
  url: string,
  storage: KeptValues,
  choices: KeptValues,
): void {
  if (url === "") {
    return;
  }
  const isNarrow = window.matchMedia("(max-width: 50rem)").matches; // as in minimap.css
  const isWide = window.matchMedia("(min-width: 100rem)").matches;
  const mesh = new MeshPlace(choices, isWide);
  const map = new NeuronMap(url, grid, storage, undefined, isNarrow, mesh);
  grid.neurons.value = map;
  map.follow();
  const ahead = new LookAhead((id) => sendAny(`${url}/sections/${id}/ahead`, "POST", {}));
  effect(() => ahead.lookAt(map.isOpen.value ? map.possible : null));
  // What was submitted last is done also where no page follows.
  effect(() => void (grid.phase.value === "ended" && map.refresh()));
}

/** Sends labels and marks that an earlier page left behind; what became of them, if anything did. */
export async function sendAllLeft(
  keeping: Keeping,
  transport: Transport,
): Promise<LeftBehind | null> {
  const labels = await sendLeftovers(keeping.outbox, keeping.person, transport);
  const marks = keeping.marks === undefined ? "" : await sendLeftMarks(keeping.marks, keeping.person);
  if (marks === "") {
    return labels;
  }
  return { sentence: `${labels?.sentence ?? ""} ${marks}`.trim(), discard: labels?.discard ?? null };
}
