/** How many missed synapses are marked on the page. */

import type { MarkKeeper } from "./marks";

export function MarkCount({ marks }: { readonly marks: MarkKeeper }) {
  const count = marks.shown.value.length;
  return <p class="toolbar__marks">{count === 1 ? "1 mark" : `${count} marks`}</p>;
}
