/** Each person: how much, how fast, how well, and whether that changes. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

import type { Annotator, Annotators, Matrix, Share } from "./contract";
import { count, decimal, NONE, percent, plural, rate } from "./format";
import { PanelFrame, ShareBar, Words } from "./panel";
import { axis, colour, daysOf, Plot, thin, timeRange, timesIn, zoneOf, type PlotData } from "./plot";
import { Sortable, type Column } from "./sortable";
import { Sparkline } from "./sparkline";

const LABELS = ["correct", "incorrect", "unsure"] as const;
const FEW_GOLD = 10; // of which a share says too little
const BARS_FROM = 0.5; // two labels: who guesses is at a half

/** What can be done with a person; the others are those to whom their pages can go. */
export type Actions = (person: Annotator, others: readonly Annotator[]) => ComponentChildren;

interface PeopleProps {
  readonly annotators: Annotators;
  readonly file: string;
  readonly actions: Actions | null;
}

export function PeoplePanel({ annotators, file, actions }: PeopleProps) {
  const people = annotators.people.filter(
    (person) => person.role === "annotator" || person.votes > 0 || person.decisions > 0,
  );
  return (
    <PanelFrame
      name="People"
      className="panel--whole"
      file={file}
      note={`Accuracy: against ${lower(annotators.compared_with)} “Unsure” is neither right nor wrong. Lines are 95 % intervals; bars begin at 50 %. Click on a name for the confusion matrix.`}
    >
      {people.length === 0 ? (
        <Words>Nobody judges in this campaign yet.</Words>
      ) : (
        <Sortable
          caption="People"
          columns={columnsOf(annotators, people, actions)}
          rows={people}
          rowKey={(person) => person.user}
          rowClass={(person) => (person.paused ? "is-paused" : "")}
          first={{ column: 1, isDown: true }}
          details={(person) => <Details person={person} annotators={annotators} />}
        />
      )}
    </PanelFrame>
  );
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function columnsOf(
  annotators: Annotators,
  people: readonly Annotator[],
  actions: Actions | null,
): readonly Column<Annotator>[] {
  const columns: Column<Annotator>[] = [
    { name: "Person", isText: true, value: (p) => p.name, cell: nameCell },
    { name: "Votes", value: (p) => p.votes, cell: votesCell },
    { name: "Pages", value: (p) => p.pages, cell: (p) => count(p.pages) },
    {
      name: "Per hour",
      title: "Decisions in an hour of active time",
      value: (p) => p.per_hour,
      cell: (p) => rate(p.per_hour, p.active_hours),
    },
    {
      name: "Active h",
      value: (p) => p.active_hours,
      cell: (p) => decimal(p.active_hours, 1),
    },
    {
      name: "Accuracy",
      value: (p) => p.settled.share,
      cell: (p) => <Accuracy share={p.settled} />,
    },
    {
      name: "On gold",
      title: "Of instances whose answer is known",
      value: (p) => p.gold.share,
      cell: (p) => (
        <span title={p.gold.n > 0 ? `${p.gold.right} of ${p.gold.n}` : "No gold judged"}>
          {p.gold.n > 0 && p.gold.n < FEW_GOLD ? `${p.gold.right} of ${p.gold.n}` : percent(p.gold.share)}
        </span>
      ),
    },
    {
      name: "Over time",
      title: `Accuracy by ${annotators.step}; sorted by the change in the latest third`,
      value: (p) => driftOf(p),
      cell: (p) => <Sparkline values={p.series.map(([share]) => share)} from={BARS_FROM} />,
    },
    { name: "Change", value: (p) => driftOf(p), cell: changeCell },
    {
      name: "Unsure",
      value: (p) => (p.votes > 0 ? p.said.unsure / p.votes : null),
      cell: (p) => percent(p.votes > 0 ? p.said.unsure / p.votes : null),
    },
    { name: "Skipped", value: (p) => p.skipped, cell: (p) => count(p.skipped) },
  ];
  if (actions !== null) {
    const othersOf = (person: Annotator) =>
      people.filter((other) => other.user !== person.user && other.role !== "left" && !other.paused);
    const cell = (person: Annotator) => actions(person, othersOf(person));
    columns.push({ name: "Actions", isText: true, value: () => null, cell });
  }
  return columns;
}

function driftOf({ drift }: Annotator): number | null {
  const [before, latest] = [drift?.before.share, drift?.latest.share];
  return before == null || latest == null ? null : latest - before;
}

function nameCell(person: Annotator) {
  const about = person.paused ? "paused" : person.role === "annotator" ? "" : person.role;
  return (
    <>
      {person.name}
      {about !== "" && <span class="tag">{about}</span>}
    </>
  );
}

/** What an expert decides settles an instance, and is no vote. */
function votesCell(person: Annotator) {
  if (person.votes > 0 || person.role !== "expert" || person.decisions === 0) {
    return count(person.votes);
  }
  return (
    <span title="Disputed instances that they decided, without pauses; what an expert decides is no vote">
      {count(person.decisions)} decided
    </span>
  );
}

function Accuracy({ share }: { readonly share: Share }) {
  if (share.share === null) {
    return <span title="None of their instances is settled by two votes">{NONE}</span>;
  }
  const title = `${count(share.right)} of ${count(share.n)}; 95 %: ${percent(share.low, 1)} – ${percent(share.high, 1)}`;
  return (
    <span class="accuracy" title={title}>
      <ShareBar {...share} from={BARS_FROM} />
      {percent(share.share, 1)}
    </span>
  );
}

function changeCell(person: Annotator) {
  const change = driftOf(person);
  if (change === null) {
    return <span title="Too few votes to tell">{NONE}</span>;
  }
  const sign = person.drift?.changed ?? 0;
  const text = `${change > 0 ? "+" : change < 0 ? "−" : "±"}${Math.abs(100 * change).toFixed(1)}`;
  const kind = sign < 0 ? "worse" : sign > 0 ? "better" : "same";
  const word = sign === 0 ? "No certain change" : sign < 0 ? "Certainly worse" : "Certainly better";
  return (
    <span class={`change change--${kind}`} title={`${word} (percentage points, latest third)`}>
      {sign < 0 ? "▼ " : sign > 0 ? "▲ " : ""}
      {text}
    </span>
  );
}

function Details(props: { readonly person: Annotator; readonly annotators: Annotators }) {
  const { person, annotators } = props;
  return (
    <div class="details">
      <Confusion name="Against settled labels" matrix={person.settled.matrix} />
      <Confusion name="Against gold" matrix={person.gold.matrix} />
      {person.rates !== null && <Rates rates={person.rates} />}
      {person.settled.n > 0 && <Course person={person} annotators={annotators} />}
    </div>
  );
}

function Confusion({ name, matrix }: { readonly name: string; readonly matrix: Matrix }) {
  const total = matrix.flat().reduce((sum, n) => sum + n, 0);
  if (total === 0) {
    return (
      <figure class="confusion">
        <figcaption>{name}</figcaption>
        <p class="quiet">{name === "Against gold" ? "No gold judged." : "Nothing settled yet."}</p>
      </figure>
    );
  }
  const cells = matrix.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((n) => ({ text: count(n), share: sum > 0 ? n / sum : 0 }));
  });
  return <MatrixTable name={`${name} (${plural(total, "vote")})`} cells={cells} />;
}

