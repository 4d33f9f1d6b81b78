/** What a file leaves open, and somebody has to say. */

import { useState } from "preact/hooks";

import type { Choices, Given, Holdings, Restore } from "./restore_contract";
import type { Trouble } from "./restore_model";

interface FormProps {
  readonly one: Restore;
  readonly found: Holdings;
  readonly given: Given;
  readonly onMake: (choices: Choices) => Promise<Trouble | null>;
}

const NEW = "new";

export function RestoreForm({ one, found, given, onMake }: FormProps) {
  const [name, setName] = useState(one.name.replace(/\.json$/i, ""));
  const [table, setTable] = useState(String(given.tables[0]?.id ?? NEW));
  const [dataset, setDataset] = useState(String(given.datasets[0]?.id ?? ""));
  const [newTable, setNewTable] = useState(one.name.replace(/\.json$/i, ""));
  const [annotator, setAnnotator] = useState(given.me);
  const [polarity, setPolarity] = useState("");
  const [missed, setMissed] = useState(true);
  const [labels, setLabels] = useState(true);
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const isNew = table === NEW;
  const id = (what: string) => `${what}-${one.key}`;
  const make = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    try {
      const into = isNew
        ? { table: null, dataset: Number(dataset), new_table: newTable }
        : { table: Number(table), dataset: null, new_table: "" };
      setTrouble(await onMake({ name, annotator, polarity_switch: polarity, missed, labels, ...into }));
    } finally {
      setSending(false);
    }
  };
  const failure = trouble ?? (one.failure === "" ? null : { sentence: one.failure, field: one.field });
  return (
    <form class="form" aria-label={`What becomes of ${one.name}`} onSubmit={(event) => void make(event)}>
      {found.polarity > 0 && labels && (
        <fieldset class="restore__question">
          <legend>
            What did polaritySwitch mean? {found.polarity.toLocaleString("en")}{" "}
            {found.polarity === 1 ? "record says" : "records say"} it.
          </legend>
          <p class="quiet">
            SynAnno has meant an imaging artifact by it since April 2025, and swapped pre and post before.
            {found.begun_at !== null && ` This file was begun on ${day(found.begun_at)}.`}
          </p>
          {(
            [
              ["artifact", "An imaging artifact"],
              ["swapped", "Swapped pre and post"],
            ] as const
          ).map(([value, words]) => (
            <label key={value} class="restore__choice">
              <input
                type="radio"
                name={id("polarity")}
                value={value}
                required
                checked={polarity === value}
                onChange={() => setPolarity(value)}
              />
              {words}
            </label>
          ))}
        </fieldset>
      )}
      <div class="form__columns">
        <div class="form__row">
          <label for={id("name")}>Name of the campaign</label>
          <input
            id={id("name")}
            required
            maxLength={200}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </div>
        <div class="form__row">
          <label for={id("annotator")}>Who judged (username)</label>
          <input
            id={id("annotator")}
            required
            maxLength={150}
            autocomplete="off"
            value={annotator}
            onInput={(event) => setAnnotator(event.currentTarget.value)}
          />
        </div>
        <div class="form__row">
          <label for={id("table")}>Synapses</label>
          <select id={id("table")} value={table} onChange={(event) => setTable(event.currentTarget.value)}>
            {given.tables.map((each) => (
              <option key={each.id} value={String(each.id)}>
                {each.title}
              </option>
            ))}
            <option value={NEW}>A new table, made of the file</option>
          </select>
        </div>
        {isNew && (
          <>
            <div class="form__row">
              <label for={id("dataset")}>Dataset of the new table</label>
              <select
                id={id("dataset")}
                value={dataset}
                required
                onChange={(event) => setDataset(event.currentTarget.value)}
              >
                {given.datasets.map((each) => (
                  <option key={each.id} value={String(each.id)}>
                    {each.title}
                  </option>
                ))}
              </select>
            </div>
            <div class="form__row">
              <label for={id("new_table")}>Name of the new table</label>
              <input
                id={id("new_table")}
                required
                maxLength={200}
                value={newTable}
                onInput={(event) => setNewTable(event.currentTarget.value)}
              />
            </div>
          </>
        )}
      </div>
      <label class="restore__choice">
        <input type="checkbox" checked={labels} onChange={(event) => setLabels(event.currentTarget.checked)} />
        Take its labels; else nobody has judged anything yet
      </label>
      {found.missed > 0 && (
        <label class="restore__choice">
          <input type="checkbox" checked={missed} onChange={(event) => setMissed(event.currentTarget.checked)} />
          Add its missed synapses ({found.missed.toLocaleString("en")})
        </label>
      )}
      {failure !== null && (
        <p class="message message--error" role="alert">
          {failure.sentence}
        </p>
      )}
      <div class="actions">
        <button type="submit" class="button button--main" disabled={isSending}>
          Make the campaign
        </button>
      </div>
    </form>
  );
}

function day(at: string): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
