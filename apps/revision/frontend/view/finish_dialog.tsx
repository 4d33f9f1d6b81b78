/** Finishing an instance: what it is now; and putting it back, with a reason. */

import { useState } from "preact/hooks";

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import type { Decision, ReviseController } from "../revise_controller";
import type { SliceBook } from "../slice_book";
import { savedElsewhere } from "./words";

const DECISIONS: readonly (readonly [Decision, string, string])[] = [
  ["mended", "It is right now", "A synapse; its mask and its points fit as they are now."],
  ["fine", "It was right as it came", "Nothing had to be changed."],
  ["no_synapse", "It is no synapse", "A false positive."],
  ["unmendable", "Nobody can tell", "The image does not let anybody say or draw it."],
];

/** Why a decision may be a slip; null where nothing speaks against it. */
export function doubtOf(decision: Decision, { slices }: Pick<SliceBook, "slices">): string | null {
  const drawn = slices.filter(({ isPlain }) => !isPlain.value).length;
  if (decision === "mended" && slices.every(({ mask }) => mask.value.count() === 0)) {
    return "The mask is empty: no slice has a voxel of it.";
  }
  if (decision === "fine" && drawn > 0) {
    const what = drawn === 1 ? "One slice is" : `${drawn} slices are`;
    return `${what} no longer as it came: what was drawn is kept.`;
  }
  return null;
}

interface DialogProps {
  readonly revise: ReviseController;
  /** Called when it has been closed, in whatever way. */
  readonly onClosed: () => void;
}

export function FinishDialog({ revise, onClosed }: DialogProps) {
  const { finish } = revise.windows;
  return (
    <ModalDialog
      open={finish.isOpen}
      class="help revise-dialog"
      aria-labelledby="finish-title"
      close={() => finish.close()}
      onClosed={onClosed}
    >
      {finish.isOpen && <FinishForm revise={revise} />}
    </ModalDialog>
  );
}

function FinishForm({ revise }: Pick<DialogProps, "revise">) {
  const session = revise.session.value;
  const isChanged =
    session?.book.slices.some(({ isOriginal }) => !isOriginal.value) === true ||
    Object.values(session?.markers.stored.value ?? {}).some(
      ({ origin }) => origin !== "table" && origin !== "reset",
    );
  const { draft } = revise;
  const decision = draft.decision.value ?? (isChanged ? "mended" : "fine");
  const [hasTried, setTried] = useState(false);
  const [asked, setAsked] = useState<Decision | null>(null);
  const doubt = session === null ? null : doubtOf(decision, session.book);
  const clashing = session?.clashing.value ?? [];
  const curves = session?.book.slices.filter(({ curve }) => curve.value !== null).length ?? 0;
  const submit = (event: Event) => {
    event.preventDefault();
    if (doubt !== null && asked !== decision) {
      setAsked(decision);
      return;
    }
    void revise.finish(decision, draft.note.peek()).then((left) => setTried(!left));
  };
  return (
    <form onSubmit={submit}>
      <h1 id="finish-title">What is it now?</h1>
      <fieldset class="revise-dialog__choices">
        <legend class="visually-hidden">Decision</legend>
        {DECISIONS.map(([key, title, meaning]) => (
          <label key={key} class="revise-dialog__choice">
            <input
              type="radio"
              name="decision"
              value={key}
              checked={decision === key}
              onChange={() => (draft.decision.value = key)}
              autofocus={decision === key}
            />
            <span>
              {title} <span class="quiet">{meaning}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label class="revise-dialog__note">
        Note
        <textarea
          value={draft.note.value}
          maxLength={2000}
          onInput={(event) => (draft.note.value = event.currentTarget.value)}
        />
      </label>
      {curves > 0 && (
        <p class="panel__advice">
          {curves === 1 ? "One slice has a curve" : `${curves} slices have curves`} that nobody filled:
          it is not part of the mask.
        </p>
      )}
      {clashing.length > 0 && (
        <p class="panel__advice">
          {savedElsewhere(clashing, session?.personName)} Say first which version stays.
        </p>
      )}
      {doubt !== null && asked === decision && (
        <p class="panel__advice" role="alert">
          {doubt} Finish all the same?
        </p>
      )}
      {hasTried && <Refusal revise={revise} />}
      <p class="revise-dialog__ways">
        <button type="button" class="button" onClick={() => revise.windows.finish.close()}>
          Not yet
        </button>
        <button
          type="submit"
          class="button button--main"
          disabled={clashing.length > 0 || revise.isBusy.value}
        >
          Finish
        </button>
      </p>
    </form>
  );
}

/** Why it was not done, beside what was typed. */
function Refusal({ revise }: Pick<DialogProps, "revise">) {
  const notice = revise.refusal.value;
  if (notice === null) {
    return null;
  }
  return (
    <p class="panel__advice" role="alert">
      {notice.sentence}{" "}
      {notice.link && (
        <a href={notice.link.url} target="_blank" rel="noopener">
          {notice.link.title}
        </a>
      )}
    </p>
  );
}

export function ReleaseDialog({ revise, onClosed }: DialogProps) {
  const { release } = revise.windows;
  return (
    <ModalDialog
      open={release.isOpen}
      class="help revise-dialog"
      aria-labelledby="release-title"
      close={() => release.close()}
      onClosed={onClosed}
    >
      {release.isOpen && <ReleaseForm revise={revise} />}
    </ModalDialog>
  );
}

function ReleaseForm({ revise }: Pick<DialogProps, "revise">) {
  const { reason } = revise.draft;
  const [hasTried, setTried] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    void revise.release(reason.peek()).then((left) => setTried(!left));
  };
  return (
    <form onSubmit={submit}>
      <h1 id="release-title">Put it back for somebody else?</h1>
      <p>What was drawn stays with it.</p>
      <label class="revise-dialog__note">
        Why (may stay empty)
        <input
          type="text"
          value={reason.value}
          maxLength={200}
          autofocus
          onInput={(event) => (reason.value = event.currentTarget.value)}
        />
      </label>
      {hasTried && <Refusal revise={revise} />}
      <p class="revise-dialog__ways">
        <button type="button" class="button" onClick={() => revise.windows.release.close()}>
          Keep it
        </button>
        <button type="submit" class="button button--main" disabled={revise.isBusy.value}>
          Put it back
        </button>
      </p>
    </form>
  );
}
