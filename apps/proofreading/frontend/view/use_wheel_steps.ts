/** Steps of the wheel over an element. */

import { useEffect } from "preact/hooks";

import { WheelSteps } from "../wheel";

/**
 * Tells `step` of each one, forwards as positive. `isOther` says of which movements something else
 * is made: they are left alone. The listener is not passive: nothing must scroll as well. It lasts
 * as long as `of` stays the same.
 */
export function useWheelSteps<Place extends HTMLElement>(
  place: { readonly current: Place | null },
  of: unknown,
  step: (steps: number, element: Place) => void,
  isOther: (event: WheelEvent, element: Place) => boolean,
): void {
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return undefined;
    }
    const wheel = new WheelSteps();
    const turn = (event: WheelEvent) => {
      if (isOther(event, element)) {
        return;
      }
      event.preventDefault();
      const steps = wheel.add(event);
      if (steps !== 0) {
        step(steps, element);
      }
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [of]);
}
