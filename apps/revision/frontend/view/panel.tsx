/** Beside the picture: what the instance is, its original mask, its points, what is proposed. */

import { useMemo } from "preact/hooks";

import type { Marker, Revised, Side } from "../contract";
import type { EaselSession } from "../easel_session";
import { decide, decideAll, propose, takeBackRefusals } from "../key_deeds";
import { SIDES } from "../markers_model";
import { addedName } from "../plain";
import type { ReviseController } from "../revise_controller";
import { SmallPicture } from "./small_picture";
import { Deed } from "./tools";

interface PanelProps {
  readonly revise: ReviseController;
  readonly session: EaselSession;
}

export function Panel(props: PanelProps) {
  const { revise, session } = props;
  const remarks = session.pictures.original.value?.remarks ?? [];
  // What is to be decided comes first: in a low window what is below is out of sight.
  const isDeciding = session.proposals.present.value !== null;
  const points = <Points key="points" {...props} />;
  const proposals = <Proposals key="proposals" {...props} />;
  return (
    <aside class="panel" aria-label="Instance">
      <Facts revised={session.revised} />
      <div class="panel__row">
        <Deed revise={revise} name="revise-facts" title="Facts…" run={() => revise.windows.facts.open()} />
        <Deed
          revise={revise}
          name="revise-viewer"
          title="Neuroglancer"
          run={() => revise.windows.viewer.open()}
        />
      </div>
      {isDeciding ? [proposals, points] : [points, proposals]}
      <Original {...props} />
      {remarks.map((sentence) => (
        <p key={sentence} class="panel__remark">
          {sentence}
        </p>
      ))}
    </aside>
  );
}

/** What was said of it. */
function Facts({ revised }: { readonly revised: Revised }) {
  const { label, categories, note, again, origin, source_id: id } = revised;
  return (
    <section class="panel__facts">
      <h2>{nameOf(revised)}</h2>
      <p class="panel__labels">
        {label !== null && (
          <span class="panel__label" data-label={label}>
            {label}
          </span>
        )}
        {origin === "added" && <span class="panel__label">added: it was missed</span>}
        {categories.map(({ key, title }) => (
          <span key={key} class="panel__kind">
            {title}
          </span>
        ))}
        {origin === "table" && <span class="quiet">id {id}</span>}
      </p>
      {again !== "" && (
        <p class="panel__remark">
          <b>Look again.</b> {again} If nothing has to be changed, finish it as it is.
        </p>
      )}
      {note !== "" && <blockquote class="panel__note">{note}</blockquote>}
    </section>
  );
}

export function nameOf({ number, source_id: id }: Revised): string {
  return number === null ? addedName(id) : `Synapse ${number}`;
}

function Original({ revise, session }: PanelProps) {
  const { board, book, pictures } = session;
  const read = useMemo(
    () => () => {
      const slice = book.slice.value;
      const image = pictures.images.value.get(slice.z) ?? null;
      return { image, mask: slice.original, proposed: null };
    },
    [session],
  );
  const isShown = revise.showsBeside.value;
  return (
    <section>
      <h2>Original mask</h2>
      {isShown && (
        <SmallPicture
          read={read}
          aspect={board.aspect}
          opacity={0.45}
          class="panel__original"
          label="The slice with the mask that the cleft volume has"
        />
      )}
      <div class="panel__row">
        <Toggle
          title="Beside"
          mark="beside"
          isOn={isShown}
          hint={revise.keys.titled("Show or hide it here", "revise-beside")}
          run={() => revise.toggleBeside()}
        />
        <Toggle
          title="Outline"
          mark="outline"
          isOn={revise.showsOutline.value}
          hint={revise.keys.titled("Its outline over the picture", "revise-outline")}
          run={() => revise.toggleOutline()}
        />
      </div>
    </section>
  );
}

interface ToggleProps {
  readonly title: string;
  /** What it shows, which its mark has the colour of. */
  readonly mark: "beside" | "outline";
  readonly isOn: boolean;
  readonly hint: string;
  readonly run: () => void;
}

function Toggle({ title, mark, isOn, hint, run }: ToggleProps) {
  return (
    <button
      type="button"
      class="button switch tools__deed"
      data-mark={mark}
      aria-pressed={isOn}
      title={hint}
      onClick={run}
    >
      <span class="switch__mark" />
      {title}
    </button>
  );
}

const AS_IN_THE_TABLE: ReadonlySet<string> = new Set(["table", "reset"]);
const NAMES: Readonly<Record<Side, string>> = { pre: "Presynaptic", post: "Postsynaptic" };

function Points({ revise, session }: PanelProps) {
  const { markers } = session;
  return (
    <section>
      <div class="panel__head">
        <h2>Points</h2>
        <Deed
          revise={revise}
          name="revise-swap"
          title="Swap"
          run={() => void session.swapMarkers()}
        />
      </div>
      <ul class="panel__points">
        {SIDES.map((side) => (
          <Point key={side} revise={revise} session={session} side={side} />
        ))}
      </ul>
      {SIDES.every((side) => markers.stored.value[side].swapped) && (
        <p class="quiet" role="status">
          The points are swapped against the table.
        </p>
      )}
    </section>
  );
}

