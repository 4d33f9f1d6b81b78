/** The wizard: volumes, the table, the size of a cutout, a preview, saving. */

import { useEffect, useState } from "preact/hooks";

import { getNews, HttpError, NetworkError } from "../../core/frontend/http";
import { LEFT } from "../../core/frontend/leaving";
import { withoutField } from "../../core/frontend/sentences";
import { parseView, type Plan, type View } from "./plan_contract";
import type { PlanModel } from "./plan_model";
import { PreviewTiles } from "./preview_tiles";
import { nm, Problem, TextField, ThreeNumbers } from "./wizard_fields";
import { Table } from "./wizard_table";
import { Volumes } from "./wizard_volumes";

const STAGES: Readonly<Record<string, string>> = {
  waiting: "Waiting for a worker",
  fetching: "Fetching the table",
  opening: "Looking at the volumes",
  reading: "Reading the table",
  indexing: "Indexing",
};

export function Wizard({ model }: { readonly model: PlanModel }) {
  const plan = model.plan.value;
  if (plan === null) {
    return <p class="quiet">{model.trouble.value || "Loading…"}</p>;
  }
  if (plan.table !== null && plan.status === "saved") {
    return <Saved model={model} plan={plan} />;
  }
  const problemOf = (field: string, isEmpty = false): string | null =>
    model.refused.value[field] ??
    (isEmpty && !model.tried.value ? null : (plan.problems[field] ?? null));
  return (
    <>
      <fieldset class="wizard" disabled={plan.status === "saving"}>
        {plan.dataset === null && (
          <section class="card wizard__part">
            <TextField
              id="name"
              label="Name of the dataset"
              value={plan.settings.name}
              problem={problemOf("name", plan.settings.name === "")}
              say={(name) => void model.change({ name }, "name")}
            />
          </section>
        )}
        {plan.dataset === null && <Volumes model={model} problemOf={problemOf} />}
        <Table model={model} problemOf={problemOf} />
        <section class="card wizard__part" aria-labelledby="cutout">
          <h2 id="cutout">Cutout</h2>
          <ThreeNumbers
            id="crop_size"
            label="Voxels of the clefts: x, y, z"
            whole
            isNeeded
            value={plan.settings.crop_size}
            problem={problemOf("crop_size")}
            help={plan.examined?.crop ? `${nm(plan.examined.crop.nm)}; it can be changed for each campaign` : undefined}
            say={(crop_size) => void model.change({ crop_size }, "crop_size")}
          />
        </section>
        <PreviewPart model={model} plan={plan} problem={problemOf("preview")} />
      </fieldset>
      <SavePart model={model} plan={plan} problem={problemOf("save")} />
    </>
  );
}

interface PartProps {
  readonly model: PlanModel;
  readonly plan: Plan;
  readonly problem: string | null;
}

/** Whether enough is known to draw something. */
function canDraw(plan: Plan): boolean {
  const problems = Object.keys(plan.problems).filter((field) => field !== "name");
  return problems.length === 0 && plan.examined?.table?.looked_at != null;
}

function PreviewPart({ model, plan, problem }: PartProps) {
  const { preview } = plan;
  const isMaking = preview.state === "making";
  return (
    <section class="card wizard__part" aria-labelledby="preview">
      <h2 id="preview">Preview</h2>
      {preview.state === "none" && (
        <p class="quiet">Five synapses of the table, as people will see them. Nothing is saved.</p>
      )}
      <div class="actions">
        <button
          type="button"
          class="button"
          disabled={!canDraw(plan) || isMaking || model.awaited.value !== ""}
          onClick={() => void model.preview(preview.state === "none" ? null : plan.settings.seed + 1)}
        >
          {preview.state === "none" ? "Show five synapses" : "Show five others"}
        </button>
        {preview.state === "ready" && <ThreeDimensions model={model} of={preview.instances.map((each) => each.key).join()} />}
      </div>
      <p role="status">
        {isMaking && "Five synapses are drawn…"}
        {preview.state === "ready" &&
          `Drawn from ${preview.is_whole ? "all" : "the first"} ${preview.rows.toLocaleString("en")} rows.`}
      </p>
      <Problem id="preview" problem={preview.state === "failed" ? preview.sentence : problem} />
      {preview.state === "ready" && <PreviewTiles url={model.setting.plan} instances={preview.instances} />}
    </section>
  );
}

