/** Where the volumes lie. */

import { NO_VOLUME, type FoundVolume, type VolumeSettings } from "./plan_contract";
import type { PlanModel } from "./plan_model";
import { Check, Choice, nm, TextField, ThreeNumbers } from "./wizard_fields";

const NAMES: Readonly<Record<string, string>> = {
  image: "Image",
  cleft: "Clefts, or another target",
  neuron: "Neurons",
  neuropil: "Neuropil",
};
const NOT_SPARSE = { is_sparse: false, refused_is_absent: false };
const ORDERS = ["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"].map((order) => [order, order] as const);

export function Volumes({ model, problemOf }: VolumesProps) {
  return (
    <section class="card wizard__part" aria-labelledby="volumes">
      <h2 id="volumes">Volumes</h2>
      <p class="quiet">
        Precomputed volumes: <code>precomputed://gs://bucket/em</code>, <code>https://…</code>,{" "}
        <code>file:///…</code>, or a segmentation of CAVE, <code>graphene://…</code>
      </p>
      {model.setting.kinds.map((kind) => (
        <Volume key={kind} model={model} kind={kind} problemOf={problemOf} />
      ))}
    </section>
  );
}

interface VolumesProps {
  readonly model: PlanModel;
  readonly problemOf: (field: string, isEmpty?: boolean) => string | null;
}

function Volume({ model, kind, problemOf }: VolumesProps & { readonly kind: string }) {
  const plan = model.plan.value;
  const given = plan?.settings.volumes[kind] ?? NO_VOLUME;
  const found = plan?.examined?.volumes[kind] ?? null;
  const isNeeded = model.setting.needed.includes(kind);
  const name = NAMES[kind] ?? kind;
  const say = (part: Partial<VolumeSettings>, field: string = kind) => void model.changeVolume(kind, part, field);
  return (
    <fieldset class="fields volume">
      <legend>{isNeeded ? name : `${name} (may be left out)`}</legend>
      <TextField
        id={kind}
        label="Address"
        value={given.address}
        placeholder="precomputed://…"
        problem={problemOf(kind, given.address === "")}
        help={given.address === "" ? undefined : <Found found={found} isLooking={plan?.is_examined === false} />}
        say={(address) => say({ address, mip: 0 })}
      />
      {given.address !== "" && (
        <div class="form__columns">
          {model.setting.secrets.length > 0 && (
            <Choice
              id={`${kind}_secret`}
              label="Secret"
              value={given.secret}
              problem={problemOf(`${kind}_secret`)}
              options={[["", "none"], ...model.setting.secrets.map((each) => [each, each] as const)]}
              say={(secret) => say({ secret }, `${kind}_secret`)}
            />
          )}
          <Choice
            id={`${kind}_mip`}
            label="Resolution"
            isWide
            value={String(given.mip)}
            options={mipsOf(found, given.mip)}
            say={(mip) => say({ mip: Number(mip) }, `${kind}_mip`)}
          />
          <Choice
            id={`${kind}_axis_order`}
            label="Stored axes"
            value={given.axis_order}
            options={ORDERS}
            say={(axis_order) => say({ axis_order }, `${kind}_axis_order`)}
          />
          <ThreeNumbers
            id={`${kind}_resolution`}
            label="nm of a voxel, if its info is wrong: x, y, z"
            value={given.resolution}
            placeholder={found?.resolution_nm ?? null}
            problem={problemOf(`${kind}_resolution`)}
            say={(resolution) => say({ resolution }, `${kind}_resolution`)}
          />
          {kind !== "image" && (
            <Check
              label="Chunks that are not stored are background"
              value={given.is_sparse}
              say={(is_sparse) => say(is_sparse ? { is_sparse } : NOT_SPARSE)}
            />
          )}
          {kind !== "image" && given.is_sparse && (
            <Check
              label="Those that the server refuses (status 403) are not stored either"
              value={given.refused_is_absent}
              say={(refused_is_absent) => say({ refused_is_absent })}
            />
          )}
        </div>
      )}
    </fieldset>
  );
}

function mipsOf(found: FoundVolume | null, mip: number): readonly (readonly [string, string])[] {
  if (found === null || found.scales.length === 0) {
    return [[String(mip), `mip ${mip}`]];
  }
  return found.scales.map((scale) => [
    String(scale.mip),
    `${nm(scale.resolution_nm)} (mip ${scale.mip}, ${scale.size.join(" × ")} voxels)`,
  ]);
}

function Found({ found, isLooking }: { readonly found: FoundVolume | null; readonly isLooking: boolean }) {
  if (isLooking) {
    return <span>Being looked at…</span>;
  }
  if (found === null || found.bounds === null || found.resolution_nm === null) {
    return null;
  }
  const { lo, hi } = found.bounds;
  const encodings = [...new Set(found.scales.map((scale) => scale.encoding))].join(", ");
  return (
    <span>
      {found.dtype} · {nm(found.resolution_nm)} · from {lo.join(", ")} to {hi.join(", ")}
      {encodings !== "" && ` · ${encodings}`}
    </span>
  );
}
