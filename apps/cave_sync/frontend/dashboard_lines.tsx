/** What is delivered to CAVE, on the dashboard of those who manage the campaign. */

import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { HttpError, NetworkError, getNews, postJson } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { list, number, nullable, object, text, type Read } from "../../core/frontend/readers";
import "./cave.css";

const INTERVAL_MS = 10_000;
const BUSY_MS = 1500;

const run = object({
  stage: text,
  finished_at: nullable(text),
  done: number,
  total: number,
  posted: number,
  put: number,
  deleted: number,
  words: text,
});
const delivery = object({
  id: number,
  kind: text,
  table: text,
  state: text,
  failure: text,
  counts: object({ held: number, waiting: number, failed: number }),
  run: nullable(run),
});
const deliveries = list(delivery);

export type DeliveryLine = Read<typeof delivery>;

export function isBusy({ run: now }: DeliveryLine): boolean {
  return now !== null && now.finished_at === null;
}

const figure = (n: number) => n.toLocaleString("en");

/** When it was brought up to date and what came of it, or how far it is. */
export function runOf(line: DeliveryLine): string {
  const now = line.run;
  if (now === null) {
    return line.state === "active" ? "not sent yet" : "not started";
  }
  if (now.finished_at === null) {
    const step = `${figure(now.done)} of ${figure(now.total)}`;
    return { gathering: `${step} synapses read`, sending: `${step} rows sent` }[now.stage] ?? "under way";
  }
  const at = new Date(now.finished_at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  const did = `${figure(now.posted)} sent, ${figure(now.put)} changed, ${figure(now.deleted)} deleted`;
  return `${now.stage === "done" ? "last sync" : `last sync ${now.stage}`} ${at}: ${did}`;
}

/** What CAVE says where it does not go on. */
export function troubleOf(line: DeliveryLine): string {
  return line.failure || (line.run?.finished_at !== null ? (line.run?.words ?? "") : "");
}

function Line({ line, url, onAsked }: { line: DeliveryLine; url: string; onAsked: () => void }) {
  const [error, setError] = useState("");
  const sync = async () => {
    try {
      await postJson(`${url}/${line.id}/sync`, {});
      setError("");
      onAsked();
    } catch (reason) {
      if (!(reason instanceof HttpError || reason instanceof NetworkError)) {
        throw reason;
      }
      setError(reason.message);
    }
  };
  const { held, waiting, failed } = line.counts;
  const trouble = error || troubleOf(line);
  return (
    <li class="cave-line">
      <span>
        <b>{line.table}</b> ({line.kind}, {line.state}): {figure(held)} in CAVE, {figure(waiting)} waiting,{" "}
        {figure(failed)} failed · {runOf(line)}
      </span>
      {line.state === "active" && (
        <button class="button" type="button" disabled={isBusy(line)} onClick={() => void sync()}>
          Sync now<span class="visually-hidden"> {line.table}</span>
        </button>
      )}
      {trouble !== "" && <p class="message message--error">{trouble}</p>}
    </li>
  );
}

export function Lines({ url, page }: { readonly url: string; readonly page: string }) {
  const [lines, setLines] = useState<readonly DeliveryLine[]>([]);
  const wake = useMemo(() => new EventTarget(), []);
  useEffect(() => {
    const leaving = new AbortController();
    const ask = async () => {
      const news = await getNews(url, null, { signal: leaving.signal });
      const found = deliveries(news?.body, "deliveries");
      setLines(found);
      return found.some(isBusy) ? BUSY_MS : INTERVAL_MS;
    };
    poll({ ask, failedMs: INTERVAL_MS, onGone: () => setLines([]), wake }, leaving.signal).catch(
      (error: unknown) => {
        if (!leaving.signal.aborted) {
          throw error;
        }
      },
    );
    return () => leaving.abort();
  }, [url, wake]);
  if (lines.length === 0) {
    return null;
  }
  return (
    <section class="panel cave-lines" aria-labelledby="cave-lines">
      <h2 id="cave-lines">
        <a href={page}>CAVE</a>
      </h2>
      <ul>
        {lines.map((line) => (
          <Line key={line.id} line={line} url={url} onAsked={() => wake.dispatchEvent(new Event("look"))} />
        ))}
      </ul>
    </section>
  );
}

const root = document.getElementById("cave-dashboard");
if (root !== null) {
  render(<Lines url={root.dataset["url"] ?? ""} page={root.dataset["page"] ?? ""} />, root);
}
