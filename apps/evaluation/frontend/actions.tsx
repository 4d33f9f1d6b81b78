/** What a manager does from the dashboard: each is one request to the API. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import { flag, list, number, object } from "../../core/frontend/readers";
import type { Annotator, OpenLease } from "./contract";
import { plural } from "./format";

const change = object({ changed: flag });
const transferred = object({ pages: list(number) });

/** Sends what a manager asks for; says what became of it. */
export class Commands {
  constructor(
    private readonly campaignUrl: string,
    private readonly say: (sentence: string, isTrouble: boolean) => void,
    private readonly look: () => void,
    private readonly ask: (question: string) => boolean,
  ) {}

  pause(person: Annotator): Promise<void> {
    const verb = person.paused ? "resume" : "pause";
    const done = person.paused ? "is handed pages again." : "is handed no more pages.";
    return this.run(`people/${person.user}/${verb}`, {}, () => `${person.name} ${done}`);
  }

  /** True where it was done. */
  async transfer(person: Annotator, to: Annotator | null): Promise<boolean> {
    const whom = to?.name ?? "everybody";
    const question = `Take all open pages from ${person.name}, for ${whom}? What was said of them is kept.`;
    if (!this.ask(question)) {
      return false;
    }
    await this.run(`people/${person.user}/transfer`, { to: to?.username ?? null }, (answer) => {
      const { pages } = transferred(answer, "answer");
      return pages.length === 0
        ? `${person.name} has no open pages.`
        : `${plural(pages.length, "page")} of ${person.name} ${pages.length === 1 ? "goes" : "go"} to ${whom}.`;
    });
    return true;
  }

  takeBack(lease: OpenLease): Promise<void> {
    return this.run(`pages/${lease.page}/take-back`, {}, (answer) =>
      change(answer, "answer").changed
        ? `Page ${lease.page} is free again.`
        : `Page ${lease.page} is held by nobody any more.`,
    );
  }

  /** True where it was done. */
  async reopen(page: number): Promise<boolean> {
    const question = `The page goes out again, and its answers count no more. Reopen page ${page}?`;
    if (!this.ask(question)) {
      return false;
    }
    await this.run(`pages/${page}/reopen`, { person: null }, (answer) =>
      change(answer, "answer").changed
        ? `Page ${page} goes out again; its earlier answers are kept and count no more.`
        : `Page ${page} was not submitted.`,
    );
    return true;
  }

  private async run(
    path: string,
    body: unknown,
    told: (answer: unknown) => string,
  ): Promise<void> {
    try {
      const answer = await sendAny(this.campaignUrl + path, "POST", body);
      this.say(told(answer), false);
    } catch (error) {
      if (!(error instanceof HttpError || error instanceof NetworkError)) {
        throw error;
      }
      this.say(error.message, true);
    }
    this.look();
  }
}

interface ActProps {
  readonly act: () => Promise<void>;
  readonly title: string;
  /** To what it is done: in a table each row has such a button. */
  readonly of: string;
  readonly children: ComponentChildren;
}

/** A button that cannot be pressed again until what it does is done. */
export function Act({ act, title, of, children }: ActProps) {
  const [isBusy, setBusy] = useState(false);
  const run = () => {
    setBusy(true);
    void act().finally(() => setBusy(false));
  };
  return (
    <button type="button" class="panel__tool" title={title} disabled={isBusy} onClick={run}>
      {children}
      <span class="visually-hidden"> {of}</span>
    </button>
  );
}

const EVERYBODY = "everybody";

/** Pause a person, and give their open pages to somebody. */
export function PersonActions(props: {
  readonly commands: Commands;
  readonly person: Annotator;
  readonly others: readonly Annotator[];
}) {
  const { commands, person, others } = props;
  const [to, setTo] = useState("");
  const whom = others.find((other) => String(other.user) === to) ?? null;
  const isChosen = to === EVERYBODY || whom !== null;
  const transfer = async () => {
    if (await commands.transfer(person, whom)) {
      setTo("");
    }
  };
  if (person.role === "left") {
    return null;
  }
  return (
    <span class="acts">
      <Act
        act={() => commands.pause(person)}
        of={person.name}
        title={person.paused ? `Hand pages to ${person.name} again` : `Hand no more pages to ${person.name}`}
      >
        {person.paused ? "Resume" : "Pause"}
      </Act>
      <select
        class="panel__tool"
        value={isChosen ? to : ""}
        aria-label={`Who gets the open pages of ${person.name}`}
        onChange={(event) => setTo(event.currentTarget.value)}
      >
        <option value="">Pages to…</option>
        <option value={EVERYBODY}>to everybody</option>
        {others.map((other) => (
          <option key={other.user} value={String(other.user)}>
            to {other.name}
          </option>
        ))}
      </select>
      {isChosen && (
        <Act
          act={transfer}
          of={`the pages of ${person.name}`}
          title={`Give every page that ${person.name} holds, or that is kept for them, to ${whom?.name ?? EVERYBODY}`}
        >
          Transfer
        </Act>
      )}
    </span>
  );
}

/** Put a submitted page out again. */
export function Reopen({ commands }: { readonly commands: Commands }) {
  const [page, setPage] = useState("");
  const reopen = async () => {
    if (await commands.reopen(Number(page))) {
      setPage("");
    }
  };
  const send = (event: Event) => {
    event.preventDefault();
    void reopen();
  };
  return (
    <form class="reopen" onSubmit={send}>
      <label>
        Reopen page{" "}
        <input
          type="number"
          min="1"
          required
          value={page}
          onInput={(event) => setPage(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="panel__tool" title="Put a submitted page out again; its answers are kept and count no more">
        Reopen
      </button>
    </form>
  );
}
