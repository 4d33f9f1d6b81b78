/** The form that says what of the results is wanted. */

import { useState } from "preact/hooks";

import type { Choices, Given } from "./contract";
import { FORMATS, soFar } from "./words";

const FIRST: Choices = {
  formats: ["synanno", "csv"],
  discarded: "keep",
  unjudged: "keep",
  people: "nobody",
};

interface Choice {
  readonly name: "discarded" | "unjudged" | "people";
  readonly label: string;
  readonly options: readonly (readonly [value: string, words: string])[];
}

const CHOICES: readonly Choice[] = [
  {
    name: "discarded",
    label: "Discarded false positives",
    options: [
      ["keep", "are kept"],
      ["leave-out", "are left out"],
    ],
  },
  {
    name: "unjudged",
    label: "What nobody has judged",
    options: [
      ["keep", "is kept (JSON: as correct)"],
      ["leave-out", "is left out"],
    ],
  },
  {
    name: "people",
    label: "People are told",
    options: [
      ["nobody", "not at all"],
      ["pseudonyms", "by pseudonyms"],
      ["names", "by their names"],
    ],
  },
];

interface FormProps {
  readonly given: Given;
  /** True where it was asked for. */
  readonly onAsk: (choices: Choices) => Promise<boolean>;
}

export function ExportForm({ given, onAsk }: FormProps) {
  const [choices, setChoices] = useState(FIRST);
  const [isSending, setSending] = useState(false);
  const toggle = (name: string, isWanted: boolean) => {
    const others = choices.formats.filter((each) => each !== name);
    setChoices({ ...choices, formats: isWanted ? [...others, name] : others });
  };
  const send = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    try {
      await onAsk(choices);
    } finally {
      setSending(false);
    }
  };
  return (
    <form class="form card" aria-label="What is exported" onSubmit={(event) => void send(event)}>
      <fieldset class="exports__formats">
        <legend>Formats</legend>
        {FORMATS.map(({ name, title, what }) => (
          <label key={name} class="exports__format">
            <input
              type="checkbox"
              name={name}
              checked={choices.formats.includes(name)}
              onChange={(event) => toggle(name, event.currentTarget.checked)}
            />
            <span>
              {title} <span class="quiet">{what}</span>
              <SoFar words={soFar(name, given)} />
            </span>
          </label>
        ))}
      </fieldset>
      <div class="form__columns">
        {CHOICES.map(({ name, label, options }) => (
          <div key={name} class="form__row">
            <label for={`export-${name}`}>{label}</label>
            <select
              id={`export-${name}`}
              value={choices[name]}
              onChange={(event) => setChoices({ ...choices, [name]: event.currentTarget.value })}
            >
              {options.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </div>
        ))}
      </div>
      <div class="actions">
        <button type="submit" class="button button--main" disabled={isSending}>
          Export
        </button>
      </div>
    </form>
  );
}

function SoFar({ words }: { readonly words: string }) {
  return words === "" ? null : <span class="exports__so-far">{words}</span>;
}
