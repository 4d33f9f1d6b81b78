/** What a file leaves open, and somebody has to say. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { withLabels, withoutField } from "../../core/frontend/sentences";
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

const OF_NEW: readonly string[] = ["dataset", "new_table"];

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
      const answer = await onMake(choicesOf(values));
      setTrouble(answer);
      if (answer === null) {
        forgetDraft(one.key);
      }
    } finally {
      setSending(false);
    }
  };
  const failure = trouble ?? (one.failure === "" ? null : { sentence: one.failure, field: one.field });
  const asksPolarity = found.polarity > 0 && values.labels;
  const wrong = failure?.field ?? "";
  const isShown =
    wrong === "polarity_switch" ? asksPolarity : labelOf(wrong) !== "" && (isNew || !OF_NEW.includes(wrong));
  const told = failure !== null && (
    <p class="form__error" role="alert" id={id("failure")}>
      {isShown ? withoutField(failure.sentence, wrong) : withLabels(failure.sentence, wrong, labelOf)}
    </p>
  );
  const row = (what: keyof typeof LABELS, help?: string) => ({
    ...{ id: id(what), label: LABELS[what], help },
    failure: isShown && wrong === what && told,
  });
  // An answer that was lost, or somebody in another tab: what a worker says of it counts from then on.
  useEffect(() => setTrouble(null), [isHidden, one.failure, one.field]);
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
    const describing = [...(hasHelp ? [`${id(what)}-help`] : []), ...(isWrong ? [id("failure")] : [])];
    return {
      id: id(what),
      "aria-invalid": isWrong,
      "aria-describedby": describing.length > 0 ? describing.join(" ") : undefined,
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
      {asksPolarity && (
        <PolarityQuestion
          id={id("polarity")}
          found={found}
          value={values.polarity_switch}
          failure={wrong === "polarity_switch" ? id("failure") : null}
          onChoose={(value) => change({ polarity_switch: value })}
        >
          {wrong === "polarity_switch" && told}
        </PolarityQuestion>
      )}
      <Row {...row("table")}>
        <select
          {...field("table")}
          value={values.table}
          required
          onChange={(event) => change({ table: event.currentTarget.value })}
        >
          {values.table === "" && <option value="">Choose a table</option>}
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
          <Row {...row("dataset")}>
            <select
              {...field("dataset")}
              value={values.dataset}
              required
              onChange={(event) => change({ dataset: event.currentTarget.value })}
            >
              {values.dataset === "" && <option value="">Choose a dataset</option>}
              {given.datasets.map((each) => (
                <option key={each.id} value={String(each.id)}>
                  {each.title}
                </option>
              ))}
            </select>
          </Row>
          <Row {...row("new_table")}>
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
      <Row {...row("name")}>
        <input
          {...field("name")}
          required
          maxLength={200}
          value={values.name}
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
      </Row>
      <div class="form__columns">
        <Row {...row("annotator", "The labels of the file become this person’s.")}>
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
          {...row(
            "managers",
            `Beside you, ${given.me}; commas between them. Others come under People, once it is made.`,
          )}
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
      {!isShown && told}
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
  readonly help: string | undefined;
  readonly failure: ComponentChildren;
  readonly children: ComponentChildren;
}

function Row({ id, label, help, failure, children }: RowProps) {
  return (
    <div class="form__row">
      <label for={id}>{label}</label>
      {children}
      {(help !== undefined || failure !== false) && (
        <div class="restore__below">
          {help !== undefined && (
            <p class="form__help" id={`${id}-help`}>
              {help}
            </p>
          )}
          {failure}
        </div>
      )}
    </div>
  );
}
