/** The marks of search pages that nobody has answered, and those that were dismissed. */

import { useState } from "preact/hooks";

import { ToldTime } from "../../../../core/frontend/told_time";
import type { WaitingMark } from "../contract";
import type { MissedController } from "../missed_controller";

const LONGEST_REASON = 200;
const DROP = "You are reviewing a synapse that is not saved. Drop it?";

interface MarksProps {
  readonly missed: MissedController;
}

export function MarkLists({ missed }: MarksProps) {
  const { waiting, dismissed, count } = missed.marks.value;
  return (
    <section aria-labelledby="marks-title">
      <h2 id="marks-title">
        Marks that wait <span class="quiet">{count}</span>
      </h2>
      {waiting.length === 0 && (
        <p class="quiet">
          {missed.isListed.value
            ? "None. Marks come from pages to look for missed synapses on."
            : "Asking for them…"}
        </p>
      )}
      <ul class="missed__list">
        {waiting.map((mark) => (
          <Waiting key={mark.key} missed={missed} mark={mark} />
        ))}
      </ul>
      {count > waiting.length && <p class="quiet">The latest {waiting.length} are shown.</p>}
      {dismissed.length > 0 && (
        <details class="missed__dismissed">
          <summary>Dismissed: {dismissed.length}</summary>
          <ul class="missed__list">
            {dismissed.map((mark) => (
              <li key={mark.key}>
                <Place missed={missed} mark={mark} />
                <Words mark={mark} />
                {mark.reason !== null && mark.reason !== "" && <p class="missed__words">Why: {mark.reason}</p>}
                <button
                  type="button"
                  class="button"
                  aria-label={`Take back that the mark at ${mark.position.join(", ")} was dismissed`}
                  onClick={() => void missed.takeBack(mark)}
                >
                  Take back
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

interface MarkProps extends MarksProps {
  readonly mark: WaitingMark;
}

function Waiting({ missed, mark }: MarkProps) {
  const [isDismissing, setDismissing] = useState(false);
  const [reason, setReason] = useState("");
  const place = mark.position.join(", ");
  const isReviewed = missed.draft.value?.mark === mark.key;
  const add = () => {
    if (missed.draft.peek() === null || window.confirm(DROP)) {
      missed.addMark(mark);
    }
  };
  const dismiss = (event: Event) => {
    event.preventDefault();
    setDismissing(false);
    void missed.dismiss(mark, reason);
  };
  return (
    <li data-reviewed={isReviewed ? "" : undefined}>
      <Place missed={missed} mark={mark} />
      <Words mark={mark} />
      {isDismissing ? (
        <form class="missed__row" onSubmit={dismiss}>
          <input
            class="missed__reason"
            aria-label={`Why the mark at ${place} is dismissed`}
            placeholder="Why (may be empty)"
            maxLength={LONGEST_REASON}
            value={reason}
            ref={(field) => field?.focus()}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <button type="submit" class="button">
            Dismiss
          </button>
          <button type="button" class="button button--quiet" onClick={() => setDismissing(false)}>
            Not
          </button>
        </form>
      ) : (
        <div class="missed__row">
          <button
            type="button"
            class="button"
            aria-label={`Add what the mark at ${place} marks`}
            disabled={isReviewed}
            onClick={add}
          >
            {isReviewed ? "In review" : "Add"}
          </button>
          <button
            type="button"
            class="button"
            aria-label={`Dismiss the mark at ${place}`}
            onClick={() => setDismissing(true)}
          >
            Dismiss
          </button>
        </div>
      )}
    </li>
  );
}

function Place({ missed, mark }: MarkProps) {
  return (
    <button
      type="button"
      class="button missed__place"
      title="Look at this place"
      onClick={() => missed.lookAt(mark.position)}
    >
      <span class="visually-hidden">Look at the mark at </span>
      {mark.position.join(", ")}
    </button>
  );
}

function Words({ mark }: { readonly mark: WaitingMark }) {
  return (
    <p class="missed__words">
      {mark.note !== "" && <span>“{mark.note}” </span>}
      <span class="quiet">
        {mark.is_mine ? "you" : mark.by}, <ToldTime at={mark.at} />
      </span>
    </p>
  );
}
