/** What was drawn on an instance beside what the cleft volume has, slice by slice; to look at only. */

import { useEffect, useMemo, useRef } from "preact/hooks";

import type { Marker, Version } from "../contract";
import { SIDES } from "../markers_model";
import { placeOf } from "../places";
import type { Slice, SliceBook } from "../slice_book";
import { SmallPicture } from "../view/small_picture";
import { originWord, whenOf } from "../view/words";
import { placedOn, type LookModel } from "./look_model";
import { SlicePicture } from "./slice_picture";

interface LookProps {
  readonly look: LookModel;
}

interface ShownProps extends LookProps {
  readonly book: SliceBook;
}

export function LookView({ look }: LookProps) {
  const book = look.book.value;
  const trouble = look.trouble.value || look.pictures.trouble.value;
  return (
    <>
      {trouble !== "" && (
        <p class="message message--error" role="alert">
          {trouble}
        </p>
      )}
      {book === null ? trouble === "" && <p role="status">Its picture is on its way…</p> : <Shown look={look} book={book} />}
    </>
  );
}

function Shown({ look, book }: ShownProps) {
  useTurning(look);
  const remarks = look.pictures.original.value?.remarks ?? [];
  const drawn = book.slices.filter((slice) => !slice.isOriginal.value).length;
  return (
    <>
      {remarks.map((sentence) => (
        <p key={sentence} class="quiet">
          {sentence}
        </p>
      ))}
      <p class="quiet">
        {drawn === 0
          ? "Nobody has drawn on it: its mask is as in the volume."
          : `Drawn on ${drawn} of ${book.slices.length} slices; the others are as in the volume.`}
      </p>
      <Pair look={look} book={book} />
      <ol class="slices look__slices" aria-label="Slices">
        {book.slices.map((slice, index) => (
          <Thumb key={slice.z} look={look} book={book} slice={slice} index={index} />
        ))}
      </ol>
      <div class="look__lists">
        <Versions look={look} book={book} />
        <Points look={look} book={book} />
      </div>
    </>
  );
}

/** The slice as the volume has it, and as it was drawn. */
function Pair({ look, book }: ShownProps) {
  const slice = book.slice.value;
  const index = book.chosen.value;
  const { before, now } = useMemo(() => {
    const around = () => ({
      image: look.pictures.images.value.get(slice.z) ?? null,
      markers: placedOn(book.easel, slice.z),
    });
    const shown = () => look.version.value;
    const mask = () => {
      const version = shown();
      return version === null ? slice.mask.value : slice.seen(version.runs);
    };
    return {
      before: () => ({ ...around(), mask: slice.original, outline: null }),
      now: () => ({ ...around(), mask: mask(), outline: slice.original }),
    };
  }, [look, book, slice]);
  const aspect = aspectOf(book);
  return (
    <>
      <div class="look__turn">
        <button type="button" class="button" disabled={index === 0} onClick={() => void look.step(-1)}>
          Previous slice <kbd>,</kbd>
        </button>
        <b role="status">
          Slice {index + 1} of {book.slices.length} <span class="quiet">z {slice.z}</span>
        </b>
        <button
          type="button"
          class="button"
          disabled={index === book.slices.length - 1}
          onClick={() => void look.step(1)}
        >
          Next slice <kbd>.</kbd>
        </button>
      </div>
      <div class="look__pair">
        <figure>
          <SlicePicture read={before} aspect={aspect} label="The slice with the mask of the cleft volume" />
          <figcaption>As in the volume</figcaption>
        </figure>
        <figure>
          <SlicePicture
            read={now}
            aspect={aspect}
            label="The slice with the mask as it was drawn, and the outline of the original one"
          />
          <figcaption>{captionOf(slice, look.version.value)}</figcaption>
        </figure>
      </div>
    </>
  );
}

function captionOf(slice: Slice, version: Version | null): string {
  if (version !== null) {
    return `${nameOf(version)}${version.late ? ", which does not count" : ""}`;
  }
  const { origin, by, at } = slice.known.value;
  return slice.isOriginal.value
    ? "Now: as in the volume"
    : `Now: ${[originWord(origin), by === null ? "" : `by ${by}`, whenOf(at)].filter((part) => part !== "").join(", ")}`;
}

interface ThumbProps extends ShownProps {
  readonly slice: Slice;
  readonly index: number;
}

