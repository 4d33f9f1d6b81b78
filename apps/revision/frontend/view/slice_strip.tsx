/** All slices in small, with what became of each; the one that is drawn on is marked. */

import { useEffect, useMemo, useRef } from "preact/hooks";

import type { EaselSession } from "../easel_session";
import { SIDES } from "../markers_model";
import type { Slice } from "../slice_book";
import { SmallPicture } from "./small_picture";
import { stateWord } from "./words";

const SIDE_NAMES = { pre: "presynaptic point", post: "postsynaptic point" } as const;

export function SliceStrip({ session }: { readonly session: EaselSession }) {
  const { book } = session;
  return (
    <ol class="slices" aria-label="Slices">
      {book.slices.map((slice, index) => (
        <Thumb key={slice.z} session={session} slice={slice} index={index} />
      ))}
    </ol>
  );
}

interface ThumbProps {
  readonly session: EaselSession;
  readonly slice: Slice;
  readonly index: number;
}

function Thumb({ session, slice, index }: ThumbProps) {
  const { board, book, pictures, proposals } = session;
  const button = useRef<HTMLButtonElement>(null);
  const isChosen = book.chosen.value === index;
  useEffect(() => {
    if (isChosen) {
      button.current?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    }
  }, [isChosen]);
  const read = useMemo(
    () => () => ({
      image: pictures.images.value.get(slice.z) ?? null,
      mask: slice.mask.value,
      proposed: proposals.masks.value.get(slice.z) ?? null,
    }),
    [session, slice],
  );
  const isProposed = proposals.masks.value.has(slice.z);
  const word = stateWord(slice, isProposed);
  const points = SIDES.filter((side) =>
    session.placedMarkers(slice.z).some((one) => one.side === side && one.away === 0),
  );
  const said = [
    ` of ${book.slices.length}`,
    ...(slice.z === session.easel.middle_z ? ["the middle one"] : []),
    ...points.map((side) => SIDE_NAMES[side]),
  ];
  return (
    <li>
      <button
        ref={button}
        type="button"
        class="slices__slice"
        data-state={word}
        data-unsaved={slice.isUnsaved.value ? "" : undefined}
        aria-current={isChosen ? "true" : undefined}
        onClick={() => board.step(index - book.chosen.peek())}
      >
        <SmallPicture read={read} aspect={board.aspect} opacity={0.6} class="slices__picture" />
        <span class="slices__foot">
          <span class="slices__number">
            <span class="visually-hidden">Slice </span>
            {index + 1}
            <span class="visually-hidden">{said.join(", ")}</span>
            {points.map((side) => (
              <i key={side} class={`legend__${side}`} />
            ))}
          </span>
          <span class="slices__state">
            {word}
            {slice.isUnsaved.value && <span class="visually-hidden">, not saved yet</span>}
          </span>
        </span>
      </button>
    </li>
  );
}
