/** What was added to the campaign, by whomever: look at it, draw it, withdraw it. */

import type { Added } from "../contract";
import { addedNumber } from "../../plain";
import { ToldTime } from "../../../../core/frontend/told_time";
import type { MissedController } from "../missed_controller";

interface AddedProps {
  readonly missed: MissedController;
}

export function AddedList({ missed }: AddedProps) {
  const added = missed.added.value;
  return (
    <section aria-labelledby="added-title">
      <h2 id="added-title">
        Added <span class="quiet">{missed.addedCount.value}</span>
      </h2>
      {added.length === 0 && (
        <p class="quiet">{missed.isListed.value ? "Nothing yet." : "Asking for them…"}</p>
      )}
      <ul class="missed__list">
        {added.map((one) => (
          <Row key={one.id} missed={missed} one={one} />
        ))}
      </ul>
    </section>
  );
}

function Row({ missed, one }: AddedProps & { readonly one: Added }) {
  const number = addedNumber(one.source_id);
  const isGone = one.withdrawn_at !== null;
  const withdraw = () => {
    if (window.confirm(`Withdraw added synapse ${number}? It is kept, but in no result any more.`)) {
      void missed.withdraw(one);
    }
  };
  return (
    <li data-gone={isGone ? "" : undefined}>
      <button
        type="button"
        class="button missed__place"
        title="Look at it"
        onClick={() => missed.lookAt(one.position)}
      >
        <span class="visually-hidden">Look at added synapse </span>
        {number}: {one.position.join(", ")}
      </button>
      <p class="missed__words">
        {one.note !== null && one.note !== "" && <span>“{one.note}” </span>}
        <span class="quiet">
          {one.is_mine ? "you" : (one.by ?? "somebody else")},{" "}
          <ToldTime at={one.at} />
          {isGone ? " · withdrawn" : one.is_finished ? " · drawn" : ""}
        </span>
      </p>
      {!isGone && (
        <div class="missed__row">
          {one.revise_url !== null && !one.is_finished && (
            <a class="button" href={one.revise_url} aria-label={`Draw added synapse ${number}`}>
              Draw
            </a>
          )}
          {one.may_withdraw && (
            <button
              type="button"
              class="button"
              aria-label={`Withdraw added synapse ${number}`}
              onClick={withdraw}
            >
              Withdraw
            </button>
          )}
        </div>
      )}
    </li>
  );
}
