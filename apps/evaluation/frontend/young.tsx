/** The dashboard of a campaign in which nobody has judged anything yet: what will be seen here. */

import { PanelFrame } from "./panel";

const TO_COME: readonly (readonly [name: string, when: string])[] = [
  ["Progress and pace", "from the first page on; the expected end after 50 votes and a whole day"],
  ["People", "how much each does at once; how well, once instances are settled or gold was judged"],
  ["Agreement", "once two people have judged the same instance"],
  ["Kinds of error", "once somebody has said what is wrong with an instance"],
  ["Where the errors are", "once instances are settled as incorrect"],
];

export function Young() {
  return (
    <PanelFrame name="Nobody has judged anything yet">
      <p class="panel__lead">The figures appear by themselves as pages are done:</p>
      <dl class="to-come">
        {TO_COME.map(([name, when]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{when}</dd>
          </div>
        ))}
      </dl>
    </PanelFrame>
  );
}
