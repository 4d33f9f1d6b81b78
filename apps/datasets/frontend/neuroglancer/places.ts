/** Places in Neuroglancer, which counts in voxels of its own, as nm. */

export type Triple = readonly [number, number, number];

/** What is used of Neuroglancer's viewer. */
export interface Placed {
  readonly coordinateSpace: {
    readonly value: { readonly names: readonly string[]; readonly scales: ArrayLike<number> };
  };
}

const NM = 1e-9;
const AXES = ["x", "y", "z"] as const;

/** The size of what the viewer counts in. */
export function voxelNm({ coordinateSpace: { value } }: Placed): Triple {
  const [x, y, z] = AXES.map((axis) => (value.scales[value.names.indexOf(axis)] ?? NM) / NM);
  return [x ?? 1, y ?? 1, z ?? 1];
}

export function toNm(viewer: Placed, position: ArrayLike<number>): Triple {
  const [x, y, z] = voxelNm(viewer);
  return [(position[0] ?? 0) * x, (position[1] ?? 0) * y, (position[2] ?? 0) * z];
}
