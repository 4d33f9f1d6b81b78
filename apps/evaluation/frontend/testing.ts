/** Panels for tests. */

import type { Annotator, OpenLease, Panels, Progress, Share } from "./contract";

export const NO_SHARE: Share = { n: 0, right: 0, share: null, low: null, high: null };

export function share(right: number, n: number, half = 0.02): Share {
  const value = right / n;
  return { n, right, share: value, low: value - half, high: value + half };
}

const EMPTY_MATRIX = [
  [0, 0, 0],
  [0, 0, 0],
];

export function annotator(user: number, changes: Partial<Annotator> = {}): Annotator {
  return {
    user,
    username: `person${user}`,
    name: `Person ${user}`,
    role: "annotator",
    paused: false,
    pages: 3,
    skipped: 0,
    votes: 36,
    decisions: 36,
    active_hours: 0.1,
    per_hour: 360,
    said: { correct: 30, incorrect: 5, unsure: 1 },
    settled: { ...share(95, 100), matrix: EMPTY_MATRIX },
    gold: { ...NO_SHARE, matrix: EMPTY_MATRIX },
    rates: null,
    drift: null,
    series: [],
    ...changes,
  };
}

export function progress(changes: Partial<Progress> = {}): Progress {
  return {
    made_at: "2026-05-22T12:00:00Z",
    instances: 100,
    states: { settled: 40, disputed: 0, waiting: 60, unjudged: 0 },
    labels: { correct: 36, incorrect: 4 },
    pages_done: 10,
    pages_total: 20,
    votes: 150,
    votes_needed: 50,
    series: { step: "day", ends: [], votes: [], settled: [], pages: [] },
    forecast: {
      state: "too_early",
      step: "day",
      history: 0,
      votes_per_day: null,
      median: null,
      low: null,
      high: null,
      sentence: "Too early.",
    },
    ...changes,
  };
}

export function people(...rows: readonly Annotator[]): Panels["annotators"] {
  return { sentence: "", compared_with: "", step: "week", starts: [], people: rows };
}

export function openLease(page: number): OpenLease {
  return {
    user: 5,
    username: "person5",
    name: "Person 5",
    page,
    kind: "ordinary",
    since: "2026-05-22T12:00:00Z",
    until: null,
    last_at: null,
    is_held: true,
  };
}

const PACE_ROW = { decisions: 0, active_hours: 0, per_hour: null };

/** Every panel of a campaign in which nothing has been judged. */
export const EMPTY_PANELS: Panels = {
  progress: progress(),
  pace: {
    sentence: "",
    all: PACE_ROW,
    series: { step: "day", starts: [], per_hour: [], active_hours: [] },
  },
  agreement: {
    sentence: "",
    instances: 0,
    votes: 0,
    observed: null,
    krippendorff_alpha: null,
    fleiss_kappa: null,
    fleiss_instances: 0,
    fleiss_votes: 0,
    pairs: [],
    pairs_in_all: 0,
  },
  annotators: people(annotator(5)),
  categories: { sentence: "", kinds: [] },
  overturns: { sentence: "", kinds: [] },
  places: { sentence: "", judged: 0, errors: 0, maps: [], clusters: [] },
  leases: { sentence: "", leases: [] },
};
