/** Asks for panels again and again while the tab is visible; an ETag makes most answers empty. */

import { getNews, isGone } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { parsePanel, type PanelName, type Panels } from "./contract";

/** How often it is asked whether there is something new. */
const INTERVAL_MS = 4000;
/** How often while the figures are made for the first time. */
const FIRST_MS = 700;
const BEING_MADE = 202;

export type PanelUrls = Readonly<Record<PanelName, string>>;

export interface Listener {
  /** New figures of a panel. */
  onPanel<Name extends PanelName>(name: Name, body: Panels[Name]): void;
  /** Whether the server answers. */
  onContact(answers: boolean): void;
  onGone(): void;
}

/** What tells the panels apart: `leases` change by themselves, the others are made together. */
const FOLLOWING: readonly PanelName[] = [
  "pace",
  "annotators",
  "agreement",
  "categories",
  "overturns",
  "places",
];

/** Keeps all panels up to date until the signal is aborted, which rejects with its reason. The
 * event `look` ends a wait: something was done of which one wants to see what became. */
export function keepPanels(
  urls: PanelUrls,
  listener: Listener,
  signal: AbortSignal,
  wake: EventTarget = new EventTarget(),
): Promise<void> {
  const panels = new PanelNews(urls, listener, signal);
  return poll(
    {
      ask: () => panels.round(),
      failedMs: INTERVAL_MS,
      onContact: (answers) => listener.onContact(answers),
      onGone: () => listener.onGone(),
      wake,
    },
    signal,
  );
}

type Renewal = "changed" | "same" | "making";

/** What is known of each panel, so that only news are sent. */
class PanelNews {
  private readonly etags = new Map<PanelName, string | null>();

  constructor(
    private readonly urls: PanelUrls,
    private readonly listener: Listener,
    private readonly signal: AbortSignal,
  ) {}

  /** The panels that are made together are asked for when the first of them has changed, or one
      of them could not be had before. How long to wait until the next round. */
  async round(): Promise<number> {
    const [leases, first] = await all([this.renew("leases"), this.renew("progress")]);
    const others = FOLLOWING.filter((name) => first === "changed" || !this.etags.has(name));
    const rest = first === "making" ? [] : await all(others.map((name) => this.renew(name)));
    return [leases, first, ...rest].includes("making") ? FIRST_MS : INTERVAL_MS;
  }

  private async renew(name: PanelName): Promise<Renewal> {
    const etag = this.etags.get(name) ?? null;
    this.etags.delete(name); // until it is known again: what fails is asked for in the next round
    const news = await getNews(this.urls[name], etag, { signal: this.signal });
    if (news === null) {
      this.etags.set(name, etag);
      return "same";
    }
    if (news.status === BEING_MADE) {
      return "making";
    }
    this.listener.onPanel(name, parsePanel(name, news.body));
    this.etags.set(name, news.etag);
    return "changed";
  }
}

/** What all give; where some fail, the others are done before that is told. */
async function all(renewals: readonly Promise<Renewal>[]): Promise<readonly Renewal[]> {
  const outcomes = await Promise.allSettled(renewals);
  const failures = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  if (failures.length > 0) {
    throw failures.find(isGone) ?? failures[0];
  }
  return outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}
