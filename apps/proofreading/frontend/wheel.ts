/** Turns wheel movements into slice steps: a notch of a mouse or a short stroke on a trackpad. */

const STEP_PX = 50;
const LINE_PX = 20;

export class WheelSteps {
  private rest = 0;

  /** Whole steps for this movement; what is left of it counts towards the next. */
  add(event: Pick<WheelEvent, "deltaY" | "deltaMode">): number {
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL;
    const delta = pixels ? event.deltaY : event.deltaY * LINE_PX;
    if (Math.sign(delta) !== Math.sign(this.rest)) {
      this.rest = 0;
    }
    this.rest += delta;
    // A notch of a mouse wheel is 100 pixels or more and means one slice.
    if (Math.abs(delta) >= 2 * STEP_PX) {
      this.rest = 0;
      return Math.sign(delta);
    }
    const steps = Math.trunc(this.rest / STEP_PX);
    this.rest -= steps * STEP_PX;
    return steps === 0 ? 0 : steps;
  }
}
