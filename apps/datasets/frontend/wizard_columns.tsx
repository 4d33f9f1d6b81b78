/** The columns beside those that are read: which are kept, to be seen in the details of a synapse. */

import type { FoundTable, TableSettings } from "./plan_contract";
import { Check, Problem } from "./wizard_fields";

const ALL = "*";
const MOST_SHOWN = 200;

interface OtherColumnsProps {
  readonly found: FoundTable;
  readonly leaveOut: TableSettings["leave_out"];
  readonly problem: string | null;
  readonly say: (leaveOut: readonly string[]) => void;
}

export function OtherColumns({ found, leaveOut, problem, say }: OtherColumnsProps) {
  const others = found.others ?? [];
  if (others.length === 0) {
    return null;
  }
  const given = leaveOut ?? found.left_out ?? [];
  const out = new Set(given.includes(ALL) ? others : given);
  const kept = others.filter((each) => !out.has(each)).length;
  const tick = (column: string, isKept: boolean) =>
    say(others.filter((each) => (each === column ? !isKept : out.has(each))));
  return (
    <details class="others" open={problem !== null}>
      <summary>
        Other columns: {kept === others.length ? "all" : kept === 0 ? "none" : `${kept} of ${others.length}`} kept, to
        be seen in the details of a synapse
      </summary>
      <Problem id="leave_out" problem={problem} />
      <p>
        <button type="button" class="button button--quiet" onClick={() => say([])}>
          Keep all
        </button>{" "}
        <button type="button" class="button button--quiet" onClick={() => say([ALL])}>
          Keep none
        </button>
      </p>
      <div class="others__columns" role="group" aria-label="Columns to be kept">
        {others.slice(0, MOST_SHOWN).map((each) => (
          <Check key={each} label={each} value={!out.has(each)} say={(isKept) => tick(each, isKept)} />
        ))}
      </div>
      {others.length > MOST_SHOWN && <p class="quiet">The first {MOST_SHOWN} are listed; the others stay as they are.</p>}
    </details>
  );
}
