/** The fingers on the picture: two of them move it and zoom it together. */

import type { Spot } from "../drawing/slice_mask";

/** What two fingers did: the picture under `from` goes to `to`, `factor` times as large. */
export interface Pinched {
  readonly factor: number;
  readonly from: Spot;
  readonly to: Spot;
}

/** So near to each other, in pixels, fingers say nothing of a size. */
const LEAST_APART = 8;

export class Fingers {
  private readonly places = new Map<number, Spot>();

  get count(): number {
    return this.places.size;
  }

  down(id: number, place: Spot): void {
    this.places.set(id, place);
  }

  up(id: number): void {
    this.places.delete(id);
  }

  /** What a finger's way does to the picture; null where fewer than two, or others, are on it. */
  move(id: number, place: Spot): Pinched | null {
    const before = this.firstTwo();
    if (!this.places.has(id)) {
      return null;
    }
    this.places.set(id, place);
    const after = this.firstTwo();
    if (before === null || after === null) {
      return null;
    }
    const [wide, wider] = [apart(before), apart(after)];
    const factor = wide < LEAST_APART || wider < LEAST_APART ? 1 : wider / wide;
    return { factor, from: middle(before), to: middle(after) };
  }

  private firstTwo(): readonly [Spot, Spot] | null {
    const [first, second] = [...this.places.values()];
    return first === undefined || second === undefined ? null : [first, second];
  }
}

function apart([one, other]: readonly [Spot, Spot]): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function middle([one, other]: readonly [Spot, Spot]): Spot {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

/** What is done with the picture by one hand, with a mouse, a pen, or a finger. */
export interface Hand {
  press(event: PointerEvent): void;
  moved(event: PointerEvent): void;
  release(): void;
  /** It did not mean to draw: what goes on leaves nothing. */
  giveUp(): void;
  pinch(pinched: Pinched): void;
  pixelOf(event: PointerEvent): Spot;
}

/** A finger that moves less, in CSS pixels, rests: a second one may be about to come. */
const SLACK_PX = 4;

/** One finger draws; two move the picture and zoom it, and draw nothing. */
export class Touch {
  private readonly fingers = new Fingers();
  /** The first finger is down and has done nothing yet. */
  private waiting: PointerEvent | null = null;
  private isPinching = false;

  constructor(private readonly hand: Hand) {}

  down(event: PointerEvent): void {
    event.preventDefault();
    this.fingers.down(event.pointerId, this.hand.pixelOf(event));
    if (this.fingers.count === 1) {
      this.waiting = event;
      return;
    }
    this.waiting = null;
    if (!this.isPinching) {
      this.isPinching = true;
      this.hand.giveUp();
    }
  }

  move(event: PointerEvent): void {
    const pinched = this.fingers.move(event.pointerId, this.hand.pixelOf(event));
    if (this.isPinching) {
      if (pinched !== null) {
        this.hand.pinch(pinched);
      }
      return;
    }
    if (this.waiting !== null && distance(this.waiting, event) > SLACK_PX) {
      this.begin();
    }
    if (this.waiting === null) {
      this.hand.moved(event);
    }
  }

  up(event: PointerEvent): void {
    this.fingers.up(event.pointerId);
    if (this.isPinching) {
      this.isPinching = this.fingers.count > 0; // the finger that is left draws nothing
      return;
    }
    this.begin();
    this.hand.release();
  }

  /** The browser has taken the finger for something of its own. */
  cancel(event: PointerEvent): void {
    this.fingers.up(event.pointerId);
    this.waiting = null;
    this.isPinching &&= this.fingers.count > 0;
    this.hand.giveUp();
  }

  private begin(): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting !== null) {
      this.hand.press(waiting);
    }
  }
}

function distance(one: PointerEvent, other: PointerEvent): number {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}
