/** Which instance it is, how many are left, whether all is saved, and the way on. */

import { timeLeft } from "../../../proofreading/frontend/lease_renewal";
import type { Left } from "../contract";
import type { EaselSession } from "../easel_session";
import type { ReviseController } from "../revise_controller";
import { nameOf } from "./panel";

export interface PageFacts {
  readonly campaign: string;
  readonly campaignUrl: string;
  /** Where missed synapses are added; empty where that is not offered. */
  readonly missedUrl: string;
  /** Where people see what was handed to them, and open again what they finished by mistake. */
  readonly mineUrl?: string;
}

interface BarProps {
  readonly revise: ReviseController;
  readonly facts: PageFacts;
}

export function ReviseBar({ revise, facts }: BarProps) {
  const { keys, left, windows } = revise;
  const session = revise.session.value;
  return (
    <div class="toolbar revise-bar" role="toolbar" aria-label="Revise">
      <div class="toolbar__place">
        <h1 class="toolbar__campaign">
          {session === null ? "Revise" : `Revise · ${nameOf(session.revised)}`}
        </h1>
        <p class="toolbar__progress quiet">
          <a href={facts.campaignUrl}>{facts.campaign}</a>
          {facts.mineUrl !== undefined && <a href={facts.mineUrl}>My revisions</a>}
          {left.value !== null && <Counts left={left.value} />}
        </p>
      </div>
      {session !== null && <Picture revise={revise} session={session} />}
      <div class="toolbar__end">
        {session !== null && <Saved session={session} />}
        {session !== null && (
          <button
            type="button"
            class="button"
            disabled={session.state.value === "saved"}
            title={keys.titled("Save now what is drawn", "revise-save")}
            onClick={() => void revise.save()}
          >
            Save
          </button>
        )}
        {session !== null && <Steps revise={revise} session={session} />}
        <button
          type="button"
          class="button"
          title={keys.titled("What keys and mouse do", "revise-help")}
          onClick={() => windows.help.toggle()}
        >
          Help
        </button>
        {facts.missedUrl !== "" && (
          <a class="button" href={facts.missedUrl}>
            Add missed
          </a>
        )}
        <button
          type="button"
          class="button"
          disabled={session === null}
          title={keys.titled("For somebody else", "revise-release")}
          onClick={() => windows.release.open()}
        >
          Put back
        </button>
        <button
          type="button"
          class="button button--main"
          disabled={session === null}
          title={keys.titled("Say what it is now; the next one follows", "revise-finish")}
          onClick={() => windows.finish.open()}
        >
          Finish
        </button>
      </div>
    </div>
  );
}

function Counts({ left }: { readonly left: Left }) {
  const { waiting, held, done } = left;
  if (waiting === null || held === null || done === null) {
    return left.some_wait ? <span class="revise-bar__counts">others wait</span> : null;
  }
  const total = waiting + held + done;
  return (
    <span class="revise-bar__counts">
      <progress max={total} value={done} aria-label="Revised of all" />
      <span>
        {done} of {total} done, {waiting} waiting
      </span>
    </span>
  );
}

function Picture({
  revise,
  session,
}: {
  readonly revise: ReviseController;
  readonly session: EaselSession;
}) {
  const { keys, overlay } = revise;
  const { mask, points } = overlay.layers.value;
  const opacity = overlay.opacity.value;
  return (
    <div class="toolbar__overlay" aria-busy={session.proposals.isBusy.value}>
      <button
        type="button"
        class="button switch"
        aria-pressed={mask}
        title={keys.titled("Show or hide the mask", "revise-overlay")}
        onClick={() => overlay.toggleLayer("mask")}
      >
        <span class="switch__mark" />
        Mask
      </button>
      <button
        type="button"
        class="button switch"
        data-mark="points"
        aria-pressed={points}
        title={keys.titled("Show or hide the points", "revise-points")}
        onClick={() => overlay.toggleLayer("points")}
      >
        <span class="switch__mark" />
        Points
      </button>
      <label class="slider">
        <span class="visually-hidden">Opacity of the mask</span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.1"
          value={opacity}
          title={keys.titled("Opacity of the mask", "revise-opacity-more")}
          onInput={(event) => overlay.setOpacity(Number(event.currentTarget.value))}
        />
        <span class="slider__percent">{Math.round(100 * opacity)} %</span>
      </label>
    </div>
  );
}

/** Whether all is saved, how many slices wait, and how long the instance is held. */
function Saved({ session }: { readonly session: EaselSession }) {
  const state = session.state.value;
  const count = session.unsentCount.value;
  const { isEnding, leftS } = session.renewal;
  if (session.lost.value !== "") {
    return (
      <span class="revise-bar__state">
        <span class="saved" data-state="unsaved" role="status">
          {count > 0 ? `${count} not saved yet` : "Not yours any more"}
        </span>
      </span>
    );
  }
  const clashing = session.clashing.value.length;
  const words = { saved: "Saved", saving: "Saving…", unsaved: `${count} not saved yet` } as const;
  return (
    <span class="revise-bar__state">
      <span class="saved" data-state={clashing > 0 ? "unsaved" : state} role="status">
        {clashing > 0 ? `${clashing} slice${clashing === 1 ? "" : "s"} in conflict` : words[state]}
        {session.isKeptNowhere && ", and this browser keeps nothing: do not close the page"}
      </span>
      <span
        class="revise-bar__held"
        data-ending={isEnding.value ? "" : undefined}
        title="So long it is held for you since your last sign"
      >
        held {timeLeft(leftS.value, isEnding.value)}
      </span>
    </span>
  );
}

function Steps({
  revise,
  session,
}: {
  readonly revise: ReviseController;
  readonly session: EaselSession;
}) {
  const { history } = session.book;
  return (
    <span class="toolbar__undo">
      <button
        type="button"
        class="button"
        aria-label="Undo"
        title={revise.keys.titled("Take back the last step", "revise-undo")}
        disabled={!history.canUndo.value}
        onClick={() => void session.steps.undo()}
      >
        ↶
      </button>
      <button
        type="button"
        class="button"
        aria-label="Redo"
        title={revise.keys.titled("Do it again", "revise-redo")}
        disabled={!history.canRedo.value}
        onClick={() => void session.steps.redo()}
      >
        ↷
      </button>
    </span>
  );
}
