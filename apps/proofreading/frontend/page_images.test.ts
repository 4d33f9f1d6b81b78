import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Frame } from "../../core/frontend/frames";
import { HttpError, NetworkError } from "../../core/frontend/http";
import { parseLease, type PagePart } from "./contract";
import { DAMAGED_PICTURE, PageImages } from "./page_images";
import {
  FakeBitmap,
  itemsIn,
  pageFrame,
  pendingFrame,
  slicesFrame,
  unreadableFrame,
  URLS,
} from "./testing";
import { TileModel } from "./tile_model";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("createImageBitmap", async () => new FakeBitmap());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

type Answer = (items: number[]) => Frame[];

const middles: Answer = (items) => items.map((item) => slicesFrame("middle", item));
const rests: Answer = (items) => items.map((item) => slicesFrame("rest", item));

/** Images of a page with these items; each request takes the next answer, then the default. */
function pageOf(
  items: number[],
  answers: { tiles?: Answer[]; stacks?: Answer[] } = {},
  cutouts: Record<number, string> = {},
) {
  const page = parseLease(pageFrame(items, 1, {}, cutouts).header) as PagePart;
  const tiles = page.tiles.map((start) => new TileModel(start));
  const asked: string[] = [];
  const troubles: unknown[] = [];
  async function* fetchFrames(url: string): AsyncGenerator<Frame> {
    asked.push(url);
    const which = url.startsWith(URLS.tiles) ? "tiles" : "stacks";
    const answer = answers[which]?.shift() ?? (which === "tiles" ? middles : rests);
    yield* answer(itemsIn(url));
  }
  const images = new PageImages(tiles, URLS, fetchFrames, (error) => troubles.push(error));
  const [first, second] = tiles;
  if (first === undefined || second === undefined) {
    throw new Error("The tests below look at two tiles.");
  }
  return { images, first, second, asked, troubles };
}