function Rates({ rates }: { readonly rates: NonNullable<Annotator["rates"]> }) {
  const cells = LABELS.slice(0, 2).map((truth) =>
    LABELS.map((said) => {
      const share = rates[truth]?.[said] ?? 0;
      return { text: percent(share), share };
    }),
  );
  return <MatrixTable name="As Dawid–Skene sees them" cells={cells} />;
}

interface Cell {
  readonly text: string;
  readonly share: number;
}

function MatrixTable(props: { readonly name: string; readonly cells: readonly (readonly Cell[])[] }) {
  return (
    <figure class="confusion">
      <figcaption>{props.name}</figcaption>
      <table>
        <thead>
          <tr>
            <th scope="col">truly ↓ said →</th>
            {LABELS.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.cells.map((row, truth) => (
            <tr key={LABELS[truth]}>
              <th scope="row">{LABELS[truth]}</th>
              {row.map((cell, said) => (
                <td
                  key={LABELS[said]}
                  title={percent(cell.share, 1)}
                  style={{ "--weight": `${Math.round(100 * cell.share)}%` }}
                  data-kind={said === truth ? "right" : said === 2 ? "unsure" : "wrong"}
                >
                  {cell.text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function Course({ person, annotators }: { readonly person: Annotator; readonly annotators: Annotators }) {
  const data = useMemo<PlotData>(
    () => [[...annotators.starts], person.series.map(([share]) => share)],
    [annotators, person],
  );
  const zone = zoneOf(annotators.step);
  return (
    <figure class="course">
      <figcaption>
        Accuracy by {annotators.step}
        {zone !== undefined && " (UTC)"}
      </figcaption>
      <Plot
        label={`Accuracy of ${person.name} by ${annotators.step}`}
        height={150}
        data={data}
        options={() => ({
          ...daysOf(zone),
          legend: { show: false },
          cursor: { drag: { x: false, y: false } },
          scales: { x: { range: timeRange }, y: { range: [BARS_FROM - 0.1, 1.02] } },
          axes: [
            axis({ values: timesIn(zone), space: 60 }),
            axis({ values: (_, ticks) => ticks.map((tick) => percent(tick)), size: 48 }),
          ],
          series: [
            {},
            {
              stroke: colour("--main"),
              fill: thin("--main", 0.08),
              width: 2,
              spanGaps: true,
              points: { size: 5, fill: colour("--main") },
            },
          ],
        })}
      />
    </figure>
  );
}
