/** The slices of a synapse, large: beside each other, or one at a time. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { CutoutStack } from "../cutout_stack";
import type { PageImages } from "../page_images";
import { isOnSlice } from "../tile_canvas";
import type { TileModel } from "../tile_model";
import { useWheelSteps } from "../view/use_wheel_steps";
import type { Desk } from "./desk";
import { scaleBar } from "./scale_bar";
import { SlicesPainter } from "./slices_painter";

const MOST_OF_WIDTH = 0.4;

interface PicturesProps {
  readonly desk: Desk;
  readonly images: PageImages;
  readonly tile: TileModel;
  readonly stack: CutoutStack;
}

export function Pictures(props: PicturesProps) {
  const isSingle = props.desk.windows.details.isSingle.value;
  return isSingle ? <SingleSlice {...props} /> : <Sheet {...props} />;
}

function Sheet({ desk, images, tile, stack }: PicturesProps) {
  const sheet = useRef<HTMLOListElement>(null);
  const width = usePainter(sheet, true, { desk, images, tile, stack });
  const chosen = tile.slice.value;
  useLayoutEffect(() => {
    sheet.current?.children[chosen]?.scrollIntoView?.({ block: "nearest" });
  }, [chosen, width]); // its place is known once it has a width
  const enlarge = (slice: number) => {
    tile.slice.value = slice;
    desk.windows.details.isSingle.value = true;
  };
  return (
    <ol ref={sheet} class="details__sheet" aria-label="All slices">
      {Array.from({ length: stack.depth }, (_, slice) => (
        <li key={slice} aria-current={slice === chosen ? "true" : undefined}>
          <div class="details__slice">
            <button
              type="button"
              aria-label={`${nameOf(stack, slice)}. Show it alone`}
              onClick={() => enlarge(slice)}
            >
              <canvas style={{ aspectRatio: String(proportion(stack)) }} />
            </button>
            <Bar stack={stack} widthPx={width} scale={1} />
          </div>
          <Caption stack={stack} slice={slice} />
        </li>
      ))}
    </ol>
  );
}

function SingleSlice({ desk, images, tile, stack }: PicturesProps) {
  const place = useRef<HTMLDivElement>(null);
  const width = usePainter(place, false, { desk, images, tile, stack });
  useWheelSteps(
    place,
    tile,
    (steps) => desk.judging.step(tile, steps),
    (event) => event.deltaY === 0 || event.ctrlKey,
  );
  useLayoutEffect(() => place.current?.scrollIntoView?.({ block: "nearest" }), []);
  const slice = tile.slice.value;
  return (
    <div class="details__single">
      <div ref={place} class="details__place">
        <div class="details__frame" style={{ "--proportion": String(proportion(stack)) }}>
          <canvas role="img" aria-label={nameOf(stack, slice)} />
          <Bar stack={stack} widthPx={width} scale={tile.view.value.scale} />
        </div>
      </div>
      <label class="details__stepper">
        <span>Slice</span>
        <input
          type="range"
          min="1"
          max={stack.depth}
          value={slice + 1}
          onInput={(event) =>
            desk.judging.step(tile, Number(event.currentTarget.value) - 1 - tile.slice.value)
          }
        />
        <Caption stack={stack} slice={slice} />
      </label>
    </div>
  );
}

function Caption({ stack, slice }: { readonly stack: CutoutStack; readonly slice: number }) {
  const { pre, post } = stack;
  return (
    <span class="details__caption">
      {slice + 1}/{stack.depth} <span class="quiet">{fromMiddle(stack, slice)}</span>{" "}
      {pre !== null && isOnSlice(pre, slice) && <b class="details__point details__point--pre">pre</b>}{" "}
      {post !== null && isOnSlice(post, slice) && (
        <b class="details__point details__point--post">post</b>
      )}
    </span>
  );
}

interface BarProps {
  readonly stack: CutoutStack;
  readonly widthPx: number;
  /** How far the picture is magnified. */
  readonly scale: number;
}

function Bar({ stack, widthPx, scale }: BarProps) {
  const pxPerNm = (widthPx * scale) / (stack.width * stack.pixelNm[0]);
  const bar = scaleBar(pxPerNm, widthPx * MOST_OF_WIDTH);
  return bar === null ? null : (
    <span class="details__bar" aria-hidden="true">
      <i style={{ width: `${bar.px}px` }} />
      {bar.text}
    </span>
  );
}

/** Width by height of a slice in the tissue, however long and wide its pixels are. */
function proportion(stack: CutoutStack): number {
  const [xNm, yNm] = stack.pixelNm;
  return (stack.width * xNm) / (stack.height * yNm);
}

/** How far the slice lies from the middle one, "+66 nm". */
function fromMiddle(stack: CutoutStack, slice: number): string {
  const nm = Math.round((slice - stack.middle) * stack.pixelNm[2] * 10) / 10;
  return nm === 0 ? "middle" : `${nm > 0 ? "+" : "−"}${Math.abs(nm)} nm`;
}

function nameOf(stack: CutoutStack, slice: number): string {
  const { pre, post } = stack;
  const points = [
    ...(pre !== null && isOnSlice(pre, slice) ? ["presynaptic point"] : []),
    ...(post !== null && isOnSlice(post, slice) ? ["postsynaptic point"] : []),
  ];
  const place = `Slice ${slice + 1} of ${stack.depth}, ${fromMiddle(stack, slice)}`;
  return [place, ...points].join(", ");
}

/** Draws on the canvases within an element; gives how wide they are, in CSS pixels. */
function usePainter(
  within: { readonly current: HTMLElement | null },
  isSheet: boolean,
  { desk, images, tile, stack }: PicturesProps,
): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const canvases = [...(within.current?.querySelectorAll("canvas") ?? [])];
    const { overlay } = desk;
    const painter = new SlicesPainter(canvases, isSheet, tile, overlay, images, setWidth);
    return () => painter.stop();
  }, [tile, stack, images, isSheet]);
  return width;
}
