/** The picture of a card: its slices with mask and points, or why there is none. */

import { useEffect, useRef } from "preact/hooks";

import { Trouble } from "../../details/tile_trouble";
import { GridLook } from "../../look";
import type { TileModel } from "../../tile_model";
import { TilePainter } from "../../tile_painter";
import { SlicePosition } from "../../view/slice_position";
import { useWheelSteps } from "../../view/use_wheel_steps";
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
    const painter = new TilePainter(canvas.current, controller.overlay, LOOK);
    painter.follow(card.tile, images);
    return () => painter.stop();
  }, [card, images]);
  const { tile } = card;
  useWheelSteps(
    place,
    card,
    (steps) => controller.step(card, steps),
    // Zooming, or scrolling the row.
    (event) => event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY),
  );
  return (
    <div ref={place} class="card-error__picture" data-status={tile.status.value.kind}>
      <canvas ref={canvas} class="tile__canvas" />
      <SlicePosition tile={tile} isToldElsewhere={false} />
      <Openers controller={controller} card={card} />
      <Trouble tile={tile} keys={controller.keys} retry={() => images?.retryNow(tile)} />
    </div>
  );
}

/** As on tiles; the keys do the same. */
function Openers({ controller, card }: PictureProps) {
  const { keys, windows, deck, focused } = controller;
  const { tile } = card;
  const open = (window: { open(subject: TileModel): void }) => {
    focused.value = deck.shown.value.indexOf(card);
    window.open(tile);
  };
  const tabIndex = controller.card.value === card ? 0 : -1;
  const name = `synapse ${tile.position + 1}`;
  return (
    <>
      <button
        type="button"
        class="tile__details"
        tabIndex={tabIndex}
        title={keys.titled("In detail", "details")}
        aria-label={`Detail of ${name}`}
        onClick={() => open(windows.details)}
      >
        ⤢
      </button>
      <button
        type="button"
        class="tile__viewer"
        tabIndex={tabIndex}
        title={keys.titled("Open in Neuroglancer", "viewer")}
        aria-label={`3D view of ${name}, in Neuroglancer`}
        onClick={() => open(windows.viewer)}
      >
        3D
      </button>
    </>
  );
}
