/** The picture of a card: its slices with mask and points, or why there is none. */

import { useEffect, useRef } from "preact/hooks";

import { GridLook } from "../../look";
import { TilePainter } from "../../tile_painter";
import { WheelSteps } from "../../wheel";
import type { Card } from "../card";
import type { CardsController } from "../cards_controller";

/** Cards are looked at a slice at a time. */
const LOOK = new GridLook();

interface PictureProps {
  readonly controller: CardsController;
  readonly card: Card;
}

export function CardPicture({ controller, card }: PictureProps) {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const images = controller.pictures.imagesOf(card.tile);
  useEffect(() => {
    if (canvas.current === null || images === null) {
      return undefined;
    }
    const painter = new TilePainter(canvas.current, card.tile, controller.overlay, images, LOOK);
    return () => painter.stop();
  }, [card, images]);
  useSlicesByWheel(place, controller, card);
  const { tile } = card;
  const status = tile.status.value;
  const depth = tile.depth.value;
  const slice = tile.drawn.value;
  return (
    <div ref={place} class="card-error__picture" data-status={status.kind}>
      <canvas ref={canvas} class="tile__canvas" />
      {depth > 0 && slice !== null && (
        <>
          <span class="tile__slice" title={tile.restTrouble.value ?? undefined}>
            {tile.restTrouble.value === null ? "" : "⚠ "}
            <span class="visually-hidden">Slice </span>
            {slice + 1}/{depth}
          </span>
          <span class="tile__bar" aria-hidden="true">
            <span style={{ width: `${100 / depth}%`, left: `${(100 * slice) / depth}%` }} />
          </span>
        </>
      )}
      {status.kind === "loading" && (
        <span class="tile__loading" role="status" aria-label="Loading" />
      )}
      {status.kind === "unreadable" && (
        <div class="tile__trouble" role="alert">
          <span class="tile__trouble-sign" aria-hidden="true">
            ⚠
          </span>
          <p>{status.sentence}</p>
          <button
            type="button"
            class="button"
            title={controller.keys.titled("Ask again for the picture", "retry")}
            onClick={() => images?.retryNow(tile)}
          >
            Retry
          </button>
        </div>
      )}
    </div>
  );
}

/** The listener is not passive: the row must not scroll as well. */
function useSlicesByWheel(
  place: { readonly current: HTMLDivElement | null },
  controller: CardsController,
  card: Card,
): void {
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return undefined;
    }
    const wheel = new WheelSteps();
    const turn = (event: WheelEvent) => {
      if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        return; // zooming, or scrolling the row
      }
      event.preventDefault();
      const steps = wheel.add(event);
      if (steps !== 0) {
        controller.step(card, steps);
      }
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [card]);
}
