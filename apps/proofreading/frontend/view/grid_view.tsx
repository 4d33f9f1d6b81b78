/** The whole page: toolbar, notice, tiles, help. */

import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { DetailsDialog } from "../details/details_dialog";
import { deskOfGrid } from "../details/grid_desk";
import type { GridController } from "../grid_controller";
import { actionOf, wouldClickTile } from "../keyboard";
import { birdsEyeLayout, chooseLayout, columnLayout, sheetLayout } from "../layout";
import type { PersonalSettings } from "../personal_settings";
import { WithNeuron } from "../neuron/with_neuron";
import { HelpDialog } from "./help_dialog";
import { KeysDialog } from "./keys_dialog";
import { NoticeBar } from "./notice_bar";
import { ReasonsDialog } from "./reasons_dialog";
import { SkipDialog } from "./skip_dialog";
import { TileView } from "./tile_view";
import { ToldPanel } from "./told_panel";
import { Toolbar } from "./toolbar";
import { ViewerDialog } from "./viewer_dialog";

/** Space around and between tiles; `--gap` in grid.css. */
const GAP_PX = 10;

export interface CampaignFacts {
  readonly name: string;
  readonly pageSize: number;
  readonly instructions: string;
  /** The list of the person's own pages. */
  readonly mineUrl: string;
  /** The cards of what the person called incorrect or unsure, where there are some. */
  readonly errorsUrl?: string;
  /** How many pages a person may hold at once. */
  readonly openPagesCap: number;
}

interface GridProps {
  readonly controller: GridController;
  readonly campaign: CampaignFacts;
  /** Keeps the person's own keys; null where nobody does. */
  readonly settings?: PersonalSettings | null;
}

/** The closed help leaves the focus to no one; the tile that keys label takes it. */
function focusCurrentTile(): void {
  document.querySelector<HTMLElement>(".tile[data-current] .tile__face")?.focus();
}

export function GridView({ controller, campaign, settings = null }: GridProps) {
  useKeys(controller);
  const desk = useMemo(() => deskOfGrid(controller), [controller]);
  return (
    <>
      <Toolbar controller={controller} campaign={campaign} />
      <NoticeBar controller={controller} />
      <WithNeuron controller={controller} onClosed={focusCurrentTile}>
        <Tiles controller={controller} pageSize={campaign.pageSize} />
      </WithNeuron>
      <HelpDialog
        controller={controller}
        instructions={campaign.instructions}
        onClosed={focusCurrentTile}
      />
      <KeysDialog controller={controller} settings={settings} onClosed={focusCurrentTile} />
      <SkipDialog controller={controller} onClosed={focusCurrentTile} />
      <DetailsDialog desk={desk} onClosed={focusCurrentTile} />
      <ReasonsDialog controller={controller} onClosed={focusCurrentTile} />
      <ToldPanel controller={controller} />
      <ViewerDialog controller={controller} onClosed={focusCurrentTile} />
    </>
  );
}

function Tiles({
  controller,
  pageSize,
}: {
  readonly controller: GridController;
  readonly pageSize: number;
}) {
  const area = useRef<HTMLDivElement>(null);
  const session = controller.session.value;
  const count = session?.tiles.length ?? pageSize;
  useLayout(area, count, depthShown(controller), controller);
  const { columns, tilePx } = controller.layout.value;
  const style = { "--columns": String(columns), "--tile": `${tilePx}px` };
  const empty = controller.phase.value === "opening" ? pageSize : 0;
  return (
    <div ref={area} class="tiles-area">
      <div
        class="tiles"
        style={style}
        aria-busy={session === null}
        data-birds-eye={controller.look.birdsEye.value ? "" : undefined}
        data-all-slices={controller.look.allSlices.value ? "" : undefined}
      >
        {session === null
          ? Array.from({ length: empty }, (_, index) => <EmptyTile key={index} />)
          : session.tiles.map((tile, index) => (
              <TileView
                key={index}
                controller={controller}
                session={session}
                tile={tile}
                index={index}
              />
            ))}
      </div>
    </div>
  );
}

function EmptyTile() {
  return (
    <div class="tile" data-status="loading">
      <span class="tile__loading" />
    </div>
  );
}

/** How many slices each tile shows; as far as they are known, the most that any does. */
function depthShown({ look, session }: GridController): number {
  const tiles = look.allSlices.value ? (session.value?.tiles ?? []) : [];
  return Math.max(1, ...tiles.map((tile) => tile.depth.value));
}

/** Chooses the layout anew whenever the area, the number of tiles or what is wanted changes. */
function useLayout(
  area: { readonly current: HTMLDivElement | null },
  count: number,
  depth: number,
  controller: GridController,
): void {
  const birdsEye = controller.look.birdsEye.value;
  const columns = controller.look.columns.value;
  useEffect(() => {
    const element = area.current;
    if (element === null) {
      return undefined;
    }
    const measure = () => {
      const width = element.clientWidth - 2 * GAP_PX;
      const height = element.clientHeight - 2 * GAP_PX;
      const size = [width, height, GAP_PX] as const;
      if (birdsEye) {
        controller.layout.value = birdsEyeLayout(count, ...size);
      } else {
        const wanted =
          columns === null ? chooseLayout(count, ...size) : columnLayout(columns, ...size);
        controller.layout.value = sheetLayout(wanted, depth, ...size);
      }
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [count, depth, birdsEye, columns]);
}

function useKeys(controller: GridController): void {
  // Before anything is to be seen: a key that is pressed at once counts.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = actionOf(event, controller.keys);
      if (action !== null) {
        event.preventDefault();
        controller.act(action);
      }
    };
    // A held or released Space clicks in some browsers even where its first press was taken.
    const unclick = (event: KeyboardEvent) => {
      if (wouldClickTile(event)) {
        event.preventDefault();
      }
    };
    const note = () => controller.session.value?.noteActivity();
    document.addEventListener("pointerdown", note, { passive: true });
    document.addEventListener("keydown", press);
    document.addEventListener("keydown", unclick);
    document.addEventListener("keyup", unclick);
    return () => {
      document.removeEventListener("pointerdown", note);
      document.removeEventListener("keydown", press);
      document.removeEventListener("keydown", unclick);
      document.removeEventListener("keyup", unclick);
    };
  }, [controller]);
}
