/** What is wanted of the results, and what has become of it. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { ToldTime } from "../../core/frontend/told_time";
import type { Choices, Export, Given } from "./contract";
import { ExportForm } from "./export_form";
import { ExportsModel, isUnfinished, type Said } from "./exports_model";
import { contentOf, heldBy, nameOf, size, stateOf, stepOf, titlesOf } from "./words";

interface ExportsProps {
  readonly given: Given;
  readonly ask: (question: string) => boolean;
  readonly reload: () => void;
}

export function Exports({ given, ask, reload }: ExportsProps) {
  const [exports, setExports] = useState<readonly Export[] | null>(null);
  const [said, setSaid] = useState<Said | null>(null);
  const [answers, setAnswers] = useState(true);
  const model = useMemo(
    () =>
      new ExportsModel(given.url, {
        onExports: setExports,
        onSaid: setSaid,
        onContact: setAnswers,
        onGone: reload,
      }),
    [given.url, reload],
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
  const remove = (one: Export) => {
    const question = one.state === "ready" ? `The files of ${nameOf(one)} are deleted for everybody. Delete it?` : "";
    if (question === "" || ask(question)) {
      void model.remove(one);
    }
  };
  return (
    <>
      <ExportForm given={given} onAsk={(choices: Choices) => model.ask(choices)} />
      <div class="exports__said" role="status">
        {said !== null && (
          <p class={said.isTrouble ? "message message--error" : "message"}>{said.sentence}</p>
        )}
        {!answers && <p class="message message--error">The server does not answer; it is asked again.</p>}
      </div>
      <h2 class="exports__title">Exports</h2>
      {exports === null && <p class="quiet">Loading…</p>}
      {exports?.length === 0 && <p class="quiet">Nothing has been exported yet.</p>}
      {exports?.some((one) => one.files.length > 0) === true && (
        <p class="quiet">
          Links are yours alone and lead to the files for {given.link_hours} hours; this page always has new ones.
        </p>
      )}
      <ul class="exports">
        {exports?.map((one) => (
          <li key={one.key} class="card export" data-state={one.state}>
            <Head one={one} onCancel={() => void model.cancel(one)} onRemove={() => remove(one)} />
            {isUnfinished(one) && <Progress one={one} />}
            {one.failure !== "" && (
              <p class={one.state === "expired" ? "message" : "message message--error"}>{one.failure}</p>
            )}
            {one.files.length > 0 && <Files one={one} />}
          </li>
        ))}
      </ul>
    </>
  );
}

interface HeadProps {
  readonly one: Export;
  readonly onCancel: () => void;
  readonly onRemove: () => void;
}

function Head({ one, onCancel, onRemove }: HeadProps) {
  const name = nameOf(one);
  return (
    <div class="export__head">
      <div>
        <h3>
          {name}: {titlesOf(one.formats)}
        </h3>
        <p class="quiet">
          <span class="export__state">{stateOf(one)}</span> · {contentOf(one)} · asked for
          {one.asked_by !== null && ` by ${one.asked_by}`} <ToldTime at={one.asked_at} />
        </p>
      </div>
      {isUnfinished(one) ? (
        <button
          type="button"
          class="button"
          disabled={one.is_cancelling}
          aria-label={`Cancel ${name}`}
          onClick={onCancel}
        >
          Cancel
        </button>
      ) : (
        <button type="button" class="button" aria-label={`Delete ${name}`} onClick={onRemove}>
          Delete
        </button>
      )}
    </div>
  );
}

function Progress({ one }: { readonly one: Export }) {
  const knows = one.state === "writing" && one.stage === "reading" && one.total !== null;
  const how = knows ? { max: Math.max(1, one.total ?? 1), value: one.done } : {};
  return (
    <div class="export__progress">
      <progress {...how} aria-label={`How far it is: ${nameOf(one)}`} />
      <span class="quiet">{stepOf(one)}</span>
    </div>
  );
}

function Files({ one }: { readonly one: Export }) {
  return (
    <>
      <div class="export__files">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col" class="table__number">
                Size
              </th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {one.files.map((file) => (
              <tr key={file.name}>
                <td>
                  <a href={file.link} download>
                    {file.name}
                  </a>
                  <Held words={heldBy(file)} />
                </td>
                <td class="table__number">{size(file.bytes)}</td>
                <td>
                  <code class="export__sum">{file.sha256}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {one.neuroglancer !== null && (
        <p class="actions">
          <a class="button" href={one.neuroglancer} target="_blank" rel="noopener">
            Show in Neuroglancer
          </a>
          {one.viewer_state !== null && <a href={one.viewer_state}>state.json</a>}
        </p>
      )}
      {one.expires_at !== null && <p class="quiet">The files are deleted <ToldTime at={one.expires_at} />.</p>}
    </>
  );
}

function Held({ words }: { readonly words: string }) {
  return words === "" ? null : <span class="export__held quiet">{words}</span>;
}