function Thumb({ look, book, slice, index }: ThumbProps) {
  const button = useRef<HTMLButtonElement>(null);
  const isChosen = book.chosen.value === index;
  useEffect(() => {
    if (isChosen) {
      button.current?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    }
  }, [isChosen]);
  const read = useMemo(
    () => () => ({
      image: look.pictures.images.value.get(slice.z) ?? null,
      mask: slice.mask.value,
      proposed: null,
    }),
    [look, slice],
  );
  const word = originWord(slice.known.value.origin);
  return (
    <li>
      <button
        ref={button}
        type="button"
        class="slices__slice"
        data-state={slice.isOriginal.value ? "original" : word}
        aria-current={isChosen ? "true" : undefined}
        onClick={() => void look.choose(index)}
      >
        <SmallPicture read={read} aspect={aspectOf(book)} opacity={0.6} class="slices__picture" />
        <span class="slices__foot">
          <span class="slices__number">
            <span class="visually-hidden">Slice </span>
            {index + 1}
            {placedOn(book.easel, slice.z)
              .filter(({ away }) => away === 0)
              .map(({ side }) => (
                <i key={side} class={`legend__${side}`} />
              ))}
          </span>
          <span class="slices__state">{word}</span>
        </span>
      </button>
    </li>
  );
}

function Versions({ look, book }: ShownProps) {
  const versions = look.versions.value;
  const before = look.before.value;
  const holding = book.slice.value.known.value.number;
  return (
    <section>
      <h2>Versions of this slice</h2>
      {versions === null && <p role="status">Asking for them…</p>}
      <ol class="look__versions" reversed>
        {(versions ?? []).map((version) => (
          <li key={version.number}>
            <button
              type="button"
              class="button"
              aria-pressed={(look.version.value?.number ?? holding) === version.number}
              onClick={() => (look.version.value = version.number === holding ? null : version)}
            >
              {nameOf(version)}
            </button>
            <span class="quiet">
              {[
                version.by ?? "",
                whenOf(version.at),
                version.voxels === null ? "" : `${version.voxels} voxels`,
                version.number === holding ? "holds now" : "",
                version.late ? "kept beside: it came late" : "",
              ]
                .filter((part) => part !== "")
                .join(" · ")}
            </span>
          </li>
        ))}
      </ol>
      {before !== null && (
        <button type="button" class="button" onClick={() => void look.bringVersions(before)}>
          Earlier ones
        </button>
      )}
    </section>
  );
}

function nameOf({ number, origin }: Version): string {
  return number === 0 ? "As in the volume" : `Version ${number}, ${originWord(origin)}`;
}

const NAMES = { pre: "Presynaptic", post: "Postsynaptic" } as const;

function Points({ look, book }: ShownProps) {
  return (
    <section>
      <h2>Points</h2>
      <ul class="look__points">
        {SIDES.map((side) => (
          <li key={side}>
            <i class={`legend__${side}`} /> {NAMES[side]}{" "}
            <Point look={look} book={book} marker={book.easel.markers[side]} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Point({ look, book, marker }: ShownProps & { readonly marker: Marker }) {
  const place = marker.nm === null ? null : placeOf(book.easel, marker.nm);
  const index = book.slices.findIndex(({ z }) => z === place?.z);
  const how = marker.number === 0 ? "as in the table" : pointWord(marker);
  const said = [marker.voxel === null ? "none" : `(${marker.voxel.join(", ")})`, how, marker.by ?? "", whenOf(marker.at)];
  return (
    <>
      <span class="quiet">{said.filter((part) => part !== "").join(" · ")}</span>{" "}
      {index >= 0 && (
        <button type="button" class="button" onClick={() => void look.choose(index)}>
          Slice {index + 1}
        </button>
      )}
      {marker.advice !== null && <span class="look__advice">{marker.advice}</span>}
    </>
  );
}

function pointWord({ origin }: Marker): string {
  return origin === "reset" ? "as in the table again" : origin;
}

function aspectOf({ easel }: SliceBook): number {
  const [xNm = 1, yNm = 1] = easel.resolution_nm;
  return yNm / xNm;
}

const STEPS: Readonly<Record<string, number>> = { ",": -1, PageUp: -1, ".": 1, PageDown: 1 };

/** Keys turn slices, as on the page where they are drawn. */
function useTurning(look: LookModel): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const by = STEPS[event.key];
      if (by !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
        event.preventDefault();
        void look.step(by);
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [look]);
}
