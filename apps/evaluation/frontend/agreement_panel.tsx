/** How far people agree beyond chance. */

import { useState } from "preact/hooks";

import type { Agreement, Pair } from "./contract";
import { alphaWord, count, decimal, percent } from "./format";
import { PanelFrame, Words } from "./panel";
import { Sortable, type Column } from "./sortable";

const MOST_PEOPLE = 30;

export function AgreementPanel(props: { readonly agreement: Agreement; readonly file: string }) {
  const { agreement } = props;
  const [isTable, setTable] = useState(false);
  const tools = agreement.pairs.length > 0 && (
    <button type="button" class="panel__tool" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
      {isTable ? "As a map" : "As a table"}
    </button>
  );
  return (
    <PanelFrame
      name="Agreement"
      className="panel--half"
      file={props.file}
      tools={tools}
      note="Beyond chance: 1 is full agreement, 0 what guessing gives. Krippendorff calls α from 0.80 on reliable, from 0.67 on tentative."
    >
      {agreement.sentence !== "" && <Words>{agreement.sentence}</Words>}
      {agreement.instances > 0 && <Figures agreement={agreement} />}
      {agreement.pairs.length === 0 ? (
        agreement.instances > 0 && <Words>No two people share ten instances yet.</Words>
      ) : isTable ? (
        <PairTable agreement={agreement} />
      ) : (
        <PairMap pairs={agreement.pairs} />
      )}
    </PanelFrame>
  );
}

function Figures({ agreement }: { readonly agreement: Agreement }) {
  const alpha = agreement.krippendorff_alpha;
  return (
    <dl class="small-figures">
      <div>
        <dt>Krippendorff’s α</dt>
        <dd>{decimal(alpha)}</dd>
        <dd>
          {alpha === null ? "not defined" : alphaWord(alpha)}, {count(agreement.instances)} instances
        </dd>
      </div>
      <div>
        <dt>Fleiss’ κ</dt>
        <dd>{decimal(agreement.fleiss_kappa)}</dd>
        <dd>
          {count(agreement.fleiss_instances)} with {agreement.fleiss_votes} votes
        </dd>
      </div>
      <div>
        <dt>Equal votes</dt>
        <dd>{percent(agreement.observed)}</dd>
        <dd>of pairs, chance included</dd>
      </div>
    </dl>
  );
}

function PairTable({ agreement }: { readonly agreement: Agreement }) {
  const columns: readonly Column<Pair>[] = [
    { name: "One", isText: true, value: (pair) => pair.first_name },
    { name: "Other", isText: true, value: (pair) => pair.second_name },
    { name: "Instances", value: (pair) => pair.instances },
    { name: "Agreed", value: (pair) => pair.agreed / pair.instances, cell: (pair) => percent(pair.agreed / pair.instances) },
    { name: "Cohen’s κ", value: (pair) => pair.cohen_kappa, cell: (pair) => decimal(pair.cohen_kappa) },
    {
      name: "95 %",
      value: (pair) => pair.low,
      cell: (pair) => (pair.low === null ? "–" : `${decimal(pair.low)} – ${decimal(pair.high)}`),
    },
  ];
  return (
    <div class="table-scroll">
      <Sortable
        caption="Agreement of pairs"
        columns={columns}
        rows={agreement.pairs}
        rowKey={(pair) => `${pair.first} ${pair.second}`}
        first={{ column: 4, isDown: false }}
      />
    </div>
  );
}

/** The people of the pairs, those who agree best with others first. */
export function peopleOf(pairs: readonly Pair[]): readonly { id: number; name: string }[] {
  const found = new Map<number, { name: string; sum: number; n: number }>();
  for (const pair of pairs) {
    const ends = [
      [pair.first, pair.first_name],
      [pair.second, pair.second_name],
    ] as const;
    for (const [id, name] of ends) {
      const one = found.get(id) ?? { name, sum: 0, n: 0 };
      one.sum += (pair.cohen_kappa ?? 0) * pair.instances;
      one.n += pair.instances;
      found.set(id, one);
    }
  }
  return [...found]
    .sort(([, a], [, b]) => b.sum / b.n - a.sum / a.n)
    .slice(0, MOST_PEOPLE)
    .map(([id, { name }]) => ({ id, name }));
}

function PairMap({ pairs }: { readonly pairs: readonly Pair[] }) {
  const people = peopleOf(pairs);
  const by = new Map(pairs.map((pair) => [`${pair.first} ${pair.second}`, pair]));
  const of = (a: number, b: number) => by.get(`${a} ${b}`) ?? by.get(`${b} ${a}`);
  return (
    <div class="pairs" role="img" aria-label="Cohen’s kappa of each two people; the button above shows it as a table">
      <p class="pairs__legend">
        Cohen’s κ of each two <span class="pairs__scale" /> 0 … 1
      </p>
      <table>
        <tbody>
          {people.map((row, at) => (
            <tr key={row.id}>
              <th scope="row">{row.name}</th>
              {people.slice(0, at).map((column) => (
                <PairCell key={column.id} pair={of(row.id, column.id)} names={[row.name, column.name]} />
              ))}
              <td class="pairs__self" />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PairCell(props: { readonly pair: Pair | undefined; readonly names: readonly string[] }) {
  const { pair } = props;
  const names = props.names.join(" and ");
  if (pair === undefined) {
    return <td class="pairs__none" title={`${names}: fewer than ten instances in common`} />;
  }
  const kappa = pair.cohen_kappa;
  if (kappa === null) {
    return <td class="pairs__none" title={`${names}: one and the same label on all ${pair.instances}`} />;
  }
  const weight = Math.round(100 * Math.max(0, Math.min(1, kappa)));
  return (
    <td
      style={{ "--weight": `${weight}%` }}
      title={`${names}: κ ${decimal(kappa)} (${decimal(pair.low)} – ${decimal(pair.high)}) on ${pair.instances} instances`}
    />
  );
}
