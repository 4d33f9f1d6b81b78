/** What is delivered to CAVE, on the dashboard of those who manage the campaign. */

import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { HttpError, NetworkError, getNews, postJson } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { list, number, nullable, object, text, type Read } from "../../core/frontend/readers";
import { withoutField } from "../../core/frontend/sentences";
import { moment } from "../../core/frontend/times";
import "./cave.css";
import { isUnderWay, stepOf } from "./progress";

const BUSY_MS = 1500;
const LATE_MS = 40_000; // beat looks every half minute whose time it is
const SOON_MS = 60_000;
const LONGEST_MS = 2 ** 31 - 1; // of a timer of a browser

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
  due_at: nullable(text),
  missing: number,
  counts: object({ held: number, waiting: number, failed: number }),
  run: nullable(run),
});
const deliveries = list(delivery);
const news = object({ state: text, run: nullable(run) });

export type DeliveryLine = Read<typeof delivery>;

const KINDS: Record<string, string> = { synapses: "synapses", verdicts: "verdicts", categories: "errors" };
const STATES: Record<string, string> = { draft: "not started", checking: "being tried", active: "running" };

const figure = (n: number) => n.toLocaleString("en");

/** What it is and how it stands. */
export function aboutOf(line: DeliveryLine): string {
  return `${KINDS[line.kind] ?? line.kind}, ${STATES[line.state] ?? line.state}`;
}

/** How many of its rows are where. */
export function rowsOf({ counts, missing }: Pick<DeliveryLine, "counts" | "missing">): string {
  const there = missing > 0 ? "should be in CAVE" : "in CAVE";
  return `${figure(counts.held)} ${there}, ${figure(counts.waiting)} waiting, ${figure(counts.failed)} failed.`;
}

/** When it was brought up to date and what came of it, or how far it is. */
export function runOf(line: DeliveryLine): string {
  const now = line.run;
  if (isUnderWay(line)) {
    return stepOf(line).words;
  }
  if (now === null || now.finished_at === null) {
    return line.state === "active" ? "Not sent yet" : "Not started";
  }
  const did = `${figure(now.posted)} sent, ${figure(now.put)} changed, ${figure(now.deleted)} deleted`;
  const last = { done: "Last sync", stopped: "The last sync was stopped" }[now.stage] ?? "The last sync failed";
  const next = line.due_at === null ? "" : `; next ${moment(line.due_at)}`;
  return `${last} ${moment(now.finished_at)}: ${did}${next}`;
}

/** What CAVE says where it does not go on. */
export function troubleOf(line: DeliveryLine): string {
  return withoutField(line.failure || (line.run?.finished_at !== null ? (line.run?.words ?? "") : ""));
}

/** In how many ms the list may be another one by itself: when the next sync is due, else never. */
export function nextLookMs(lines: readonly DeliveryLine[], now: number): number {
  const due = lines.flatMap(({ due_at: at }) => (at === null ? [] : [Date.parse(at)]));
  const first = Math.min(...due) - now;
  const late = first < 0 ? SOON_MS : first + LATE_MS; // workers are busy with something else
  return Math.min(late, LONGEST_MS);
}

/** The lines as they are now: while workers are at some, only of these it is asked how far they are;
    the whole list is read first, and when one of them is over. */
export class Watch {
  private known: readonly DeliveryLine[] | null = null;

  constructor(private readonly url: string) {}

  /** What is shown, and in how many ms to look again. */
  async look(signal: AbortSignal): Promise<readonly [readonly DeliveryLine[], number]> {
    const lines = await this.lines(signal);
    this.known = lines.some(isUnderWay) ? lines : null;
    return [lines, this.known === null ? nextLookMs(lines, Date.now()) : BUSY_MS];
  }

  /** Somebody has asked for something: the list is read anew. */
  forget(): void {
    this.known = null;
  }

  private async lines(signal: AbortSignal): Promise<readonly DeliveryLine[]> {
    if (this.known !== null) {
      const lines = await Promise.all(this.known.map((line) => this.newer(line, signal)));
      const isOver = this.known.some((line, at) => isUnderWay(line) && !isUnderWay(lines[at] ?? line));
      if (!isOver) {
        return lines;
      }
    }
    return deliveries((await getNews(this.url, null, { signal }))?.body, "deliveries");
  }

  private async newer(line: DeliveryLine, signal: AbortSignal): Promise<DeliveryLine> {
    if (!isUnderWay(line)) {
      return line;
    }
    const told = await getNews(`${this.url}/${line.id}/progress`, null, { signal });
    return { ...line, ...news(told?.body, "progress") };
  }
}

function Line({ line, url, onAsked }: { line: DeliveryLine; url: string; onAsked: () => void }) {
  const [error, setError] = useState("");
  const [isAsking, setAsking] = useState(false);
  const sync = async () => {
    setAsking(true);
    try {
      await postJson(`${url}/${line.id}/sync`, {});
      setError("");
      onAsked();
    } catch (reason) {
      if (!(reason instanceof HttpError || reason instanceof NetworkError)) {
        throw reason;
      }
      setError(reason.message);
    } finally {
      setAsking(false);
    }
  };
  const trouble = error || troubleOf(line);
  const isBusy = isUnderWay(line);
  const { done, of } = stepOf(line);
  return (
    <li class="cave-line">
      <span>
        <b>{line.table}</b> ({aboutOf(line)}): {rowsOf(line)} <span class="quiet">{runOf(line)}</span>
      </span>
      {line.state === "active" && (
        <button class="button" type="button" disabled={isBusy || isAsking} onClick={() => void sync()}>
          Sync now<span class="visually-hidden"> {line.table}</span>
        </button>
      )}
      {isBusy && <progress aria-label={`How far ${line.table} is`} max={of || 1} value={of === 0 ? undefined : done} />}
      {trouble !== "" && (
        <p class="message message--error" role="alert">
          {trouble}
        </p>
      )}
    </li>
  );
}

export function Lines({ url, page }: { readonly url: string; readonly page: string }) {
  const [lines, setLines] = useState<readonly DeliveryLine[]>([]);
  const wake = useMemo(() => new EventTarget(), []);
  const watch = useMemo(() => new Watch(url), [url]);
  const lookAnew = () => {
    watch.forget();
    wake.dispatchEvent(new Event("look"));
  };
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const ask = async () => {
      const [found, waitMs] = await watch.look(signal);
      setLines(found);
      return waitMs;
    };
    // Who comes back to this tab sees how it is now.
    document.addEventListener("visibilitychange", lookAnew, { signal });
    poll({ ask, failedMs: BUSY_MS, onGone: () => setLines([]), wake }, signal).catch((error: unknown) => {
      if (!signal.aborted) {
        throw error;
      }
    });
    return () => leaving.abort();
  }, [watch, wake]);
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
          <Line key={line.id} line={line} url={url} onAsked={lookAnew} />
        ))}
      </ul>
    </section>
  );
}

const root = document.getElementById("cave-dashboard");
if (root !== null) {
  render(<Lines url={root.dataset["url"] ?? ""} page={root.dataset["page"] ?? ""} />, root);
}
