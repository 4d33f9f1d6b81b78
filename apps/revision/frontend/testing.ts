/** Helpers of tests: an instance of three slices of 4 × 4 voxels, as the server tells it. */

import type { Easel, Marker, Proposal, Revised, SliceState } from "./contract";

export const ORIGINAL_RUNS: ReadonlyMap<number, readonly number[]> = new Map([
  [10, [16]],
  [11, [4, 2, 10]],
  [12, [4, 2, 10]],
]);

export function stateOf(z: number, some: Partial<SliceState> = {}): SliceState {
  return { z, number: 0, runs: null, origin: "volume", by: null, at: null, ...some };
}

export function markerOf(some: Partial<Marker> = {}): Marker {
  return {
    number: 0,
    voxel: [101, 202, 11],
    nm: [812, 1620, 379.5],
    origin: "table",
    by: null,
    at: null,
    checked: false,
    segment: null,
    problem: null,
    advice: null,
    swapped: false,
    ...some,
  };
}

export function easelOf(some: Partial<Easel> = {}): Easel {
  return {
    box: { lo: [100, 200, 10], hi: [104, 204, 13] },
    resolution_nm: [8, 8, 33],
    table_resolution_nm: [8, 8, 33],
    image_nm: { lo: [0, 0, 0], hi: [80_000, 80_000, 33_000] },
    middle_z: 11,
    slices: [stateOf(10), stateOf(11), stateOf(12)],
    markers: { pre: markerOf(), post: markerOf({ nm: null, voxel: null }) },
    proposals: [],
    methods: [
      { key: "classical", title: "Between slices", available: true, sentence: null },
      { key: "unet", title: "3-D U-Net", available: false, sentence: "There is no checkpoint." },
    ],
    ...some,
  };
}

export function proposalOf(some: Partial<Proposal> = {}): Proposal {
  return {
    id: 1,
    method: "classical",
    status: "ready",
    failure: null,
    seeds: [11],
    slices: [
      { z: 10, runs: [0, 4, 12], how: "beyond", confidence: 0.6, fate: null },
      { z: 12, runs: [0, 8, 8], how: "beyond", confidence: 0.4, fate: null },
    ],
    ...some,
  };
}

export function revisedOf(some: Partial<Revised> = {}): Revised {
  const names = [
    ...(["easel", "picture", "slices", "versions", "restore", "markers", "swap"] as const),
    ...(["reset", "proposals", "renew", "finish", "release", "neuroglancer", "details"] as const),
  ];
  const urls = Object.fromEntries(names.map((name) => [name, `/r/${name}`]));
  return {
    id: 5,
    number: 3,
    origin: "table",
    source_id: "42",
    label: "incorrect",
    categories: [{ key: "badFit", title: "Mask does not fit" }],
    note: "shifted",
    again: "",
    expires_at: "2026-01-01T11:00:00Z",
    lease_s: 1800,
    token: "a-token",
    urls: urls as unknown as Revised["urls"],
    ...some,
  };
}
