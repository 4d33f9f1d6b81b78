import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";

import {
  bundleWorkers,
  NEUROGLANCER_CONDITIONS,
  NEUROGLANCER_ICONS,
} from "./apps/datasets/frontend/neuroglancer/bundling.ts";
import { readPropertiesPlainly } from "./apps/datasets/frontend/neuroglancer/annotation_properties.ts";
import { tellRefusedChunks } from "./apps/datasets/frontend/neuroglancer/refused_chunks.ts";


// Entries are named by their path in templates: {% frontend "apps/…/frontend/…" %}.
export default defineConfig({
  base: "/static/",
  publicDir: false,
  plugins: [bundleWorkers(), tellRefusedChunks(), readPropertiesPlainly()],
  resolve: {
    alias: [...NEUROGLANCER_ICONS],
    conditions: [...NEUROGLANCER_CONDITIONS, ...defaultClientConditions],
  },
  worker: { format: "es", plugins: () => [bundleWorkers(), tellRefusedChunks(), readPropertiesPlainly()] },
  build: {
    outDir: "build/frontend",
    emptyOutDir: false, // a running copy still serves what it was started with
    manifest: "manifest.json",
    chunkSizeWarningLimit: 1500, // Neuroglancer
    target: "es2022",
    rollupOptions: {
      input: [
        "apps/cave_sync/frontend/cave.ts",
        "apps/cave_sync/frontend/dashboard_lines.tsx",
        "apps/core/frontend/app.css",
        "apps/core/frontend/questions.ts",
        "apps/core/frontend/told_times.ts",
        "apps/campaigns/frontend/manage.ts",
        "apps/campaigns/frontend/preparing.ts",
        "apps/datasets/frontend/datasets.css",
        "apps/datasets/frontend/neuroglancer/client.ts",
        "apps/datasets/frontend/plan.tsx",
        "apps/datasets/frontend/skeletons.ts",
        "apps/evaluation/frontend/dashboard.tsx",
        "apps/exports/frontend/exports.tsx",
        "apps/exports/frontend/restore.tsx",
        "apps/proofreading/frontend/cards/cards.tsx",
        "apps/proofreading/frontend/grid.tsx",
        "apps/proofreading/frontend/leftovers_page.ts",
        "apps/revision/frontend/leftovers_page.ts",
        "apps/revision/frontend/looking/look.tsx",
        "apps/revision/frontend/missed/missed.tsx",
        "apps/revision/frontend/revise.tsx",
      ],
    },
  },
  test: {
    include: ["apps/*/frontend/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    env: { TZ: "America/St_Johns" }, // far enough from UTC, by half hours, for a time that is told in the wrong zone to be seen
    restoreMocks: true,
  },
});