/** The address is made anew for each preview: it holds the places of its synapses. */
function ThreeDimensions({ model, of }: { readonly model: PlanModel; readonly of: string }) {
  const [view, setView] = useState<View | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    setView(null);
    getNews(model.url("/neuroglancer"), null, { signal: leaving.signal })
      .then((news) => setView(parseView(news?.body)))
      .catch((error: unknown) => {
        if (!leaving.signal.aborted && !(error instanceof HttpError || error instanceof NetworkError)) {
          throw error;
        }
      });
    return () => leaving.abort(LEFT);
  }, [model, of]);
  if (view === null) {
    return null;
  }
  return (
    <>
      <a class="button" href={view.address} target="_blank" rel="noopener">
        Look at them in 3-D
      </a>
      {view.problems.map((each) => (
        <span class="form__help" key={each.layer}>
          {each.sentence}
        </span>
      ))}
    </>
  );
}

function SavePart({ model, plan, problem }: PartProps) {
  const { progress } = plan;
  const open = Object.entries(plan.problems);
  return (
    <section class="card wizard__part" aria-labelledby="save">
      <h2 id="save">Save</h2>
      {plan.status === "saving" ? (
        <Saving model={model} plan={plan} stage={progress?.stage ?? "waiting"} rows={progress?.rows ?? 0} />
      ) : (
        <>
          {plan.failure !== "" && (
            <div class="message message--error" role="alert">
              <p>{withoutField(plan.failure)}</p>
              {plan.refused_rows > 0 && (
                <p>
                  <a href={model.url("/refused.csv")} download>
                    All refused rows with the reasons, as CSV
                  </a>
                </p>
              )}
            </div>
          )}
          {model.tried.value && open.length > 0 && (
            <p class="form__error" role="alert">
              {open.length === 1 ? "One thing is" : `${open.length} things are`} not right yet; it is said above.
            </p>
          )}
          <Problem id="save" problem={model.tried.value && open.length > 0 ? null : problem} />
          <div class="actions">
            <button
              type="button"
              class="button button--main"
              disabled={model.awaited.value !== ""}
              onClick={() => void model.save()}
            >
              {plan.dataset === null ? "Save the dataset" : "Load the table"}
            </button>
            <a class="button" href={model.setting.datasets}>
              Later
            </a>
          </div>
          <p class="form__help" role="status">
            {model.awaited.value === "save"
              ? "What you have said is looked at first…"
              : progress?.stage === "fetching"
                ? `${STAGES.fetching}: ${progress.rows.toLocaleString("en")} MB…`
              : "What you have said is kept until you come back."}
          </p>
        </>
      )}
    </section>
  );
}

interface SavingProps {
  readonly model: PlanModel;
  readonly plan: Plan;
  readonly stage: string;
  readonly rows: number;
}

function Saving({ model, plan, stage, rows }: SavingProps) {
  return (
    <>
      <progress aria-label="Saving" />
      <p role="status">
        {plan.cancelling ? "Being cancelled" : (STAGES[stage] ?? stage)}
        {rows > 0 && `: ${rows.toLocaleString("en")} ${stage === "fetching" ? "MB" : "rows"}`}…
      </p>
      <div class="actions">
        <button type="button" class="button" disabled={plan.cancelling} onClick={() => void model.cancel()}>
          Cancel
        </button>
      </div>
    </>
  );
}

function Saved({ model, plan }: { readonly model: PlanModel; readonly plan: Plan }) {
  const { table } = plan;
  if (table === null) {
    return null;
  }
  const crop = plan.settings.crop_size.join(",");
  return (
    <section class="card" aria-labelledby="saved">
      <h2 id="saved">{table.dataset} is ready</h2>
      <p role="status">
        Table {table.name}, version {table.version}: {table.row_count.toLocaleString("en")} synapses.
      </p>
      <p class="quiet">
        Work along neurons needs their skeletons: the list of datasets leads to where one says where they come from.
      </p>
      <div class="actions">
        <a class="button button--main" href={`${model.setting.campaign}?table=${table.id}&crop=${crop}`}>
          Open a campaign on it
        </a>
        <a class="button" href={model.setting.datasets}>
          Datasets
        </a>
      </div>
    </section>
  );
}
