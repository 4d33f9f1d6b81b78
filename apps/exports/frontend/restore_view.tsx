/** Files are sent, looked at, and become campaigns. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { withoutField } from "../../core/frontend/sentences";
import { ToldTime } from "../../core/frontend/told_time";
import { moment } from "../../core/frontend/times";
import { hasForm, isUnfinished, type Given, type Holdings, type Restore } from "./restore_contract";
import { RestoreForm } from "./restore_form";
import { RestoreModel } from "./restore_model";
import { forgetDraft } from "./restore_values";
import { size } from "./words";

interface RestoreProps {
  readonly given: Given;
  readonly reload: () => void;
}

const FORMS: Readonly<Record<string, string>> = {
  B: "today's form",
  A: "the form of 2023 and 2024",
  "2022": "the form of 2022, without points, pages and crop",
};

const LABELS = ["correct", "incorrect", "unsure"] as const;

export function RestorePage({ given, reload }: RestoreProps) {
  const [restores, setRestores] = useState<readonly Restore[] | null>(null);
  const [answers, setAnswers] = useState(true);
  const model = useMemo(
    () =>
      new RestoreModel(given.url, given.most_mb, {
        onRestores: setRestores,
        onContact: setAnswers,
        onGone: reload,
      }),
    [given, reload],
  );
  useEffect(() => {
    const leaving = new AbortController();
    model.keep(leaving.signal).catch((error: unknown) => {
      if (!leaving.signal.aborted) {
        throw error;
      }
    });
    return () => leaving.abort();
  }, [model]);
  return (
    <>
      <Sending model={model} mostMb={given.most_mb} />
      {!answers && (
        <p class="message message--error" role="status">
          The server does not answer; it is asked again.
        </p>
      )}
      <ul class="restores">
        {restores?.map((one) => (
          <li key={one.key} class="card restore" data-state={one.state}>
            <Head one={one} onRemove={() => removeWithDraft(model, one)} />
            {one.found !== null && <Holds found={one.found} />}
            {hasForm(one) && one.found !== null && (
              <RestoreForm
                one={one}
                found={one.found}
                given={given}
                onMake={(choices) => model.make(one, choices)}
              />
            )}
            {one.state === "refused" && <p class="message message--error">{withoutField(one.failure)}</p>}
            <Progress one={one} />
          </li>
        ))}
      </ul>
    </>
  );
}

function removeWithDraft(model: RestoreModel, one: Restore): Promise<unknown> {
  forgetDraft(one.key);
  return model.remove(one);
}

function Sending({ model, mostMb }: { readonly model: RestoreModel; readonly mostMb: number }) {
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState("");
  const send = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (file === undefined) {
      return;
    }
    setSending(true);
    setTrouble("");
    try {
      setTrouble(withoutField((await model.send(file))?.sentence ?? ""));
    } finally {
      setSending(false);
      input.value = "";
    }
  };
  return (
    <div class="form card">
      <div class="form__row">
        <label for="restore-file">File (JSON, at most {mostMb} MB)</label>
        <input
          id="restore-file"
          type="file"
          accept=".json,application/json"
          disabled={isSending}
          onChange={(event) => void send(event.currentTarget)}
        />
        <p class="form__help" role="status">
          {isSending ? "It is being sent…" : "It is looked at first; nothing is made until you say so."}
        </p>
      </div>
      {trouble !== "" && (
        <p class="message message--error" role="alert">
          {trouble}
        </p>
      )}
    </div>
  );
}

interface HeadProps {
  readonly one: Restore;
  readonly onRemove: () => Promise<unknown>;
}

function Head({ one, onRemove }: HeadProps) {
  const isMaking = one.state === "making";
  return (
    <div class="restore__head">
      <div>
        <h2>{one.name}</h2>
        <p class="quiet">
          {size(one.size)} · sent <ToldTime at={one.asked_at} />
        </p>
      </div>
      {!isMaking && (
        <button type="button" class="button" aria-label={`Remove ${one.name}`} onClick={() => void onRemove()}>
          Remove
        </button>
      )}
    </div>
  );
}

function Holds({ found }: { readonly found: Holdings }) {
  const count = (value: number) => value.toLocaleString("en");
  const rows: readonly (readonly [string, string])[] = [
    ["Form", FORMS[found.form] ?? found.form],
    ["Synapses", `${count(found.records)} on ${count(found.pages)} ${found.pages === 1 ? "page" : "pages"}`],
    ["Labels", LABELS.map((label) => `${count(found.labels[label] ?? 0)} ${label}`).join(", ")],
    ["Errors", found.kinds.map(({ name, count: n }) => `${count(n)} ${name}`).join(", ") || "none"],
    ["Missed synapses", found.missed === 0 ? "none" : count(found.missed)],
    ["Worked on", time(found)],
    ...(found.drawn > 0 ? [["Drawn masks", `${count(found.drawn)}, which are not in the file`] as const] : []),
    ...(found.along_neurons > 0
      ? [["Along neurons", `${count(found.along_neurons)}; told again by its files, not walked here`] as const]
      : []),
  ];
  return (
    <dl class="restore__holds">
      {rows.map(([what, value]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** SynAnno's own files do not say of which zone their times are: those are told as they stand there. */
export function time({ begun_at, ended_at, names_zone }: Holdings): string {
  if (begun_at === null) {
    return "the file does not say when";
  }
  const told = (at: string) => moment(at, names_zone ? undefined : "UTC");
  const span = ended_at === null ? `from ${told(begun_at)}, not finished` : `${told(begun_at)} to ${told(ended_at)}`;
  return names_zone ? span : `${span}, as the file has it`;
}

function stepOf(one: Restore): string {
  if (one.waits) {
    return "It waits for its turn.";
  }
  const count = (value: number) => value.toLocaleString("en");
  return one.state === "reading"
    ? "It is being looked at…"
    : `The campaign is being made: ${count(one.done)} of ${count(one.total)} records`;
}

function Progress({ one }: { readonly one: Restore }) {
  if (isUnfinished(one)) {
    const known = one.state === "making" && one.total > 0 ? { max: one.total, value: one.done } : {};
    return (
      <div class="restore__progress">
        <progress {...known} aria-label={`How far it is: ${one.name}`} />
        <span class="quiet" role="status">
          {stepOf(one)}
        </span>
      </div>
    );
  }
  if (one.state !== "made") {
    return null;
  }
  return (
    <div class="restore__made" role="status">
      <p>
        {one.address === "" ? "Its campaign was deleted since." : <a href={one.address}>Go to its campaign</a>}
      </p>
      {one.notices.map((notice) => (
        <p key={notice} class="quiet">
          {notice}
        </p>
      ))}
    </div>
  );
}
