/** The table of synapses: where it is, what its columns hold, what its coordinates mean. */

import { asPoint, columnsOf, fitting, pointColumns } from "./mapping";
import type { FoundTable, Plan, TableSettings, Triple } from "./plan_contract";
import type { PlanModel } from "./plan_model";
import { OtherColumns } from "./wizard_columns";
import { Check, Choice, nm, Problem, TextField, ThreeNumbers } from "./wizard_fields";

const POINTS = [
  ["center", "Centre"],
  ["pre_pt", "Point at the presynaptic side"],
  ["post_pt", "Point at the postsynaptic side"],
] as const;
const NUMBERS = [
  ["id", "Id of the synapse"],
  ["pre_root_id", "Presynaptic neuron"],
  ["post_root_id", "Postsynaptic neuron"],
  ["score", "Score"],
  ["size", "Size"],
] as const;
const LAYOUTS: Readonly<Record<string, string>> = {
  synanno: "SynAnno's",
  cave: "CAVE's",
  h01: "H01's",
  mapping: "of its own",
};
const OWN = "own";

interface TableProps {
  readonly model: PlanModel;
  readonly problemOf: (field: string, isEmpty?: boolean) => string | null;
}

export function Table({ model, problemOf }: TableProps) {
  const plan = model.plan.value;
  if (plan === null) {
    return null;
  }
  const given = plan.settings.table;
  const found = plan.examined?.table ?? null;
  const say = (part: Partial<TableSettings>, field: string) => void model.changeTable(part, field);
  return (
    <section class="card wizard__part" aria-labelledby="table-of-synapses">
      <h2 id="table-of-synapses">Table of synapses</h2>
      {plan.dataset !== null && <NameField plan={plan} problemOf={problemOf} say={say} />}
      <div class="form__columns">
        <UploadField model={model} />
        <TextField
          id="table"
          label="…or its path on the server, or an address"
          value={given.path}
          placeholder="/data/synapses.parquet"
          say={(path) => say({ path }, "table")}
        />
      </div>
      <Problem id="table" problem={problemOf("table", given.path === "" && plan.upload === null)} />
      {(given.secret !== "" || (given.path.includes("://") && model.setting.secrets.length > 0)) && (
        <Choice
          id="table_secret"
          label="Secret that opens the address"
          value={given.secret}
          problem={problemOf("table_secret")}
          options={[["", "none"], ...model.setting.secrets.map((each) => [each, each] as const)]}
          say={(secret) => say({ secret }, "table_secret")}
        />
      )}
      {found !== null && <FirstRows found={found} />}
      {(found !== null || problemOf("table") !== null) && (
        <div class="form__columns">
          <Choice
            id="layout"
            label="Layout"
            value={given.mapping !== null ? OWN : (given.layout ?? "")}
            problem={problemOf("layout") ?? (given.mapping === null ? problemOf("mapping") : null)}
            options={[
              ["", found?.layout == null ? "as its columns tell" : `found: ${LAYOUTS[found.layout] ?? found.layout}`],
              ["synanno", "SynAnno's"],
              ["cave", "CAVE's"],
              ["h01", "H01's"],
              [OWN, "of its own, as said below"],
            ]}
            say={(value) =>
              say(
                value === OWN
                  ? { layout: null, mapping: found?.mapping ?? {} }
                  : { layout: value === "" ? null : value, mapping: null },
                "layout",
              )
            }
          />
          <Choice
            id="unit"
            label="Coordinates are"
            value={given.unit ?? ""}
            problem={problemOf("unit")}
            options={[
              ["", found?.unit ? `found: ${found.unit}` : "as is found"],
              ["voxels", "voxels"],
              ["nm", "nm"],
            ]}
            say={(unit) => say({ unit: unit === "" ? null : unit }, "unit")}
          />
          <ThreeNumbers
            id="table_resolution"
            label="nm of a voxel of the table: x, y, z"
            value={given.resolution}
            placeholder={found?.resolution_nm ?? null}
            problem={problemOf("table_resolution")}
            say={(resolution) => say({ resolution }, "table_resolution")}
          />
        </div>
      )}
      {given.mapping !== null && (
        <Mapping mapping={given.mapping} columns={plan.is_examined ? columnsOf(found) : []} say={say} problemOf={problemOf} />
      )}
      {found !== null && <Meanings found={found} say={say} />}
      {found !== null && (
        <OtherColumns
          found={found}
          leaveOut={given.leave_out}
          problem={problemOf("leave_out")}
          say={(leave_out) => say({ leave_out }, "leave_out")}
        />
      )}
      <Check
        label="Leave out rows that cannot be used, and keep them as a file"
        value={given.skip_refused}
        say={(skip_refused) => say({ skip_refused }, "table")}
      />
    </section>
  );
}

/** Of which of the dataset's tables it is the next version, or what a new one is called. */
function NameField({ plan, problemOf, say }: NameProps) {
  const tables = plan.examined?.tables ?? [];
  return (
    <TextField
      id="table_name"
      label="Name of the table"
      value={plan.settings.table.name}
      placeholder={tables.length === 1 ? (tables[0] ?? "") : ""}
      offered={tables}
      problem={problemOf("table_name")}
      help={
        tables.length > 0 && `The name of a table that is there (${tables.join(", ")}) makes its next version.`
      }
      say={(name) => say({ name }, "table_name")}
    />
  );
}

interface NameProps extends Pick<TableProps, "problemOf"> {
  readonly plan: Plan;
  readonly say: Say;
}

