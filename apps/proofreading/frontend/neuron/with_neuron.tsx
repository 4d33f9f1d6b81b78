/** The page of a campaign that goes by neurons: tiles or a search, with the neuron beside them. */

import type { ComponentChildren } from "preact";

import type { GridController } from "../grid_controller";
import { MeshDialog } from "./mesh_dialog";
import { MeshPanel } from "./mesh_panel";
import { Minimap } from "./minimap";
import { SearchPage } from "./search_page";

interface Props {
  readonly controller: GridController;
  /** Called when the window over the page has been closed. */
  readonly onClosed: () => void;
  /** The tiles, on a page that has some. */
  readonly children: ComponentChildren;
}

export function WithNeuron({ controller, onClosed, children }: Props) {
  const session = controller.session.value;
  const map = controller.neurons.value;
  const marks = session?.marks ?? null;
  const openMesh =
    session === null ? null : () => map?.turnMesh(() => controller.windows.mesh.open());
  return (
    <>
      <div class="grid-row">
        {session !== null && marks !== null ? (
          <SearchPage
            key={session.page.pageId}
            {...{ controller, session, marks }}
          />
        ) : (
          children
        )}
        {map !== null && !map.isEmpty.value && (
          <Minimap map={map} openMesh={openMesh} keys={controller.keys}>
            <MeshPanel controller={controller} map={map} />
          </Minimap>
        )}
      </div>
      {map !== null && <MeshDialog controller={controller} map={map} onClosed={onClosed} />}
    </>
  );
}
