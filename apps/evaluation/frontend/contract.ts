/** What the routes of the panels answer, read strictly; times are seconds since 1970, or ISO 8601
 * texts. */

import {
  flag,
  list,
  nullable,
  number,
  object,
  pair,
  record,
  text,
  word,
  type Read,
  type Reader,
} from "../../core/frontend/readers";

const orNone = nullable(number);
const step = word("hour", "day", "week");
const matrix = list(list(number));

const shareFields = { n: number, right: number, share: orNone, low: orNone, high: orNone };
const share = object(shareFields);

const progress = object({
  made_at: text,
  instances: number,
  states: object({ unjudged: number, waiting: number, settled: number, disputed: number }),
  labels: object({ correct: number, incorrect: number }),
  pages_done: number,
  pages_total: number,
  votes: number,
  votes_needed: number,
  series: object({
    step,
    ends: list(number),
    votes: list(number),
    settled: list(number),
    pages: list(number),
  }),
  forecast: object({
    state: word("ok", "done", "too_early", "stalled", "far", "empty"),
    step: text,
    history: number,
    votes_per_day: orNone,
    median: orNone,
    low: orNone,
    high: orNone,
    sentence: text,
  }),
});

const paceFields = { decisions: number, active_hours: number, per_hour: orNone };

const pace = object({
  sentence: text,
  all: object(paceFields),
  series: object({
    step,
    starts: list(number),
    per_hour: list(orNone),
    active_hours: list(number),
  }),
});

const pairOfPeople = object({
  first: number,
  first_name: text,
  second: number,
  second_name: text,
  instances: number,
  agreed: number,
  cohen_kappa: orNone,
  low: orNone,
  high: orNone,
});

const agreement = object({
  sentence: text,
  instances: number,
  votes: number,
  observed: orNone,
  krippendorff_alpha: orNone,
  fleiss_kappa: orNone,
  fleiss_instances: number,
  fleiss_votes: number,
  pairs: list(pairOfPeople),
  pairs_in_all: number,
});

const compared = object({ ...shareFields, matrix });

const annotator = object({
  ...paceFields,
  user: number,
  username: text,
  name: text,
  role: text,
  paused: flag,
  pages: number,
  skipped: number,
  votes: number,
  said: object({ correct: number, incorrect: number, unsure: number }),
  settled: compared,
  gold: compared,
  rates: nullable(record(record(number))),
  drift: nullable(object({ before: share, latest: share, changed: number })),
  series: list(pair(orNone, number)),
});

const annotators = object({
  sentence: text,
  compared_with: text,
  step,
  starts: list(number),
  people: list(annotator),
});

const kind = object({ key: text, title: text, votes: number, instances: number });
const categories = object({ sentence: text, kinds: list(kind) });

const overturn = object({
  key: text,
  title: text,
  overturned: number,
  upheld: number,
  even: number,
  rate: share,
});
const overturns = object({ sentence: text, kinds: list(overturn) });

const volumeMap = object({
  plane: word("xy", "xz", "yz"),
  low_nm: pair(number, number),
  high_nm: pair(number, number),
  judged: matrix,
  errors: matrix,
});

const cluster = object({ ...shareFields, low_nm: list(number), high_nm: list(number) });

const places = object({
  sentence: text,
  judged: number,
  errors: number,
  maps: list(volumeMap),
  clusters: list(cluster),
});

const openLease = object({
  user: number,
  username: text,
  name: text,
  page: number,
  kind: text,
  since: text,
  until: nullable(text),
  last_at: nullable(text),
  is_held: flag,
});
const leases = object({ sentence: text, leases: list(openLease) });

const PANELS = {
  progress,
  pace,
  agreement,
  annotators,
  categories,
  overturns,
  places,
  leases,
} as const;

export type PanelName = keyof typeof PANELS;
export type Panels = { readonly [Name in PanelName]: Read<(typeof PANELS)[Name]> };

export type Share = Read<typeof share>;
export type Progress = Panels["progress"];
export type State = keyof Progress["states"];
export type Pace = Panels["pace"];
export type Agreement = Panels["agreement"];
export type Pair = Read<typeof pairOfPeople>;
export type Matrix = Read<typeof matrix>;
export type Annotators = Panels["annotators"];
export type Annotator = Read<typeof annotator>;
export type Kind = Read<typeof kind>;
export type Categories = Panels["categories"];
export type Overturn = Read<typeof overturn>;
export type Overturns = Panels["overturns"];
export type VolumeMap = Read<typeof volumeMap>;
export type Cluster = Read<typeof cluster>;
export type Places = Panels["places"];
export type Leases = Panels["leases"];
export type OpenLease = Read<typeof openLease>;

/** Reads what the route of a panel answered. Throws FieldError naming the field. */
export function parsePanel<Name extends PanelName>(name: Name, body: unknown): Panels[Name] {
  const read: Reader<unknown> = PANELS[name];
  return read(body, name) as Panels[Name];
}
