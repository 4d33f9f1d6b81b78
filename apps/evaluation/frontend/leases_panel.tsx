/** Who holds which page. */

import type { ComponentChildren } from "preact";

import { ToldTime } from "../../core/frontend/told_time";
import { lately, type Time } from "../../core/frontend/times";
import type { Leases, OpenLease } from "./contract";
import { count, secondsOf, span } from "./format";
import { PanelFrame, Words } from "./panel";
import { Sortable, type Column } from "./sortable";

const KIND_WORDS: Readonly<Record<string, string>> = {
  ordinary: "ordinary",
  follow_up: "another vote",
  adjudication: "for experts",
  training: "training",
};

interface LeasesProps {
  readonly leases: Leases;
  readonly file: string;
  readonly actions: ((lease: OpenLease) => ComponentChildren) | null;
  readonly tools?: ComponentChildren;
}

export function LeasesPanel({ leases, file, actions, tools }: LeasesProps) {
  const columns: Column<OpenLease>[] = [
    { name: "Person", isText: true, value: (lease) => lease.name },
    { name: "Page", value: (lease) => lease.page, cell: (lease) => count(lease.page) },
    { name: "Kind", isText: true, value: (lease) => KIND_WORDS[lease.kind] ?? lease.kind },
    {
      name: "Since",
      value: (lease) => secondsOf(lease.since),
      cell: (lease) => <ToldTime at={lease.since} form={ago} />,
    },
    {
      name: "Last decision",
      value: (lease) => (lease.last_at === null ? null : secondsOf(lease.last_at)),
      cell: (lease) => (lease.last_at === null ? "none yet" : <ToldTime at={lease.last_at} form={ago} />),
    },
    {
      name: "Held until",
      value: (lease) => (lease.until === null ? null : secondsOf(lease.until)),
      cell: until,
    },
  ];
  if (actions !== null) {
    columns.push({ name: "Actions", isText: true, value: () => null, cell: actions });
  }
  return (
    <PanelFrame name="Open pages" className="panel--whole" file={file} tools={tools}>
      <p class="panel__lead">{leases.sentence}</p>
      {leases.leases.length > 0 && (
        <Sortable
          caption="Open pages"
          columns={columns}
          rows={leases.leases}
          rowKey={(lease) => lease.page}
          first={{ column: 5, isDown: false }}
        />
      )}
      {leases.leases.length === 0 && <Words>A page appears here while somebody works on it.</Words>}
    </PanelFrame>
  );
}

function ago(at: Time): string {
  return `${span((Date.now() - Date.parse(String(at))) / 1000)} ago`;
}

function until(lease: OpenLease) {
  if (lease.until === null) {
    return "–";
  }
  if (!lease.is_held) {
    return (
      <span class="change change--worse">
        ran out <ToldTime at={lease.until} form={ago} />
      </span>
    );
  }
  return <ToldTime at={lease.until} form={lately} />;
}
