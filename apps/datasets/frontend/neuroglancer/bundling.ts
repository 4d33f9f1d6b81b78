/** How Vite bundles Neuroglancer: what of it, and what its package lacks. */

import { fileURLToPath } from "node:url";

import type { Alias, Plugin } from "vite";

/** All else that Neuroglancer can read and show is left out. */
const PARTS = [
  "datasource/precomputed",
  "datasource/graphene",
  "kvstore/http",
  "kvstore/gcs",
  "kvstore/s3",
  "kvstore/gzip",
  "kvstore/middleauth",
  "layer/annotation",
  "layer/image",
  "layer/segmentation",
];

/** Conditions of the package's imports, see its package.json. */
export const NEUROGLANCER_CONDITIONS: readonly string[] = [
  ...["datasource", "kvstore", "layer"].map((kind) => `neuroglancer/${kind}:none_by_default`),
  ...PARTS.map((part) => `neuroglancer/${part}:enabled`),
];

/** Icons that its own fork of ikonate has, and the published package has not. */
export const NEUROGLANCER_ICONS: readonly Alias[] = ["code-alt", "controls-alt", "layers"].map(
  (name) => ({
    find: new RegExp(`^ikonate/icons/${name}\\.svg`),
    replacement: fileURLToPath(new URL(`icons/${name}.svg`, import.meta.url)),
  }),
);

/** A comment before the address of a worker keeps Vite from bundling it. */
export function bundleWorkers(): Plugin {
  return {
    name: "neuroglancer-workers",
    transform: {
      filter: { id: /\/neuroglancer\/lib\//, code: "new Worker(" },
      handler: (code) => code.replace(/(new Worker\(\s*)\/\*.*?\*\//s, "$1"),
    },
  };
}
