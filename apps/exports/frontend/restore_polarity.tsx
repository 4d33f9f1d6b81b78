/** The question what a file meant by polaritySwitch, and what follows from each answer. */

import type { ComponentChildren } from "preact";

import { dayOf } from "../../core/frontend/times";
import type { Holdings } from "./restore_contract";

interface PolarityProps {
  readonly id: string;
  readonly found: Holdings;
  readonly value: string;
  /** The id of what says why the answer will not do; null where nothing does. */
  readonly failure: string | null;
  readonly onChoose: (value: string) => void;
  /** What says so. */
  readonly children: ComponentChildren;
}

const ANSWERS = [
  {
    value: "artifact",
    title: "An imaging artifact",
    what: "They get the category “Imaging artifact”: for example, a fold runs through the image where the synapse should be.",
  },
  {
    value: "swapped",
    title: "Swapped pre and post",
    what: "They get the category “Pre and post swapped”: for example, the vesicles lie on the side that the table calls post.",
  },
] as const;

/** A day that the file has without its zone is told as it stands there. */
function begun(found: Holdings, at: string): string {
  return found.names_zone ? dayOf(at) : `${dayOf(at, "UTC")}, as the file has it`;
}

export function PolarityQuestion({ id, found, value, failure, onChoose, children }: PolarityProps) {
  const count = found.polarity;
  const told = count === 1 ? "1 record says it," : `${count.toLocaleString("en")} records say it, the first is`;
  return (
    <fieldset
      class="restore__question"
      role="radiogroup"
      aria-required="true"
      aria-invalid={failure !== null}
      aria-describedby={failure === null ? `${id}-help` : `${id}-help ${failure}`}
    >
      <legend>What did polaritySwitch mean in this file?</legend>
      <p class="form__help" id={`${id}-help`}>
        {told} {found.polarity_first}. SynAnno has meant an imaging artifact by it since April 2025, and swapped pre and
        post before.
        {found.begun_at !== null && ` This file was begun on ${begun(found, found.begun_at)}.`}
      </p>
      {ANSWERS.map((answer) => (
        <label key={answer.value} class="restore__choice">
          <input
            type="radio"
            name={id}
            value={answer.value}
            required
            checked={value === answer.value}
            onChange={() => onChoose(answer.value)}
          />
          <span>
            {answer.title}
            <span class="restore__what">{answer.what}</span>
          </span>
        </label>
      ))}
      {children}
      <p class="form__help">
        Labels stay as they are with either answer, and so do the points: none is swapped. SynAnno’s file of the new
        campaign says polaritySwitch again; the tables say which it was.
      </p>
    </fieldset>
  );
}
