/**
 * The neuron in 3-D under its map. It is loaded once for a neuron and then follows the pages; where
 * it is not to be seen, there is no viewer: a frame that is taken away gives its memory back.
 */

import { useEffect, useMemo, useState } from "preact/hooks";

import { AskedView } from "../../../datasets/frontend/neuroglancer/asked_view";
import { keysOfFrame } from "../../../datasets/frontend/neuroglancer/frame_keys";
import type { GridController } from "../grid_controller";
import { actionOf } from "../keyboard";
import { viewUrl } from "../view/viewer_window";
import type { PageSection } from "./contract";
import type { NeuronMap } from "./neuron_map";
import { middleOfNeuron, shownNeuron, wayIn } from "./shown_neuron";
import { overviewState, ViewerFrame, WAY, withoutBars, type Neuroglancer } from "./viewer_frame";

interface PanelProps {
  readonly controller: GridController;
  readonly map: NeuronMap;
}

export function MeshPanel({ controller, map }: PanelProps) {
  const { windows } = controller;
  const neuron = map.neuron.value;
  const isSearch = (controller.session.value?.marks ?? null) !== null;
  return (
    <section class="mesh" aria-label="The neuron in 3-D">
      <div class="mesh__head">
        <h2>In 3-D</h2>
        <button type="button" class="button" onClick={() => windows.mesh.open()}>
          Enlarge
        </button>
        <button type="button" class="button" onClick={() => map.mesh.open(false)}>
          Hide
        </button>
      </div>
      {windows.mesh.isOpen || isSearch ? (
        <p class="mesh__away">It is in the larger view of this page.</p>
      ) : (
        <Viewer key={neuron?.root_id} controller={controller} map={map} />
      )}
    </section>
  );
}

function Viewer({ controller, map }: PanelProps) {
  const page = controller.session.value?.page;
  const item = controller.focusedTile.value?.item;
  const [asked, ask] = useState<string | null>(null);
  useEffect(() => {
    if (asked === null && page !== undefined) {
      const url = page.urls.neuroglancer;
      ask(item === undefined ? url : viewUrl(url, item));
    }
  }, [asked, page]);
  const [frame, setFrame] = useState<ViewerFrame | null>(null);
  useEffect(() => () => frame?.stop(), [frame]);
  const section = page?.section ?? null;
  const last = useLast(section);
  useEffect(() => {
    if (last !== null) {
      frame?.trace(WAY, wayIn(map.neuron.peek(), last)); // how it is turned stays as the person has it
    }
  }, [frame, last?.id]);
  return (
    <AskedView
      url={asked}
      title="The neuron in 3-D, in Neuroglancer"
      class="mesh__frame"
      change={(state) => {
        const shown = map.neuron.peek();
        return overviewState(state, shownNeuron(shown, last), middleOfNeuron(shown));
      }}
      onLoad={(loaded) => {
        withoutBars(loaded);
        setFrame(new ViewerFrame(loaded as Window & { readonly viewer?: Neuroglancer }));
        const note = () => controller.session.peek()?.noteActivity();
        keysOfFrame(loaded, (event) => hides(event, controller), note);
      }}
    />
  );
}

/** The section of the page, or while one is on its way that of the last. */
function useLast(section: PageSection | null): PageSection | null {
  const kept = useMemo(() => ({ section }), []);
  kept.section = section ?? kept.section;
  return kept.section;
}

/** Neuroglancer has keys of its own there; the one that shows and hides it is heeded, too. */
function hides(event: KeyboardEvent, controller: GridController): boolean {
  const action = actionOf(event, controller.keys);
  if (action?.do === "mesh") {
    controller.act(action);
  }
  return action?.do === "mesh";
}
