/** The first look: the figures that matter, and what needs a manager. */

import type { ComponentChildren } from "preact";

import { dayOfYear } from "../../core/frontend/times";
import type { Panels, Progress, State } from "./contract";
import { active, alphaWord, count, decimal, NONE, percent, plural, rate } from "./format";

export type Known = Partial<Panels>;

export const STATE_WORDS: Readonly<Record<State, string>> = {
  settled: "settled",
  disputed: "disputed",
  waiting: "waiting for votes",
  unjudged: "not judged yet",
};

export function Summary({ known }: { readonly known: Known }) {
  const { progress, pace, agreement, leases } = known;
  if (progress === undefined) {
    return null;
  }
  const errors = progress.labels.incorrect;
  const settled = progress.states.settled;
  // What people cannot tell goes to an expert: only an expert's answer settles as unsure.
  const untold = settled - progress.labels.correct - errors;
  const held = leases?.leases.filter((lease) => lease.is_held) ?? [];
  const people = new Set(held.map((lease) => lease.user)).size;
  return (
    <dl class="key-figures">
      <Figure name="Settled" value={percent(progress.instances > 0 ? settled / progress.instances : null)}>
        {count(settled)} of {count(progress.instances)}
        {untold > 0 && <span class="key-figures__line">{count(untold)} the expert could not tell</span>}
      </Figure>
      <Figure name="Expected end" value={endOf(progress)}>
        {rangeOf(progress)}
      </Figure>
      <Figure name="Decisions an hour" value={pace === undefined ? NONE : rate(pace.all.per_hour, pace.all.active_hours)}>
        {pace === undefined || progress.votes === 0
          ? "nobody has judged yet"
          : `in ${active(pace.all.active_hours)}`}
      </Figure>
      <Figure name="Agreement α" value={decimal(agreement?.krippendorff_alpha)}>
        {agreement?.krippendorff_alpha == null
          ? "not measurable yet"
          : alphaWord(agreement.krippendorff_alpha)}
      </Figure>
      <Figure name="Errors found" value={percent(settled > 0 ? errors / settled : null, 1)}>
        {settled > 0 ? plural(errors, "instance") : "nothing is settled yet"}
      </Figure>
      <Figure name="At work now" value={count(people)}>
        {plural(held.length, "page")} open
      </Figure>
    </dl>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
      <dd class="key-figures__more">{props.children}</dd>
    </div>
  );
}

function endOf({ forecast }: Progress): string {
  if (forecast.state === "done") {
    return "done";
  }
  return forecast.median === null ? NONE : dayOfYear(1000 * forecast.median);
}

const NO_END: Readonly<Record<string, string>> = {
  too_early: "too early to say",
  stalled: "nobody is at work",
  far: "years away",
  empty: "nothing to judge",
};

function rangeOf({ forecast }: Progress): string {
  if (forecast.median === null || forecast.low === null) {
    return NO_END[forecast.state] ?? "";
  }
  const latest = forecast.high === null ? "years" : dayOfYear(1000 * forecast.high);
  return `80 %: ${dayOfYear(1000 * forecast.low)} – ${latest}`;
}

export interface Notice {
  readonly key: string;
  readonly text: string;
  readonly target: string;
}

/** What a manager should look at, the most pressing first. */
export function noticesOf(known: Known): readonly Notice[] {
  return [...ofPeople(known), ...ofWork(known), ...ofPlaces(known)];
}

function ofPeople({ annotators }: Known): readonly Notice[] {
  const people = annotators?.people ?? [];
  const right = people.reduce((sum, person) => sum + person.settled.right, 0);
  const judged = people.reduce((sum, person) => sum + person.settled.n, 0);
  const team = judged > 0 ? right / judged : 0;
  const target = "#panel-people";
  return people.flatMap((person) => {
    const { drift, settled } = person;
    const notices: Notice[] = [];
    if (drift !== null && drift.changed < 0) {
      const change = `${percent(drift.before.share)} → ${percent(drift.latest.share)}`;
      const text = `${person.name} has become less accurate: ${change} in the latest third.`;
      notices.push({ key: `drift ${person.user}`, text, target });
    } else if (settled.high !== null && settled.n >= 50 && settled.high < team - 0.03) {
      const text = `${person.name} is right less often than the team: ${percent(settled.share)} beside ${percent(team)}.`;
      notices.push({ key: `low ${person.user}`, text, target });
    }
    return notices;
  });
}

/** Whose word settles what is disputed. */
function waitsForExperts({ annotators }: Known): string {
  const isMissing =
    annotators !== undefined && !annotators.people.some(({ role }) => role === "expert");
  return isMissing
    ? "for an expert, and nobody here is one: make somebody an expert under People, or they are revised as unsure."
    : "for an expert.";
}

function ofWork(known: Known): readonly Notice[] {
  const { progress, leases } = known;
  const notices: Notice[] = [];
  const disputed = progress?.states.disputed ?? 0;
  if (disputed > 0) {
    const text = `${plural(disputed, "disputed instance waits", "disputed instances wait")} ${waitsForExperts(known)}`;
    notices.push({ key: "disputed", text, target: "#panel-progress" });
  }
  const ranOut = leases?.leases.filter((lease) => !lease.is_held).length ?? 0;
  if (ranOut > 0) {
    const text = `${plural(ranOut, "page was", "pages were")} left open and ran out.`;
    notices.push({ key: "leases", text, target: "#panel-open-pages" });
  }
  return notices;
}

function ofPlaces({ places }: Known): readonly Notice[] {
  const found = places?.clusters ?? [];
  const worst = found[0];
  if (worst === undefined) {
    return [];
  }
  const text = `Errors cluster in ${plural(found.length, "block")} of the volume; in the worst ${percent(worst.share)} are incorrect.`;
  return [{ key: "clusters", text, target: "#panel-where-the-errors-are" }];
}

export function Notices({ known }: { readonly known: Known }) {
  const notices = noticesOf(known);
  if (notices.length === 0) {
    return null;
  }
  return (
    <section class="notices" aria-label="Needs a look">
      <h2>Needs a look</h2>
      <ul>
        {notices.map((notice) => (
          <li key={notice.key}>
            <a href={notice.target}>{notice.text}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}
