import { beforeEach, expect, it } from "vitest";

import { Fingers, Touch, type Hand, type Pinched } from "./fingers";

const at = (x: number, y: number) => ({ x, y });

it("Two fingers say how the picture moves and how much larger it is", () => {
  const fingers = new Fingers();
  fingers.down(1, at(100, 100));
  expect(fingers.move(1, at(110, 100))).toBeNull(); // one alone says nothing
  fingers.down(2, at(210, 100));
  expect(fingers.move(2, at(310, 100))).toEqual({ factor: 2, from: at(160, 100), to: at(210, 100) });
  expect(fingers.move(3, at(0, 0))).toBeNull();
  fingers.down(3, at(0, 0));
  expect(fingers.move(3, at(50, 50))?.factor).toBe(1); // a third one changes nothing
  fingers.up(1);
  fingers.up(3);
  expect(fingers.move(2, at(0, 0))).toBeNull();
});

it("Fingers that lie over each other do not throw the picture away", () => {
  const fingers = new Fingers();
  fingers.down(1, at(50, 50));
  fingers.down(2, at(50, 50));
  expect(fingers.move(2, at(250, 50))?.factor).toBe(1);
});

let done: string[];
let pinches: Pinched[];
let touch: Touch;

beforeEach(() => {
  done = [];
  pinches = [];
  const hand: Hand = {
    press: ({ clientX }) => done.push(`press ${clientX}`),
    moved: ({ clientX }) => done.push(`move ${clientX}`),
    release: () => done.push("release"),
    giveUp: () => done.push("give up"),
    pinch: (pinched) => pinches.push(pinched),
    pixelOf: ({ clientX, clientY }) => at(clientX, clientY),
  };
  touch = new Touch(hand);
});

function finger(pointerId: number, clientX: number, clientY = 0): PointerEvent {
  return new PointerEvent("pointermove", { pointerId, clientX, clientY });
}

it("One finger draws from where it was put down, and a tap is a click", () => {
  touch.down(finger(1, 10));
  touch.move(finger(1, 12));
  expect(done).toEqual([]); // it may be the first of two
  touch.move(finger(1, 20));
  touch.move(finger(1, 30));
  touch.up(finger(1, 30));
  expect(done).toEqual(["press 10", "move 20", "move 30", "release"]);
  done = [];
  touch.down(finger(1, 5));
  touch.up(finger(1, 5));
  expect(done).toEqual(["press 5", "release"]);
});

it("Two fingers draw nothing, neither the one that came first nor the one that is left", () => {
  touch.down(finger(1, 10));
  touch.down(finger(2, 110));
  touch.move(finger(2, 210));
  touch.up(finger(1, 10));
  touch.move(finger(2, 400));
  touch.up(finger(2, 400));
  expect(done).toEqual(["give up"]);
  expect(pinches).toEqual([{ factor: 2, from: at(60, 0), to: at(110, 0) }]);
  touch.down(finger(3, 7));
  touch.up(finger(3, 7));
  expect(done).toEqual(["give up", "press 7", "release"]);
});

it("What a finger was drawing when the second came, or the browser took it, is given up", () => {
  touch.down(finger(1, 10));
  touch.move(finger(1, 40));
  touch.down(finger(2, 110));
  expect(done).toEqual(["press 10", "move 40", "give up"]);
  touch.up(finger(1, 40));
  touch.up(finger(2, 110));
  done = [];
  touch.down(finger(1, 10));
  touch.cancel(finger(1, 10));
  expect(done).toEqual(["give up"]);
});