function UploadField({ model }: { readonly model: PlanModel }) {
  const upload = model.plan.value?.upload ?? null;
  return (
    <div class="form__row">
      <label for="file">Send the file: CSV, Parquet, Feather</label>
      <input
        id="file"
        type="file"
        aria-describedby="table-problem"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) {
            void model.upload(file);
          }
          event.currentTarget.value = "";
        }}
      />
      {upload !== null && (
        <p class="form__help">
          {upload.name}, {Math.ceil(upload.size / 1024).toLocaleString("en")} KB{" "}
          <button type="button" class="button button--quiet" onClick={() => void model.forgetFile()}>
            Remove
          </button>
        </p>
      )}
    </div>
  );
}

function FirstRows({ found }: { readonly found: FoundTable }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="First rows of the table">
      <table class="table wizard__rows">
        <caption class="visually-hidden">The first rows of {found.name}</caption>
        <thead>
          <tr>
            {found.columns.map((column, place) => (
              <th scope="col" key={place}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.rows.map((row, number) => (
            <tr key={number}>
              {row.map((value, place) => (
                <td key={place}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What coordinates are, in words. */
function told(unit: string, sizes: Triple): string {
  return unit === "nm" ? "nm" : `${unit} of ${nm(sizes)}`;
}

type Say = (part: Partial<TableSettings>, field: string) => void;

function Meanings({ found, say }: { readonly found: FoundTable; readonly say: Say }) {
  const { usable, looked_at: lookedAt, meanings, faults } = found;
  if (usable === null || lookedAt === null || found.resolution_nm === null) {
    return null;
  }
  const others = (meanings ?? []).filter(
    (each) => each.unit !== found.unit || each.resolution_nm.join() !== found.resolution_nm?.join(),
  );
  return (
    <div class="meanings">
      <p role="status">
        <strong>
          {usable.toLocaleString("en")} of the first {lookedAt.toLocaleString("en")}
        </strong>{" "}
        synapses can be used, with coordinates in {told(found.unit ?? "", found.resolution_nm)}.
      </p>
      {(faults ?? []).length > 0 && (
        <ul class="form__help">
          {faults?.map((fault) => <li key={fault}>{fault}</li>)}
        </ul>
      )}
      {others.length > 0 && (
        <ul class="meanings__others">
          {others.map((each) => (
            <li key={`${each.unit} ${each.resolution_nm.join()}`}>
              <span>
                in {told(each.unit, each.resolution_nm)}: {each.usable.toLocaleString("en")}
              </span>
              <button
                type="button"
                class="button button--quiet"
                onClick={() => say({ unit: each.unit, resolution: each.resolution_nm }, "table_resolution")}
              >
                Take this
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface MappingProps extends Pick<TableProps, "problemOf"> {
  readonly mapping: NonNullable<TableSettings["mapping"]>;
  readonly columns: readonly string[];
  readonly say: Say;
}

function Mapping(props: MappingProps) {
  const { columns, say, problemOf } = props;
  const mapping = fitting(props.mapping, columns);
  const put = (key: string, value: unknown) => {
    const { [key]: _, ...others } = mapping;
    say({ mapping: value === "" ? others : { ...others, [key]: value } }, "mapping");
  };
  return (
    <fieldset class="fields">
      <legend>Which column holds what</legend>
      <Problem id="mapping" problem={problemOf("mapping")} />
      <div class="form__columns mapping">
        {POINTS.map(([key, words]) => (
          <PointChoice key={key} id={key} label={words} value={mapping[key]} columns={columns} say={(value) => put(key, value)} />
        ))}
        {NUMBERS.map(([key, words]) => (
          <Choice
            key={key}
            id={`map-${key}`}
            label={words}
            value={typeof mapping[key] === "string" ? (mapping[key] as string) : ""}
            options={optionsOf(columns, [mapping[key]])}
            say={(value) => put(key, value)}
          />
        ))}
      </div>
    </fieldset>
  );
}

/** Three columns, or the first alone for a column of lists. */
function PointChoice(props: {
  readonly id: string;
  readonly label: string;
  readonly value: unknown;
  readonly columns: readonly string[];
  readonly say: (value: unknown) => void;
}) {
  const chosen = pointColumns(props.value, props.columns);
  const put = (place: number, column: string) =>
    props.say(asPoint([0, 1, 2].map((each) => (each === place ? column : (chosen[each] ?? "")))));
  return (
    <fieldset class="form__row form__row--crop">
      <legend>{props.label}: x, y, z, or one column of lists</legend>
      <div class="form__triple">
        {["x", "y", "z"].map((axis, place) => (
          <select
            key={axis}
            aria-label={`${props.label}, ${axis}`}
            title={chosen[place]}
            onChange={(event) => put(place, event.currentTarget.value)}
          >
            {optionsOf(props.columns, chosen).map(([value, words]) => (
              <option key={value} value={value} selected={value === (chosen[place] ?? "")}>
                {words}
              </option>
            ))}
          </select>
        ))}
      </div>
    </fieldset>
  );
}

/** The columns, and what was chosen though no column is called so. */
function optionsOf(columns: readonly string[], chosen: readonly unknown[]): readonly (readonly [string, string])[] {
  const names = new Set([...columns, ...chosen.filter((each): each is string => typeof each === "string")]);
  names.delete("");
  return [["", "–"], ...[...names].map((name) => [name, name] as const)];
}
