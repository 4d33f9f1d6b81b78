/** What a file leaves open, and somebody has to say. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { withLabels } from "../../core/frontend/sentences";
import type { Choices, Given, Holdings, Restore } from "./restore_contract";
import type { Trouble } from "./restore_model";
import { PolarityQuestion } from "./restore_polarity";
import { choicesOf, forgetDraft, keepDraft, NEW, valuesFor, type Values } from "./restore_values";

interface FormProps {
  readonly one: Restore;
  readonly found: Holdings;
  readonly given: Given;
  readonly onMake: (choices: Choices) => Promise<Trouble | null>;
}

const LABELS = {
  table: "Synapses",
  dataset: "Dataset of the new table",
  new_table: "Name of the new table",
  name: "Name of the campaign",
  annotator: "Who judged (username)",
  managers: "Further managers (usernames)",
};

export function RestoreForm({ one, found, given, onMake }: FormProps) {
  const [values, setValues] = useState(() => valuesFor(one, given));
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const wasHidden = useRef(false);
  const isNew = values.table === NEW;
  const isHidden = one.state !== "read";
  const id = (what: string) => `${what}-${one.key}`;
  const change = (changes: Partial<Values>) => {
    setValues((before) => {
      const changed = { ...before, ...changes };
      keepDraft(one.key, changed);
      return changed;
    });
  };
  const make = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    try {
      const told = await onMake(choicesOf(values));
      setTrouble(told);
      if (told === null) {
        forgetDraft(one.key);
      }
    } finally {
      setSending(false);
    }
  };
  const failure = trouble ?? (one.failure === "" ? null : { sentence: one.failure, field: one.field });
  const wrong = failure?.field ?? "";
  useEffect(() => {
    // Not where the page has just been loaded, maybe with several that failed days ago.
    if (trouble === null && !wasHidden.current) {
      wasHidden.current = isHidden;
      return;
    }
    wasHidden.current = isHidden;
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
      {found.polarity > 0 && values.labels && (
        <PolarityQuestion
          id={id("polarity")}
          found={found}
          value={values.polarity_switch}
          failure={wrong === "polarity_switch" ? id("failure") : null}
          onChoose={(value) => change({ polarity_switch: value })}
        />
      )}
      <Row id={id("table")} label={LABELS.table}>
        <select {...field("table")} value={values.table} onChange={(event) => change({ table: event.currentTarget.value })}>
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
          <Row id={id("dataset")} label={LABELS.dataset}>
            <select
              {...field("dataset")}
              value={values.dataset}
              required
              onChange={(event) => change({ dataset: event.currentTarget.value })}
            >
              {given.datasets.map((each) => (
                <option key={each.id} value={String(each.id)}>
                  {each.title}
                </option>
              ))}
            </select>
          </Row>
          <Row id={id("new_table")} label={LABELS.new_table}>
            <input
              {...field("new_table")}
              required
              maxLength={200}
              value={values.new_table}
              onInput={(event) => change({ new_table: event.currentTarget.value })}
            />
          </Row>
        </div>
      )}
      <Row id={id("name")} label={LABELS.name}>
        <input
          {...field("name")}
          required
          maxLength={200}
          value={values.name}
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
      </Row>
      <div class="form__columns">
        <Row id={id("annotator")} label={LABELS.annotator} help="The labels of the file become this person’s.">
          <input
            {...field("annotator", true)}
            required
            maxLength={150}
            autocomplete="off"
            value={values.annotator}
            onInput={(event) => change({ annotator: event.currentTarget.value })}
          />
        </Row>
        <Row
          id={id("managers")}
          label={LABELS.managers}
          help={`Beside you, ${given.me}; commas between them. Others come under People, once it is made.`}
        >
          <input
            {...field("managers", true)}
            autocomplete="off"
            value={values.managers}
            onInput={(event) => change({ managers: event.currentTarget.value })}
          />
        </Row>
      </div>
      <div>
        <label class="restore__choice">
          <input type="checkbox" checked={values.labels} onChange={(event) => change({ labels: event.currentTarget.checked })} />
          Take its labels; else nobody has judged anything yet
        </label>
        {found.missed > 0 && (
          <label class="restore__choice">
            <input type="checkbox" checked={values.missed} onChange={(event) => change({ missed: event.currentTarget.checked })} />
            Add its missed synapses ({found.missed.toLocaleString("en")})
          </label>
        )}
      </div>
      {failure !== null && (
        <p class="form__error" role="alert" id={id("failure")}>
          {withLabels(failure.sentence, failure.field, labelOf)}
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

function labelOf(field: string): string {
  return (LABELS as Readonly<Record<string, string>>)[field] ?? "";
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
