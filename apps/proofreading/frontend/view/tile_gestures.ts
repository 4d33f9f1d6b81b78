/** What mouse and trackpad do on the face of a tile, beside clicks. */

import { useEffect, useRef } from "preact/hooks";

import type { GridController } from "../grid_controller";
import { magnify, pan } from "../magnifier";
import type { TileModel } from "../tile_model";
import { useWheelSteps } from "./use_wheel_steps";

interface Face {
  readonly current: HTMLButtonElement | null;
}

/** A hand that clicks moves the pointer less than this. */
const DRAG_PX = 5;
/** Pixels of a wheel for one step of magnifying; a pinch sends few at a time. */
const MAGNIFY_PX = 100;

/**
 * Steps slices with the wheel, which also makes the tile the one that keys label; with Ctrl, and by
 * a pinch, which browsers tell of so, the picture is magnified.
 */
export function useWheel(face: Face, controller: GridController, tile: TileModel): void {
  const step = (steps: number, element: HTMLButtonElement) => {
    element.focus({ preventScroll: true });
    controller.judging.step(tile, steps);
  };
  const isOther = (event: WheelEvent, element: HTMLButtonElement) => {
    if (event.ctrlKey && event.deltaY !== 0) {
      event.preventDefault();
      const most = Math.min(MAGNIFY_PX, Math.max(-MAGNIFY_PX, event.deltaY));
      tile.view.value = magnify(tile.view.value, -most / MAGNIFY_PX, placeOf(event, element));
    }
    return event.ctrlKey || event.deltaY === 0; // scrolling sideways
  };
  useWheelSteps(face, tile, step, isOther);
}

/** Moves a magnified picture under the pointer. Gives whether the click that comes is that of such a
    drag, and labels nothing; the next one, perhaps by a key, does. */
export function useDrag(face: Face, tile: TileModel): () => boolean {
  const wasDrag = useRef(false);
  useEffect(() => {
    const element = face.current;
    if (element === null) {
      return undefined;
    }
    let from: { readonly x: number; readonly y: number } | null = null;
    const press = (event: PointerEvent) => {
      wasDrag.current = false;
      const isMagnified = tile.view.value.scale > 1;
      from = event.button === 0 && isMagnified ? { x: event.clientX, y: event.clientY } : null;
    };
    const move = (event: PointerEvent) => {
      if (from === null) {
        return;
      }
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!wasDrag.current && Math.hypot(dx, dy) < DRAG_PX) {
        return;
      }
      if (!wasDrag.current) {
        wasDrag.current = true;
        element.setPointerCapture(event.pointerId);
      }
      const { clientWidth, clientHeight } = element;
      tile.view.value = pan(tile.view.value, -dx / clientWidth, -dy / clientHeight);
      from = { x: event.clientX, y: event.clientY };
    };
    const end = () => {
      from = null;
    };
    const listeners = { pointerdown: press, pointermove: move, pointerup: end, pointercancel: end };
    for (const [name, listener] of Object.entries(listeners)) {
      element.addEventListener(name, listener as EventListener);
    }
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        element.removeEventListener(name, listener as EventListener);
      }
    };
  }, [tile]);
  return () => {
    const { current } = wasDrag;
    wasDrag.current = false;
    return current;
  };
}

/** Where the pointer is, as fractions of the tile. */
function placeOf(event: WheelEvent, element: HTMLElement): { x: number; y: number } {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
}
