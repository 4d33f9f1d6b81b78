/** What a manager does from the dashboard: each is one request to the API. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import type { Annotator, OpenLease } from "./contract";

/** Sends what a manager asks for; says what became of it. */
export class Commands {
  constructor(
    private readonly campaignUrl: string,
    private readonly say: (sentence: string, isTrouble: boolean) => void,
    private readonly look: () => void,
  ) {}

  pause(person: Annotator): Promise<void> {
    const verb = person.paused ? "resume" : "pause";
    const done = person.paused ? "is handed pages again." : "is handed no more pages.";
    return this.run(`people/${person.user}/${verb}`, {}, `${person.name} ${done}`);
  }

  transfer(person: Annotator, to: Annotator | null): Promise<void> {
    const done = `The open pages of ${person.name} go to ${to?.name ?? "everybody"}.`;
    return this.run(`people/${person.user}/transfer`, { to: to?.username ?? null }, done);
  }

  takeBack(lease: OpenLease): Promise<void> {
    return this.run(`pages/${lease.page}/take-back`, {}, `Page ${lease.page} is free again.`);
  }

  reopen(page: number): Promise<void> {
    const done = `Page ${page} goes out again; its earlier answers are kept and count no more.`;
    return this.run(`pages/${page}/reopen`, { person: null }, done, `Page ${page} was not submitted.`);
  }

  private async run(path: string, body: unknown, done: string, unchanged = done): Promise<void> {
    try {
      const answer = await sendAny(this.campaignUrl + path, "POST", body);
      const isSame = (answer as { changed?: boolean } | null)?.changed === false;
      this.say(isSame ? unchanged : done, false);
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
  readonly children: ComponentChildren;
}

/** A button that cannot be pressed again until what it does is done. */
export function Act({ act, title, children }: ActProps) {
  const [isBusy, setBusy] = useState(false);
  const run = () => {
    setBusy(true);
    void act().finally(() => setBusy(false));
  };
  return (
    <button type="button" class="panel__tool" title={title} disabled={isBusy} onClick={run}>
      {children}
    </button>
  );
}

/** Pause a person, and give their open pages to somebody. */
export function PersonActions(props: {
  readonly commands: Commands;
  readonly person: Annotator;
  readonly others: readonly Annotator[];
}) {
  const { commands, person, others } = props;
  const choose = (event: Event & { readonly currentTarget: HTMLSelectElement }) => {
    const { value } = event.currentTarget;
    event.currentTarget.value = "";
    void commands.transfer(person, others.find((other) => String(other.user) === value) ?? null);
  };
  if (person.role === "left") {
    return null;
  }
  return (
    <span class="acts">
      <Act
        act={() => commands.pause(person)}
        title={person.paused ? `Hand pages to ${person.name} again` : `Hand no more pages to ${person.name}`}
      >
        {person.paused ? "Resume" : "Pause"}
      </Act>
      <select
        class="panel__tool"
        value=""
        aria-label={`Give the open pages of ${person.name} to`}
        title="Give every page that they hold, or that is kept for them, to somebody else"
        onChange={choose}
      >
        <option value="" disabled hidden>
          Transfer
        </option>
        <option value="everybody">to everybody</option>
        {others.map((other) => (
          <option key={other.user} value={String(other.user)}>
            to {other.name}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Put a submitted page out again. */
export function Reopen({ commands }: { readonly commands: Commands }) {
  const [page, setPage] = useState("");
  const send = (event: Event) => {
    event.preventDefault();
    setPage("");
    void commands.reopen(Number(page));
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
