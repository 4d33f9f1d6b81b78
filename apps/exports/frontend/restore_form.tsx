/** What a file leaves open, and somebody has to say. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Choices, Given, Holdings, Restore } from "./restore_contract";
import { namesIn, type Trouble } from "./restore_model";
import { PolarityQuestion } from "./restore_polarity";

interface FormProps {
  readonly one: Restore;
  readonly found: Holdings;
  readonly given: Given;
  readonly onMake: (choices: Choices) => Promise<Trouble | null>;
}

const NEW = "new";

export function RestoreForm({ one, found, given, onMake }: FormProps) {
  const title = one.name.replace(/\.json$/i, "");
  const [name, setName] = useState(title);
  const [table, setTable] = useState(String(given.tables[0]?.id ?? NEW));
  const [dataset, setDataset] = useState(String(given.datasets[0]?.id ?? ""));
  const [newTable, setNewTable] = useState(title);
  const [annotator, setAnnotator] = useState(given.me);
  const [managers, setManagers] = useState("");
  const [polarity, setPolarity] = useState("");
  const [missed, setMissed] = useState(true);
  const [labels, setLabels] = useState(true);
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const isNew = table === NEW;
  const isHidden = one.state !== "read";
  const id = (what: string) => `${what}-${one.key}`;
  const make = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    try {
      const into = isNew
        ? { table: null, dataset: Number(dataset), new_table: newTable }
        : { table: Number(table), dataset: null, new_table: "" };
      const people = { annotator, managers: namesIn(managers) };
      setTrouble(await onMake({ name, ...people, polarity_switch: polarity, missed, labels, ...into }));
    } finally {
      setSending(false);
    }
  };
  const failure = trouble ?? (one.failure === "" ? null : { sentence: one.failure, field: one.field });
  const wrong = failure?.field ?? "";
  useEffect(() => {
    const invalid = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    const answer = invalid?.querySelector("input"); // of a question
    (answer ?? invalid)?.focus();
  }, [trouble, isHidden]);
  const field = (what: string, hasHelp = false) => {
    const isWrong = wrong === what;
    const told = [...(hasHelp ? [`${id(what)}-help`] : []), ...(isWrong ? [id("failure")] : [])];
    return {
      id: id(what),
      "aria-invalid": isWrong,
      "aria-describedby": told.length > 0 ? told.join(" ") : undefined,
    };
  };
  return (
    <form
      ref={form}
      class="form"
      hidden={isHidden}
      aria-label={`What becomes of ${one.name}`}
      onSubmit={(event) => void make(event)}
    >
      {found.polarity > 0 && labels && (
        <PolarityQuestion
          id={id("polarity")}
          found={found}
          value={polarity}
          failure={wrong === "polarity_switch" ? id("failure") : null}
          onChoose={setPolarity}
        />
      )}
      <Row id={id("table")} label="Synapses">
        <select {...field("table")} value={table} onChange={(event) => setTable(event.currentTarget.value)}>
          {given.tables.map((each) => (
            <option key={each.id} value={String(each.id)}>
              {each.title}
            </option>
          ))}
          <option value={NEW}>A new table, made of the file</option>
        </select>
      </Row>
      {isNew && (
        <div class="form__columns">
          <Row id={id("dataset")} label="Dataset of the new table">
            <select
              {...field("dataset")}
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
          </Row>
          <Row id={id("new_table")} label="Name of the new table">
            <input
              {...field("new_table")}
              required
              maxLength={200}
              value={newTable}
              onInput={(event) => setNewTable(event.currentTarget.value)}
            />
          </Row>
        </div>
      )}
      <Row id={id("name")} label="Name of the campaign">
        <input
          {...field("name")}
          required
          maxLength={200}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Row>
      <div class="form__columns">
        <Row id={id("annotator")} label="Who judged (username)" help="The labels of the file become this person’s.">
          <input
            {...field("annotator", true)}
            required
            maxLength={150}
            autocomplete="off"
            value={annotator}
            onInput={(event) => setAnnotator(event.currentTarget.value)}
          />
        </Row>
        <Row
          id={id("managers")}
          label="Further managers (usernames)"
          help={`Beside you, ${given.me}; commas between them. Others come under People, once it is made.`}
        >
          <input
            {...field("managers", true)}
            autocomplete="off"
            value={managers}
            onInput={(event) => setManagers(event.currentTarget.value)}
          />
        </Row>
      </div>
      <div>
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
      </div>
      {failure !== null && (
        <p class="form__error" role="alert" id={id("failure")}>
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

interface RowProps {
  readonly id: string;
  readonly label: string;
  readonly help?: string;
  readonly children: ComponentChildren;
}

function Row({ id, label, help, children }: RowProps) {
  return (
    <div class="form__row">
      <label for={id}>{label}</label>
      {children}
      {help !== undefined && (
        <p class="form__help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}
