/** What is about to be added: its numbers, its points, what is near, and the way on. */

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Added, Neighbour } from "../contract";
import { addedName } from "../../plain";
import type { Draft, DraftNumber } from "../draft";
import type { MissedController } from "../missed_controller";

const LONGEST_NOTE = 500;
const SIDES = ["pre", "post"] as const;

interface ReviewProps {
  readonly missed: MissedController;
}

export function Review({ missed }: ReviewProps) {
  const [draft, saved] = [missed.draft.value, missed.saved.value];
  return (
    <section class="missed__review" aria-labelledby="review-title">
      <h2 id="review-title">Review</h2>
      {draft !== null && <Form key={draft.key} missed={missed} draft={draft} />}
      {draft === null && saved !== null && <Saved missed={missed} saved={saved} />}
      {draft === null && saved === null && (
        <p class="quiet">Nothing is marked. X, Y, Z1 and Z2 of what you mark come here before it is saved.</p>
      )}
    </section>
  );
}

function Saved({ missed, saved }: ReviewProps & { readonly saved: Added }) {
  return (
    <div class="missed__saved">
      <p>
        {addedName(saved.source_id)} at {saved.position.join(", ")}.
      </p>
      <div class="missed__row">
        {saved.revise_url !== null && (
          <a class="button button--main" href={saved.revise_url}>
            Draw it now
          </a>
        )}
        <button type="button" class="button" onClick={() => missed.lookAt(saved.position)}>
          Look at it
        </button>
      </div>
    </div>
  );
}

function Form({ missed, draft }: ReviewProps & { readonly draft: Draft }) {
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    missed.focusNumbers = () => first.current?.select();
    return () => (missed.focusNumbers = () => undefined);
  }, [missed]);
  const refusal = missed.refusal.value;
  const near = missed.near.found.value;
  const [x, y, z] = draft.position;
  const numbers = [
    ["x", "X", x],
    ["y", "Y", y],
    ["z1", "Z1", draft.z1],
    ["z2", "Z2", draft.z2],
  ] as const;
  const submit = (event: Event) => {
    event.preventDefault();
    void missed.save();
  };
  const leave = ({ currentTarget, relatedTarget }: FocusEvent) => {
    const stays = relatedTarget instanceof Node && (currentTarget as Node).contains(relatedTarget);
    if (!stays) {
      missed.settle();
    }
  };
  return (
    <form onSubmit={submit} onFocusOut={leave} noValidate>
      <div class="missed__numbers">
        {numbers.map(([name, title, value]) => (
          <NumberField
            key={name}
            missed={missed}
            name={name}
            title={title}
            value={value}
            field={name === "x" ? first : null}
          />
        ))}
      </div>
      <p class="quiet missed__hint">
        Voxels of the table; marked in slice {z}. <Slices draft={draft} />
      </p>
      <ul class="missed__points">
        {SIDES.map((side) => (
          <Point key={side} missed={missed} side={side} at={draft[side]} />
        ))}
      </ul>
      <label class="missed__note">
        Note
        <input
          maxLength={LONGEST_NOTE}
          value={draft.note}
          onInput={(event) => missed.note(event.currentTarget.value)}
        />
      </label>
      {refusal !== null && (
        <p class="message message--error" role="alert" id="review-refusal">
          {refusal.sentence}
        </p>
      )}
      <Near missed={missed} near={near} />
      <div class="missed__row">
        <button
          type="submit"
          class="button button--main"
          title={missed.keys.titled("Add it to the campaign", "missed-save")}
          disabled={missed.isSaving.value}
        >
          {missed.isSaving.value ? "Saving…" : near.length > 0 ? "Add all the same" : "Save"}
        </button>
        <button
          type="button"
          class="button"
          title={missed.keys.titled("Look at what is reviewed", "missed-look")}
          onClick={() => missed.lookAt(draft.position)}
        >
          Go there
        </button>
        <button
          type="button"
          class="button button--quiet"
          title={missed.keys.titled("Nothing is added", "missed-drop")}
          onClick={() => missed.drop()}
        >
          Drop
        </button>
      </div>
    </form>
  );
}

function Slices({ draft: { z1, z2 } }: { readonly draft: Draft }) {
  const count = z2 - z1 + 1;
  return <>{count === 1 ? "Seen in one slice." : count > 1 ? `Seen in ${count} slices.` : ""}</>;
}

interface NumberProps extends ReviewProps {
  readonly name: DraftNumber;
  readonly title: string;
  readonly value: number;
  readonly field: RefObject<HTMLInputElement> | null;
}

function NumberField({ missed, name, title, value, field }: NumberProps) {
  const at = missed.refusal.value?.field;
  const isWrong = at === name || (at === "position" && (name === "x" || name === "y"));
  return (
    <label class="missed__number">
      {title}
      <input
        ref={field}
        type="number"
        step="1"
        inputMode="numeric"
        value={value}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? "review-refusal" : undefined}
        onChange={(event) => missed.setNumber(name, event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

function Point({
  missed,
  side,
  at,
}: ReviewProps & { readonly side: "pre" | "post"; readonly at: Draft["pre"] }) {
  return (
    <li class="missed__point" data-side={side}>
      <i aria-hidden="true" />
      {at === null ? (
        <span class="quiet">No {side}synaptic point (it can be set later)</span>
      ) : (
        <>
          <button
            type="button"
            class="button button--quiet missed__place"
            title={`Look at the ${side}synaptic point`}
            onClick={() => missed.lookAt(at)}
          >
            <span class="visually-hidden">{side}synaptic: </span>
            {at.join(", ")}
          </button>
          <button
            type="button"
            class="button button--quiet"
            aria-label={`Take the ${side}synaptic point away`}
            onClick={() => missed.unset(side)}
          >
            ✕
          </button>
        </>
      )}
    </li>
  );
}

function nameOf({ origin, source_id: id }: Neighbour): string {
  return origin === "added" ? addedName(id) : `Synapse ${id} of the table`;
}

function Near({ missed, near }: ReviewProps & { readonly near: readonly Neighbour[] }) {
  const [state, within] = [missed.near.state.value, missed.near.withinNm.value];
  if (state === "asking") {
    return <p class="quiet missed__hint">Looking for known synapses near it…</p>;
  }
  if (near.length === 0) {
    return state === "told" && within !== null ? (
      <p class="quiet missed__hint">No synapse is known within {Math.round(within)} nm.</p>
    ) : null;
  }
  return (
    <div class="missed__near" role="group" aria-labelledby="near-title">
      <h3 id="near-title">
        {near.length === 1 ? "One synapse is" : `${near.length} synapses are`} known near it
      </h3>
      <p>Is it one of these?</p>
      <ul>
        {near.map((one) => (
          <li key={one.id}>
            <span>
              {nameOf(one)}
              <span class="quiet"> · {Math.round(one.distance_nm)} nm</span>
            </span>
            <button
              type="button"
              class="button"
              aria-label={`Look at it: ${nameOf(one)}`}
              onClick={() => missed.lookAt(one.center)}
            >
              Look at it
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
