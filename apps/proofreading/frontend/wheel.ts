/** Turns wheel movements into slice steps: a notch of a mouse or a short stroke on a trackpad. */

const STEP_PX = 50;
const LINE_PX = 20;

export class WheelSteps {
  private rest = 0;

  /** −1, 0 or 1 step for this movement; what is left of it counts towards the next. */
  add(event: Pick<WheelEvent, "deltaY" | "deltaMode">): number {
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL;
    const delta = pixels ? event.deltaY : event.deltaY * LINE_PX;
    // A notch of a mouse wheel moves far and means one slice.
    if (Math.abs(delta) >= STEP_PX) {
      this.rest = 0;
      return Math.sign(delta);
    }
    if (Math.sign(delta) !== Math.sign(this.rest)) {
      this.rest = 0;
    }
    this.rest += delta;
    if (Math.abs(this.rest) < STEP_PX) {
      return 0;
    }
    this.rest -= Math.sign(delta) * STEP_PX;
    return Math.sign(delta);
  }
}
