/** What the table says of a synapse: neurons, places, its own columns. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { CutoutStack } from "../cutout_stack";
import { triples, type Facts, type Spot } from "./facts";

interface FactsProps {
  readonly facts: Facts;
  readonly voxelNm: readonly number[];
  /** The picture; null while there is none. */
  readonly stack: CutoutStack | null;
}

export function FactsList({ facts, voxelNm, stack }: FactsProps) {
  const { box, columns } = facts;
  return (
    <dl class="details__facts">
      <Fact name="Presynaptic root id">
        <RootId id={facts.pre_root_id} of="presynaptic" />
      </Fact>
      <Fact name="Postsynaptic root id">
        <RootId id={facts.post_root_id} of="postsynaptic" />
      </Fact>
      <Place name="Centre" spot={facts.center} />
      <Place name="Presynaptic point" spot={facts.pre_pt} />
      <Place name="Postsynaptic point" spot={facts.post_pt} />
      <Fact name="Box around the points">
        {triples(box.lo)} – {triples(box.hi)}
        <span class="quiet">
          {triples(box.lo_nm)} – {triples(box.hi_nm)} nm
        </span>
      </Fact>
      <Fact name="Voxel of the table">{triples(voxelNm)} nm</Fact>
      {stack !== null && (
        <Fact name="Pixel of the picture">
          {triples(stack.pixelNm)} nm, {stack.width} × {stack.height} × {stack.depth} of them
        </Fact>
      )}
      {(columns ?? []).map(({ name, title, value }) => (
        <Fact key={name} name={title === name ? undefined : title} hint={name}>
          {value ?? "none"}
        </Fact>
      ))}
      {columns === null && (
        <Fact name="Columns of the table">This campaign does not tell them.</Fact>
      )}
    </dl>
  );
}

interface FactProps {
  /** Left out where the table alone has a word for it. */
  readonly name: string | undefined;
  /** What the table calls it. */
  readonly hint?: string;
  readonly children: ComponentChildren;
}

function Fact({ name, hint, children }: FactProps) {
  return (
    <div>
      <dt>
        {name} {hint !== undefined && <code>{hint}</code>}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

function Place({ name, spot }: { readonly name: string; readonly spot: Spot | null }) {
  return (
    <Fact name={name}>
      {spot === null ? (
        "none"
      ) : (
        <>
          {triples(spot.voxel)}
          <span class="quiet">{triples(spot.nm)} nm</span>
        </>
      )}
    </Fact>
  );
}

/** A root id as text, which a click copies. */
function RootId({ id, of }: { readonly id: string | null; readonly of: string }) {
  const [copied, setCopied] = useState(false);
  if (id === null) {
    return <>none</>;
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(id);
      setCopied(true);
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) {
        throw error;
      }
      setCopied(false); // the browser does not allow it: the text can be selected
    }
  };
  return (
    <span class="details__root">
      <code>{id}</code>
      <button
        type="button"
        class="button"
        aria-label={`Copy the ${of} root id`}
        onClick={() => void copy()}
        onBlur={() => setCopied(false)}
      >
        {copied ? "Copied" : "Copy"}
      </button>
    </span>
  );
}
