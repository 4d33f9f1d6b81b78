/** One tile: the slice, the label as colour, sign and word, and where in the stack one is. */

import { effect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { OpenDetails, openDetails } from "../details/open_details";
import { CannotJudge, Trouble, troubleOf } from "../details/tile_trouble";
import type { GridController } from "../grid_controller";
import { LABEL_SIGNS, LABEL_WORDS } from "../labels";
import { reasonsOf, wordsOf } from "../reasons";
import type { PageSession } from "../page_session";
import type { TileModel } from "../tile_model";
import { TilePainter } from "../tile_painter";
import { Refused } from "./refused";
import { SlicePosition } from "./slice_position";
import { useDrag, useWheel } from "./tile_gestures";

interface TileProps {
  readonly controller: GridController;
  readonly session: PageSession;
  readonly tile: TileModel;
  readonly index: number;
}

export function TileView({ controller, session, tile, index }: TileProps) {
  const face = useRef<HTMLButtonElement>(null);
  const focused = controller.focused.value === index;
  useWheel(face, controller, tile);
  const wasDrag = useDrag(face, tile);
  // Before the next key press is seen: a focus that comes late would undo the moves since. The tile
  // of the next page stands in the same place, and takes it from wherever it was.
  useLayoutEffect(() => {
    if (focused && document.activeElement !== face.current) {
      face.current?.focus({ preventScroll: false });
    }
  }, [focused, tile]);
  useEffect(() => (focused ? stayAhead(session, tile) : undefined), [focused, tile]);
  const label = tile.standing.value;
  return (
    <div
      class="tile"
      onContextMenu={(event) => {
        event.preventDefault();
        openDetails(controller, tile, index);
      }}
      data-current={focused ? "" : undefined}
      data-label={label ?? undefined}
      data-status={tile.status.value.kind}
      data-item={tile.item}
    >
      <button
        ref={face}
        type="button"
        class="tile__face"
        tabIndex={focused ? 0 : -1}
        aria-label={describe(session, tile, index)}
        aria-disabled={!tile.canBeJudged.value}
        onFocus={() => (controller.focused.value = index)}
        onClick={() => {
          controller.focused.value = index; // some browsers focus no button that is clicked
          const isOfDrag = wasDrag();
          if (controller.look.birdsEye.value) {
            controller.look.birdsEye.value = false; // too small to be judged: it is gone to
          } else if (!isOfDrag) {
            controller.judging.cycle(tile);
          }
        }}
        onPointerEnter={() => session.images.prepare(tile)}
      >
        <TilePicture controller={controller} session={session} tile={tile} />
      </button>
      {label !== null && (
        <span class="tile__label" aria-hidden="true">
          <span class="tile__sign">{LABEL_SIGNS[label]}</span>
          {LABEL_WORDS[label]}
        </span>
      )}
      {tile.locked.value !== null && (
        <span class="tile__locked" title={tile.locked.value} aria-hidden="true">
          <span class="tile__lock-reason">{tile.locked.value}</span> 🔒
        </span>
      )}
      <SlicePosition tile={tile} isToldElsewhere />
      <OpenDetails controller={controller} tile={tile} index={index} />
      <OpenViewer controller={controller} tile={tile} index={index} />
      <Reasons controller={controller} session={session} tile={tile} index={index} />
      <Refused
        class="tile__refused"
        tile={tile}
        categories={session.page.categories}
        keys={controller.keys}
        set={(said) => controller.judging.judge(tile, said)}
      />
      <Trouble tile={tile} keys={controller.keys} retry={() => session.images.retryNow(tile)}>
        <CannotJudge desk={controller} tile={tile} />
      </Trouble>
    </div>
  );
}

/** The slices that the next keys may ask for are decoded as soon as they are there. */
function stayAhead(session: PageSession, tile: TileModel): () => void {
  return effect(() => {
    void tile.decoded.value;
    session.images.prepare(tile);
  });
}

function TilePicture({ controller, session, tile }: Omit<TileProps, "index">) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<TilePainter | null>(null);
  // The canvas is kept for the tile of the next page. Before the browser paints: nothing of the last
  // synapse is seen in the place of this one.
  useLayoutEffect(() => {
    if (canvas.current === null) {
      return;
    }
    const { overlay, look } = controller;
    painter.current ??= new TilePainter(canvas.current, overlay, look);
    painter.current.follow(tile, session.images);
  }, [tile]);
  useLayoutEffect(() => () => painter.current?.stop(), []);
  return <canvas ref={canvas} class="tile__canvas" />;
}

/** What is wrong with a synapse, or the question; nothing on one that is correct. */
function Reasons({ controller, session, tile, index }: TileProps) {
  const label = tile.standing.value;
  if (label === null || label === "correct" || tile.refused.value !== null) {
    return null;
  }
  const reasons = reasonsOf(tile.said.value, session.page.categories);
  if (label === "unsure" && reasons === "") {
    return null; // it can have some, but is not asked for them
  }
  if (!tile.canBeJudged.value) {
    return reasons === "" ? null : (
      <span class="tile__reasons" title={reasons}>
        {reasons}
      </span>
    );
  }
  const explain = () => {
    controller.focused.value = index;
    controller.judging.explain(tile);
  };
  return (
    <button
      type="button"
      class="tile__reasons"
      tabIndex={controller.focused.value === index ? 0 : -1}
      title={controller.keys.titled(reasons === "" ? "Kinds of error, a note" : `${reasons} – change`, "explain")}
      onClick={explain}
    >
      {reasons === "" ? "What is wrong?" : reasons}
    </button>
  );
}

/** Opens the synapse in Neuroglancer; the key does the same, so the tab order is kept short. */
function OpenViewer({ controller, tile, index }: Omit<TileProps, "session">) {
  return (
    <button
      type="button"
      class="tile__viewer"
      tabIndex={controller.focused.value === index ? 0 : -1}
      title={controller.keys.titled("Open in Neuroglancer", "viewer")}
      aria-label={`3D view of synapse ${index + 1}, in Neuroglancer`}
      onClick={() => {
        controller.focused.value = index;
        controller.windows.viewer.open(tile);
      }}
    >
      3D
    </button>
  );
}

function describe({ tiles, page }: PageSession, tile: TileModel, index: number): string {
  const named = tile.sourceId === null ? "" : `, id ${tile.sourceId}`;
  const place = `Synapse ${index + 1} of ${tiles.length}${named}`;
  const { value: label } = tile.standing;
  const said = label === null ? "on its way" : wordsOf({ ...tile.said.value, label }, page.categories);
  if (tile.status.value.kind === "unreadable") {
    return `${place}: ${said}${troubleOf(tile)}`;
  }
  if (tile.locked.value !== null) {
    return `${place}: ${said}. ${tile.locked.value}`;
  }
  const drawn = tile.drawn.value;
  const slice = drawn === null ? "" : `, slice ${drawn + 1} of ${tile.depth.value}`;
  return `${place}: ${said}${slice}${troubleOf(tile)}`;
}