function Point({ revise, session, side }: PanelProps & { readonly side: Side }) {
  const { board, book, markers } = session;
  const stored = markers.stored.value[side];
  const isUnsent = markers.unsent.value[side] !== undefined;
  const place = session.placedMarkers(book.slice.value.z).find((one) => one.side === side);
  return (
    <li>
      <span class="panel__point">
        <i class={`legend__${side}`} /> {NAMES[side]}
        <span class="quiet">
          {place === undefined ? "none" : whereOf(place.away)}
          {isUnsent && " · not saved yet"}
          {!isUnsent && !AS_IN_THE_TABLE.has(stored.origin) && ` · ${wordOf(stored)}`}
        </span>
      </span>
      <span class="panel__row">
        <button
          type="button"
          class="button tools__deed"
          aria-pressed={board.tool.value === side}
          aria-label={`Set the ${NAMES[side].toLowerCase()} point`}
          title={revise.keys.titled("Then click where it is", `revise-${side}`)}
          onClick={() => board.take(side)}
        >
          Set
        </button>
        {place !== undefined && place.away !== 0 && (
          <button
            type="button"
            class="button tools__deed"
            aria-label={`Go there: to the slice of the ${NAMES[side].toLowerCase()} point`}
            onClick={() => session.showMarker(side)}
          >
            Go there
          </button>
        )}
        {!AS_IN_THE_TABLE.has(stored.origin) && (
          <button
            type="button"
            class="button tools__deed"
            aria-label={`Reset the ${NAMES[side].toLowerCase()} point`}
            title={revise.keys.titled("As in the table", `revise-reset-${side}`)}
            onClick={() => void session.resetMarker(side)}
          >
            Reset
          </button>
        )}
      </span>
      {!isUnsent && stored.advice !== null && (
        <p class="panel__advice" role="status">
          {stored.advice}
        </p>
      )}
    </li>
  );
}

function whereOf(away: number): string {
  if (away === 0) {
    return "on this slice";
  }
  const count = Math.abs(away);
  return `${count} slice${count === 1 ? "" : "s"} ${away > 0 ? "on" : "back"}`;
}

function wordOf({ origin, nm }: Marker): string {
  return nm === null ? "taken away" : origin;
}

/** What there is room for on a button; its title says more. */
const WAYS: Readonly<Record<string, string>> = {
  classical: "Fill by shapes",
  unet: "Fill by network",
};

function Proposals({ revise, session }: PanelProps) {
  const { easel, proposals } = session;
  const { awaited, present, failed, isBusy } = proposals;
  const isMaking = awaited.value !== null;
  return (
    <section aria-label="Through depth">
      <h2>Through depth</h2>
      {present.value !== null && !isMaking && <Deciding revise={revise} session={session} />}
      {!isMaking && <Refused session={session} />}
      {present.value === null && !isMaking && (
        <>
          {proposals.refused.value.length === 0 && (
            <p class="quiet">Fills the slices that nobody drew from those that somebody did.</p>
          )}
          {failed.value !== null && <p class="panel__advice">{failed.value.failure}</p>}
          <div class="panel__row">
            {easel.methods.map(({ key, title, available, sentence }) => (
              <button
                key={key}
                type="button"
                class="button tools__deed"
                disabled={!available || isBusy.value}
                title={sentence ?? revise.keys.titled(title, "revise-auto")}
                onClick={() => propose(session, key)}
              >
                {WAYS[key] ?? title}
              </button>
            ))}
          </div>
          {easel.methods
            .filter(({ sentence }) => sentence !== null)
            .map(({ key, title, sentence }) => (
              <p key={key} class="panel__remark">
                {title}: {sentence}
              </p>
            ))}
        </>
      )}
      {isMaking && (
        <>
          <p role="status">The other slices are being filled…</p>
          <progress aria-label="A proposal is being made" />
          <button type="button" class="button tools__deed" onClick={() => void proposals.cancel()}>
            Cancel
          </button>
        </>
      )}
    </section>
  );
}

function Deciding({ revise, session }: PanelProps) {
  const { book, proposals } = session;
  const { value: masks } = proposals.masks;
  const { z } = book.slice.value;
  const said = proposals.present.value?.slices.find((one) => one.z === z);
  const here = masks.has(z) ? said : undefined;
  return (
    <>
      <p role="status">
        <i class="legend__proposed" /> {masks.size} slice{masks.size === 1 ? "" : "s"} proposed
        {here === undefined
          ? "; this one is not among them."
          : `; this one lies ${here.how} what was drawn, confidence ${Math.round(100 * here.confidence)} %.`}
      </p>
      <div class="panel__row">
        <Deed
          revise={revise}
          name="revise-accept"
          title="Accept"
          isOff={here === undefined}
          run={() => void decide(session, true)}
        />
        <Deed
          revise={revise}
          name="revise-refuse"
          title="Refuse"
          isOff={here === undefined}
          run={() => void decide(session, false)}
        />
        <Deed
          revise={revise}
          name="revise-accept-all"
          title="Accept all"
          run={() => void decideAll(session, true)}
        />
        <Deed
          revise={revise}
          name="revise-refuse-all"
          title="Refuse all"
          run={() => void decideAll(session, false)}
        />
      </div>
    </>
  );
}

/** What was refused can be taken back, also when the steps are long forgotten. */
function Refused({ session }: Pick<PanelProps, "session">) {
  const { book, proposals } = session;
  const { value: refused } = proposals.refused;
  const { z } = book.slice.value;
  if (refused.length === 0) {
    return null;
  }
  const isHere = refused.includes(z);
  return (
    <div class="panel__row">
      {isHere && (
        <button
          type="button"
          class="button tools__deed"
          title="This slice was refused: it is proposed again"
          onClick={() => takeBackRefusals(session, [z])}
        >
          Take refusal back
        </button>
      )}
      {!(isHere && refused.length === 1) && (
        <button
          type="button"
          class="button tools__deed"
          title="What was refused is proposed again, in all slices"
          aria-label={isHere ? `All ${refused.length}: take the refusals back` : undefined}
          onClick={() => takeBackRefusals(session, refused)}
        >
          {isHere ? `All ${refused.length}` : `Take refusals back (${refused.length})`}
        </button>
      )}
    </div>
  );
}
