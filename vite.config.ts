import { defineConfig } from "vitest/config";

// Entries are named by their path in templates: {% frontend "apps/…/frontend/…" %}.
export default defineConfig({
  base: "/static/",
  publicDir: false,
  build: {
    outDir: "build/frontend",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    rollupOptions: {
      input: [
        "apps/core/frontend/app.css",
        "apps/core/frontend/questions.ts",
        "apps/campaigns/frontend/manage.ts",
        "apps/campaigns/frontend/preparing.ts",
        "apps/evaluation/frontend/dashboard.tsx",
        "apps/proofreading/frontend/grid.tsx",
        "apps/proofreading/frontend/leftovers_page.ts",
      ],
    },
  },
  test: {
    include: ["apps/*/frontend/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    restoreMocks: true,
  },
});
