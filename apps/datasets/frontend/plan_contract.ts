/** What the server says of a plan, read strictly. */

import {
  flag,
  list,
  nullable,
  number,
  object,
  record,
  recordOf,
  text,
  type Read,
  type Reader,
} from "../../core/frontend/readers";

export type Triple = readonly [number, number, number];

const triple: Reader<Triple> = (value, name) => {
  const [x, y, z] = list(number)(value, name);
  return [x ?? Number.NaN, y ?? Number.NaN, z ?? Number.NaN];
};

/** A field that need not be there. */
function optional<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value, name) => (value === undefined || value === null ? null : reader(value, name));
}

const anything: Reader<Readonly<Record<string, unknown>>> = recordOf;

/** Plans of before do not know of it. */
const flagOfToday: Reader<boolean> = (value, name) => value !== undefined && flag(value, name);

const volumeSettings = object({
  address: text,
  secret: text,
  mip: number,
  axis_order: text,
  resolution: nullable(triple),
  is_sparse: flag,
  refused_is_absent: flagOfToday,
});

/** Plans of before know of no secret of a table. */
const secretOfTable: Reader<string> = (value, name) => (value === undefined ? "" : text(value, name));

const tableSettings = object({
  path: text,
  secret: secretOfTable,
  name: text,
  layout: nullable(text),
  mapping: nullable(anything),
  unit: nullable(text),
  resolution: nullable(triple),
  skip_refused: flag,
  leave_out: optional(list(text)),
});

const scale = object({
  mip: number,
  resolution_nm: triple,
  size: triple,
  offset: triple,
  chunk: triple,
  encoding: text,
});

const foundVolume = object({
  scales: list(scale),
  dtype: optional(text),
  resolution_nm: optional(triple),
  bounds: optional(object({ lo: triple, hi: triple })),
});

const meaning = object({ unit: text, resolution_nm: triple, usable: number });

const foundTable = object({
  name: text,
  columns: list(text),
  rows: list(list(text)),
  layout: optional(text),
  mapping: optional(anything),
  unit: optional(text),
  resolution_nm: optional(triple),
  guessed: optional(list(text)),
  looked_at: optional(number),
  usable: optional(number),
  faults: optional(list(text)),
  others: optional(list(text)),
  left_out: optional(list(text)),
  meanings: optional(list(meaning)),
});

const instance = object({ row: number, source_id: text, key: text, center: triple });

const preview = object({
  state: text,
  sentence: text,
  rows: number,
  is_whole: flag,
  instances: list(instance),
});

const examined = object({
  volumes: record(foundVolume),
  tables: list(text),
  table: nullable(foundTable),
  crop: nullable(object({ nm: triple, image_voxels: triple })),
});

const planOf = object({
  id: number,
  dataset: nullable(text),
  status: text,
  upload: nullable(object({ name: text, size: number })),
  is_examined: flag,
  examined: nullable(examined),
  problems: record(text),
  preview,
  progress: nullable(object({ stage: text, rows: number })),
  cancelling: flag,
  failure: text,
  refused_rows: number,
  table: nullable(object({ id: number, dataset: text, name: text, version: number, row_count: number })),
});

export type VolumeSettings = Read<typeof volumeSettings>;
export type TableSettings = Read<typeof tableSettings>;
export type FoundVolume = Read<typeof foundVolume>;
export type FoundTable = Read<typeof foundTable>;
export type Meaning = Read<typeof meaning>;
export type Preview = Read<typeof preview>;
export type Instance = Read<typeof instance>;

export interface Settings {
  readonly name: string;
  readonly table: TableSettings;
  readonly crop_size: Triple;
  readonly seed: number;
  readonly volumes: Readonly<Record<string, VolumeSettings>>;
}

export type Plan = Read<typeof planOf> & { readonly settings: Settings };

export const NO_VOLUME: VolumeSettings = {
  address: "",
  secret: "",
  mip: 0,
  axis_order: "xyz",
  resolution: null,
  is_sparse: false,
  refused_is_absent: false,
};

/** Reads a plan; `kinds` are the volumes that there may be. Throws FieldError naming the field. */
export function parsePlan(body: unknown, kinds: readonly string[]): Plan {
  const source = recordOf(recordOf(body, "plan")["settings"], "plan.settings");
  const given = kinds.filter((kind) => source[kind] !== undefined);
  const volumes = given.map((kind) => [kind, volumeSettings(source[kind], `settings.${kind}`)]);
  return {
    ...planOf(body, "plan"),
    settings: {
      name: text(source["name"], "settings.name"),
      table: tableSettings(source["table"], "settings.table"),
      crop_size: triple(source["crop_size"], "settings.crop_size"),
      seed: number(source["seed"], "settings.seed"),
      volumes: Object.fromEntries(volumes) as Record<string, VolumeSettings>,
    },
  };
}

const viewOf = object({ address: text, problems: list(object({ layer: text, sentence: text })) });

export type View = Read<typeof viewOf>;

export function parseView(body: unknown): View {
  return viewOf(body, "view");
}

/** What the page is told of the server. */
const settingOf = object({
  plan: text,
  datasets: text,
  campaign: text,
  kinds: list(text),
  needed: list(text),
  secrets: list(text),
});

export type Setting = Read<typeof settingOf>;

export function parseSetting(json: string): Setting {
  return settingOf(JSON.parse(json), "setting");
}