describe("PageImages", () => {
  it("paints the middles of the lease, then asks once for all other slices", async () => {
    const { images, first, second, asked } = pageOf([1, 2]);
    images.accept(slicesFrame("middle", 1));
    images.accept(slicesFrame("middle", 2));
    expect(first.status.value.kind).toBe("ready");
    expect(first.slice.value).toBe(2);
    images.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual(["/stacks?items=1,2"]);
    expect(first.stack.value?.complete).toBe(true);
    expect(second.stack.value?.complete).toBe(true);
  });

  it("marks a tile that cannot be read and asks for it again, less and less often", async () => {
    const again: Answer = () => [unreadableFrame(2)];
    const { images, second, asked } = pageOf([1, 2], { tiles: [again, again] });
    images.accept(slicesFrame("middle", 1));
    images.accept(unreadableFrame(2));
    images.start();
    expect(second.status.value).toMatchObject({ kind: "unreadable" });
    await vi.advanceTimersByTimeAsync(4900);
    expect(asked).toEqual(["/stacks?items=1"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked.slice(1)).toEqual(["/tiles?items=2"]);
    await vi.advanceTimersByTimeAsync(9500);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(600);
    expect(asked).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(second.status.value.kind).toBe("ready");
    expect(second.stack.value?.complete).toBe(true);
  });

  it("asks at once when the person wants it", async () => {
    const { images, second, asked } = pageOf([1, 2]);
    images.accept(slicesFrame("middle", 1));
    images.accept(unreadableFrame(2));
    images.start();
    await vi.advanceTimersByTimeAsync(100);
    images.retryNow(second);
    expect(second.status.value.kind).toBe("loading");
    await vi.advanceTimersByTimeAsync(100);
    expect(asked[1]).toBe("/tiles?items=2");
    expect(second.status.value.kind).toBe("ready");
  });

  it("waits for a tile that is still being rendered without calling it unreadable", async () => {
    const { images, second } = pageOf([1, 2]);
    images.accept(slicesFrame("middle", 1));
    images.accept(pendingFrame(2));
    images.start();
    expect(second.status.value.kind).toBe("loading");
    await vi.advanceTimersByTimeAsync(1100);
    expect(second.status.value.kind).toBe("ready");
  });

  it("asks for what a lease that broke off did not bring", async () => {
    const { images, second, asked } = pageOf([1, 2]);
    images.accept(slicesFrame("middle", 1));
    images.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(asked[0]).toBe("/tiles?items=2");
    expect(second.status.value.kind).toBe("ready");
  });

  it("keeps the middle in view while the rest of a stack cannot be read", async () => {
    const { images, first } = pageOf([1, 2], { stacks: [() => [unreadableFrame(1)]] });
    images.accept(slicesFrame("middle", 1));
    images.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(first.status.value.kind).toBe("ready");
    expect(first.restTrouble.value).toBe("The image volume does not answer.");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.restTrouble.value).toBeNull();
    expect(first.stack.value?.complete).toBe(true);
  });

  describe("two tiles at one place", () => {
    const cutouts = { 1: "key-1", 2: "key-1" };
    const both = { tiles: [() => [slicesFrame("middle", 1), slicesFrame("middle", 1)]] };

    it("shows the picture in both, whether it comes once or twice", async () => {
      const { images, first, second, asked } = pageOf([1, 2], {}, cutouts);
      images.accept(slicesFrame("middle", 1));
      images.accept(slicesFrame("middle", 1));
      expect([first.status.value.kind, second.status.value.kind]).toEqual(["ready", "ready"]);
      images.start();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked).toHaveLength(1);
      expect(first.stack.value?.complete).toBe(true);
      expect(second.stack.value?.complete).toBe(true);
      expect(first.stack.value).not.toBe(second.stack.value);
    });

    it("brings both when the lease brought neither", async () => {
      const { images, first, second } = pageOf([1, 2], both, cutouts);
      images.start();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(first.stack.value?.complete).toBe(true);
      expect(second.stack.value?.complete).toBe(true);
    });

    it("counts the failure that both are told of once, and asks again for both", async () => {
      const { images, first, second, asked } = pageOf([1, 2], both, cutouts);
      images.accept(unreadableFrame(1));
      images.accept(unreadableFrame(1));
      expect([first.status.value.kind, second.status.value.kind]).toEqual([
        "unreadable",
        "unreadable",
      ]);
      images.start();
      await vi.advanceTimersByTimeAsync(4900);
      expect(asked).toEqual([]);
      await vi.advanceTimersByTimeAsync(200);
      expect(asked[0]).toBe("/tiles?items=1,2");
      expect([first.status.value.kind, second.status.value.kind]).toEqual(["ready", "ready"]);
    });

    it("brings back the one whose picture was damaged and leaves the other", async () => {
      const decode = vi.fn(async () => new FakeBitmap());
      decode.mockRejectedValueOnce(new DOMException("damaged", "InvalidStateError"));
      vi.stubGlobal("createImageBitmap", decode);
      const { images, first, second } = pageOf([1, 2], {}, cutouts);
      images.accept(slicesFrame("middle", 1));
      await vi.advanceTimersByTimeAsync(1);
      expect([first.status.value.kind, second.status.value.kind]).toEqual(["unreadable", "ready"]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(first.stack.value?.complete).toBe(true);
      expect(second.stack.value?.complete).toBe(true);
    });
  });

  it("goes on by itself after a lost network", async () => {
    const lost: Answer = () => {
      throw new NetworkError("The server cannot be reached.");
    };
    const { images, first, troubles } = pageOf([1, 2], { tiles: [lost, lost] });
    images.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.stack.value?.complete).toBe(true);
    expect(troubles).toEqual([]);
  });

  it("stops for a trouble that asking again does not mend, until it is resumed", async () => {
    const ended = new HttpError(403, "login_needed", "Log in.");
    const refuse: Answer = () => {
      throw ended;
    };
    const { images, first, asked, troubles } = pageOf([1, 2], { tiles: [refuse] });
    images.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(troubles).toEqual([ended]);
    expect(asked).toHaveLength(1);
    images.resume();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.stack.value?.complete).toBe(true);
  });

  it("marks a tile whose picture is damaged and brings it again", async () => {
    const decode = vi.fn(async () => new FakeBitmap());
    decode.mockRejectedValueOnce(new DOMException("damaged", "InvalidStateError"));
    vi.stubGlobal("createImageBitmap", decode);
    const { images, first } = pageOf([1, 2]);
    images.accept(slicesFrame("middle", 1));
    await vi.advanceTimersByTimeAsync(1);
    expect(first.status.value).toEqual({ kind: "unreadable", sentence: DAMAGED_PICTURE });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.status.value.kind).toBe("ready");
  });

  it("asks nothing more and frees everything once the page is turned", async () => {
    const { images, first, asked } = pageOf([1, 2]);
    images.accept(slicesFrame("middle", 1));
    await vi.advanceTimersByTimeAsync(0);
    expect(first.stack.value?.picture(2)).not.toBeNull();
    images.start();
    images.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual([]);
    expect(first.stack.value?.picture(2)).toBeNull();
  });
});
