/** Kinds of error, and how often experts decide otherwise. */

import type { Categories, Kind, Overturn, Overturns } from "./contract";
import { count, percent } from "./format";
import { PanelFrame, ShareBar, Words } from "./panel";
import { Sortable, type Column } from "./sortable";

export function CategoriesPanel(props: { readonly categories: Categories; readonly file: string }) {
  const { kinds, sentence } = props.categories;
  const most = Math.max(1, ...kinds.map((kind) => kind.votes));
  const columns: readonly Column<Kind>[] = [
    { name: "Kind", isText: true, value: (kind) => kind.title },
    {
      name: "Votes",
      value: (kind) => kind.votes,
      className: "table__bar-cell",
      cell: (kind) => (
        <span class="bar-cell">
          <span class="bar" style={{ width: `${(100 * kind.votes) / most}%` }} />
          <span>{count(kind.votes)}</span>
        </span>
      ),
    },
    {
      name: "Instances",
      title: "Settled as incorrect and of this kind: an expert named it, or else more than half of those who agree and name any. What cannot be judged is left unsure",
      value: (kind) => kind.instances,
      cell: (kind) => count(kind.instances),
    },
  ];
  return (
    <PanelFrame name="Kinds of error" className="panel--stacked" file={props.file}>
      {sentence !== "" ? (
        <Words>{sentence}</Words>
      ) : (
        <Sortable
          caption="Kinds of error"
          columns={columns}
          rows={kinds.filter((kind) => kind.key !== "" || kind.votes + kind.instances > 0)}
          rowKey={(kind) => kind.key}
          first={{ column: 1, isDown: true }}
        />
      )}
    </PanelFrame>
  );
}

export function OverturnsPanel(props: { readonly overturns: Overturns; readonly file: string }) {
  const { kinds, sentence } = props.overturns;
  const columns: readonly Column<Overturn>[] = [
    { name: "Kind", isText: true, value: (kind) => kind.title },
    {
      name: "Overturned",
      title: "Of those on which most annotators agreed",
      value: (kind) => kind.rate.share,
      cell: (kind) => (
        <span class="accuracy">
          <ShareBar {...kind.rate} />
          {percent(kind.rate.share)}
        </span>
      ),
    },
    {
      name: "Of",
      value: (kind) => kind.rate.n,
      cell: (kind) => `${count(kind.overturned)} of ${count(kind.rate.n)}`,
    },
    {
      name: "Stood even",
      title: "Annotators were evenly divided, or the expert is unsure",
      value: (kind) => kind.even,
      cell: (kind) => count(kind.even),
    },
  ];
  return (
    <PanelFrame
      name="Overturned by experts"
      className="panel--stacked"
      file={props.file}
      note="Disputed instances go blind to an expert."
    >
      {sentence !== "" ? (
        <Words>{sentence}</Words>
      ) : (
        <Sortable
          caption="Overturned by experts"
          columns={columns}
          rows={kinds}
          rowKey={(kind) => kind.key}
          first={{ column: 2, isDown: true }}
        />
      )}
    </PanelFrame>
  );
}
