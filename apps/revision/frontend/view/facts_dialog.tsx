/** What the table says of the instance. */

import { useEffect, useState } from "preact/hooks";

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { list, nullable, number, object, text, type Read } from "../../../core/frontend/readers";
import { triples } from "../../../proofreading/frontend/details/facts";
import { HTTP } from "../../../proofreading/frontend/transport";
import type { EaselSession } from "../easel_session";
import { plainSentence } from "../plain";
import type { ReviseController } from "../revise_controller";

const triple = list(number);
const spot = object({ voxel: triple, nm: triple });
const parse = object({
  voxel_nm: triple,
  center: spot,
  pre_pt: nullable(spot),
  post_pt: nullable(spot),
  pre_root_id: nullable(text),
  post_root_id: nullable(text),
});

interface FactsProps {
  readonly revise: ReviseController;
  readonly session: EaselSession;
  readonly onClosed: () => void;
}

export function FactsDialog({ revise, session, onClosed }: FactsProps) {
  const { facts } = revise.windows;
  return (
    <ModalDialog
      open={facts.isOpen}
      class="help revise-dialog"
      aria-labelledby="facts-title"
      close={() => facts.close()}
      onClosed={onClosed}
    >
      {facts.isOpen && (
        <>
          <div class="help__head">
            <h1 id="facts-title">What the table says</h1>
            <button type="button" class="button" onClick={() => facts.close()}>
              Close
            </button>
          </div>
          <Asked url={session.revised.urls.details} />
        </>
      )}
    </ModalDialog>
  );
}

function Asked({ url }: { readonly url: string }) {
  const [found, setFound] = useState<Read<typeof parse> | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    void HTTP.getJson(url).then(
      (answer) => setFound(parse(answer, "details")),
      (error: unknown) => setTrouble(plainSentence(error)),
    );
  }, [url]);
  if (found === null) {
    return <p role="status">{trouble === "" ? "Asking…" : trouble}</p>;
  }
  return (
    <dl class="facts">
      <Fact name="Presynaptic root id" value={found.pre_root_id} />
      <Fact name="Postsynaptic root id" value={found.post_root_id} />
      <Fact name="Centre" value={placeOf(found.center)} />
      <Fact name="Presynaptic point" value={placeOf(found.pre_pt)} />
      <Fact name="Postsynaptic point" value={placeOf(found.post_pt)} />
      <Fact name="Voxel of the table" value={`${triples(found.voxel_nm)} nm`} />
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value ?? "none"}</dd>
    </div>
  );
}

function placeOf(place: Read<typeof spot> | null): string | null {
  return place === null ? null : `${triples(place.voxel)} (${triples(place.nm)} nm)`;
}
