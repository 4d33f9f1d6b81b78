/** What the routes of the panels answer; times are seconds since 1970, or ISO 8601 texts. */

export interface Share {
  readonly n: number;
  readonly right: number;
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export type State = "unjudged" | "waiting" | "settled" | "disputed";
export type StepName = "hour" | "day" | "week";

export interface Progress {
  readonly made_at: string;
  readonly instances: number;
  readonly states: Readonly<Record<State, number>>;
  readonly labels: { readonly correct: number; readonly incorrect: number };
  readonly pages_done: number;
  readonly pages_total: number;
  readonly votes: number;
  readonly votes_needed: number;
  readonly series: {
    readonly step: StepName;
    readonly ends: readonly number[];
    readonly votes: readonly number[];
    readonly settled: readonly number[];
    readonly pages: readonly number[];
  };
  readonly forecast: {
    readonly state: "ok" | "done" | "too_early" | "stalled" | "far";
    readonly step: string;
    readonly history: number;
    readonly votes_per_day: number | null;
    readonly median: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly sentence: string;
  };
}

export interface PaceRow {
  readonly decisions: number;
  readonly active_hours: number;
  readonly per_hour: number | null;
}

export interface Pace {
  readonly sentence: string;
  readonly all: PaceRow;
  readonly series: {
    readonly step: StepName;
    readonly starts: readonly number[];
    readonly per_hour: readonly (number | null)[];
    readonly active_hours: readonly number[];
  };
}

export interface Pair {
  readonly first: number;
  readonly first_name: string;
  readonly second: number;
  readonly second_name: string;
  readonly instances: number;
  readonly agreed: number;
  readonly cohen_kappa: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Agreement {
  readonly sentence: string;
  readonly instances: number;
  readonly votes: number;
  readonly observed: number | null;
  readonly krippendorff_alpha: number | null;
  readonly fleiss_kappa: number | null;
  readonly fleiss_instances: number;
  readonly fleiss_votes: number;
  readonly pairs: readonly Pair[];
  readonly pairs_in_all: number;
}

export type Matrix = readonly (readonly number[])[];

export interface Annotator extends PaceRow {
  readonly user: number;
  readonly username: string;
  readonly name: string;
  readonly role: string;
  readonly paused: boolean;
  readonly pages: number;
  readonly skipped: number;
  readonly votes: number;
  readonly said: Readonly<Record<"correct" | "incorrect" | "unsure", number>>;
  readonly settled: Share & { readonly matrix: Matrix };
  readonly gold: Share & { readonly matrix: Matrix };
  readonly rates: Readonly<Record<string, Readonly<Record<string, number>>>> | null;
  readonly drift: { readonly before: Share; readonly latest: Share; readonly changed: number } | null;
  readonly series: readonly (readonly [number | null, number])[];
}

export interface Annotators {
  readonly sentence: string;
  readonly compared_with: string;
  readonly step: StepName;
  readonly starts: readonly number[];
  readonly people: readonly Annotator[];
}

export interface Kind {
  readonly key: string;
  readonly title: string;
  readonly votes: number;
  readonly instances: number;
}

export interface Categories {
  readonly sentence: string;
  readonly kinds: readonly Kind[];
}

export interface Overturn {
  readonly key: string;
  readonly title: string;
  readonly overturned: number;
  readonly upheld: number;
  readonly even: number;
  readonly rate: Share;
}

export interface Overturns {
  readonly sentence: string;
  readonly kinds: readonly Overturn[];
}

export interface VolumeMap {
  readonly plane: "xy" | "xz" | "yz";
  readonly low_nm: readonly [number, number];
  readonly high_nm: readonly [number, number];
  readonly judged: Matrix;
  readonly errors: Matrix;
}

export interface Cluster extends Share {
  readonly low_nm: readonly number[];
  readonly high_nm: readonly number[];
}

export interface Places {
  readonly sentence: string;
  readonly judged: number;
  readonly errors: number;
  readonly maps: readonly VolumeMap[];
  readonly clusters: readonly Cluster[];
}

export interface OpenLease {
  readonly user: number;
  readonly username: string;
  readonly name: string;
  readonly page: number;
  readonly kind: string;
  readonly since: string;
  readonly until: string | null;
  readonly last_at: string | null;
  readonly is_held: boolean;
}

export interface Leases {
  readonly sentence: string;
  readonly leases: readonly OpenLease[];
}

export interface Panels {
  readonly progress: Progress;
  readonly pace: Pace;
  readonly agreement: Agreement;
  readonly annotators: Annotators;
  readonly categories: Categories;
  readonly overturns: Overturns;
  readonly places: Places;
  readonly leases: Leases;
}

export type PanelName = keyof Panels;
