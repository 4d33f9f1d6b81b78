/** The frame of a panel: its name, what it says in words, and its file. */

import type { ComponentChildren } from "preact";

interface PanelProps {
  readonly name: string;
  readonly className?: string;
  /** Of its figures as CSV. */
  readonly file?: string;
  readonly note?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function PanelFrame({ name, className, file, note, tools, children }: PanelProps) {
  const id = `panel-${name.toLowerCase().replace(/\W+/g, "-")}`;
  return (
    <section class={`panel ${className ?? ""}`} aria-labelledby={id}>
      <header class="panel__head">
        <h2 id={id}>{name}</h2>
        {tools}
        {file !== undefined && (
          <a class="panel__file" href={`${file}.csv`} download title={`${name} as a CSV file`}>
            CSV ↓
          </a>
        )}
      </header>
      {children}
      {note !== undefined && <p class="panel__note">{note}</p>}
    </section>
  );
}

/** Why there is nothing to show. */
export function Words({ children }: { readonly children: ComponentChildren }) {
  return <p class="panel__words">{children}</p>;
}

/** A share as a bar with its 95 % interval as a line. */
export function ShareBar({
  share,
  low,
  high,
  from = 0,
}: {
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly from?: number;
}) {
  if (share === null || low === null || high === null) {
    return null;
  }
  const place = (value: number) => `${(100 * Math.max(0, value - from)) / (1 - from)}%`;
  return (
    <span class="share" aria-hidden="true">
      <span class="share__bar" style={{ width: place(share) }} />
      <span
        class="share__interval"
        style={{ left: place(low), width: `calc(${place(high)} - ${place(low)})` }}
      />
    </span>
  );
}
