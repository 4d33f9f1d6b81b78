import { describe, expect, it } from "vitest";

import { FrameError, FrameReader, readFrames, type Frame } from "./frames";
import { bytesOf, encodeFrame, joinBytes } from "./testing";

const FIRST = encodeFrame({ part: "page", name: "Größe" }, bytesOf("abc"));
const SECOND = encodeFrame({ part: "middle" });
const BOTH = joinBytes(FIRST, SECOND);

function expectBoth(frames: Frame[]): void {
  expect(frames.map((frame) => frame.header)).toEqual([
    { part: "page", name: "Größe" },
    { part: "middle" },
  ]);
  expect([...(frames[0]?.payload ?? [])]).toEqual([...bytesOf("abc")]);
  expect(frames[1]?.payload.length).toBe(0);
}

describe("FrameReader", () => {
  it("reads frames whatever the size of the chunks", () => {
    for (let size = 1; size <= BOTH.length; size += 1) {
      const reader = new FrameReader();
      const frames: Frame[] = [];
      for (let at = 0; at < BOTH.length; at += size) {
        frames.push(...reader.push(BOTH.subarray(at, at + size)));
      }
      reader.finish();
      expectBoth(frames);
    }
  });

  it("gives a frame as soon as its last byte is there", () => {
    const reader = new FrameReader();
    expect(reader.push(BOTH.subarray(0, FIRST.length - 1))).toHaveLength(0);
    expect(reader.push(BOTH.subarray(FIRST.length - 1, FIRST.length))).toHaveLength(1);
  });

  it("says when the bytes end within a frame", () => {
    for (const length of [4, 8, 20, FIRST.length - 1]) {
      const reader = new FrameReader();
      reader.push(FIRST.subarray(0, length));
      expect(() => reader.finish()).toThrow(FrameError);
    }
  });

  it("refuses bytes that are not frames", () => {
    expect(() => new FrameReader().push(bytesOf("<!DOCTYPE html>"))).toThrow(/not a frame/);
    expect(() => new FrameReader().push(encodeFrame("{broken"))).toThrow(/not JSON/);
  });
});

describe("readFrames", () => {
  it("reads a stream to its end", async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(BOTH.subarray(0, 5));
        controller.enqueue(BOTH.subarray(5));
        controller.close();
      },
    });
    const frames: Frame[] = [];
    for await (const frame of readFrames(stream)) {
      frames.push(frame);
    }
    expectBoth(frames);
  });
});
