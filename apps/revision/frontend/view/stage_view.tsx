/** The picture that is drawn on, with what lies over it: scale, place, what the person is told. */

import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { scaleBar } from "../../../proofreading/frontend/details/scale_bar";
import type { EaselSession } from "../easel_session";
import type { ReviseController } from "../revise_controller";
import { Stage } from "../stage/stage";
import { ClashBar } from "./clash_bar";

const LONGEST_BAR_PX = 160;

interface StageProps {
  readonly revise: ReviseController;
  readonly session: EaselSession;
}

export function StageView({ revise, session }: StageProps) {
  const place = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const stage = useMemo(() => signal<Stage | null>(null), [session]);
  useEffect(() => {
    if (place.current === null || below.current === null || above.current === null) {
      return undefined;
    }
    const canvases = [below.current, above.current] as const;
    const made = new Stage(place.current, canvases, session, () => revise.noteActivity());
    stage.value = made;
    revise.stage = made;
    place.current.focus({ preventScroll: true });
    return () => {
      made.stop();
      revise.stage = null;
    };
  }, [revise, session]);
  const { board, book } = session;
  const slice = book.slice.value;
  const tool = board.tool.value;
  return (
    <div class="stage">
      <div
        ref={place}
        class="stage__place"
        tabIndex={0}
        role="application"
        aria-roledescription="picture to draw on"
        aria-label={`Slice ${book.chosen.value + 1} of ${book.slices.length}`}
        aria-describedby="stage-help"
        data-tool={stage.value?.isPanning.value === true || board.isMoving.value ? "pan" : tool}
      >
        <canvas ref={below} class="stage__below" aria-hidden="true" />
        <canvas ref={above} class="stage__above" aria-hidden="true" />
      </div>
      <p id="stage-help" class="visually-hidden">
        Arrow keys move a pointer by a voxel, with Shift by ten; Enter does what a click does.
      </p>
      <div class="stage__foot">
        <Place session={session} />
        {stage.value !== null && <Bar stage={stage.value} />}
        {stage.value !== null && <Cross stage={stage.value} session={session} />}
      </div>
      <p class="stage__told" role="status">
        {board.told.value}
      </p>
      {slice.clash.value !== null && (
        <ClashBar session={session} slice={slice} clash={slice.clash.value} />
      )}
    </div>
  );
}

/** Which slice it is, and which voxel lies under the pointer. */
function Place({ session }: { readonly session: EaselSession }) {
  const { board, book, easel } = session;
  const [loX = 0, loY = 0] = easel.box.lo;
  const { z } = book.slice.value;
  const spot = board.pointer.value;
  const isOver =
    spot !== null && board.shown.value.has(Math.floor(spot.x), Math.floor(spot.y));
  const nm = Math.round((z - easel.middle_z) * (easel.resolution_nm[2] ?? 1));
  return (
    <span class="stage__where">
      <b>
        Slice {book.chosen.value + 1}/{book.slices.length}
      </b>{" "}
      {nm === 0 ? "middle" : `${nm > 0 ? "+" : "−"}${Math.abs(nm)} nm`}
      {isOver && (
        <span class="stage__voxel">
          {" "}
          · voxel {loX + Math.floor(spot.x)}, {loY + Math.floor(spot.y)}, {z}
        </span>
      )}
    </span>
  );
}

/** Where the keys have brought the pointer, for who hears and does not see it. */
function Cross({ stage, session }: { readonly stage: Stage; readonly session: EaselSession }) {
  const { book, easel, board } = session;
  const [loX = 0, loY = 0] = easel.box.lo;
  const spot = stage.cross.value;
  const at = spot === null ? null : { x: Math.floor(spot.x), y: Math.floor(spot.y) };
  return (
    <span class="visually-hidden" role="status">
      {at !== null &&
        `Voxel ${loX + at.x}, ${loY + at.y}, ${book.slice.value.z}, ` +
          (board.shown.value.at(at.x, at.y) ? "in the mask" : "outside the mask")}
    </span>
  );
}

function Bar({ stage }: { readonly stage: Stage }) {
  const bar = scaleBar(stage.pxPerNm.value, LONGEST_BAR_PX);
  return bar === null ? null : (
    <span class="stage__bar">
      <i style={{ width: `${bar.px}px` }} />
      {bar.text}
    </span>
  );
}
