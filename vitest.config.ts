import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const suite = (name: string, include: string[], options: object = {}) => ({
  // The examples use the package as its users do.
  resolve: { alias: { flowferry: fileURLToPath(new URL("src/index.ts", import.meta.url)) } },
  test: { name, include, ...options },
});

export default defineConfig({
  test: {
    projects: [
      suite("unit", ["test/unit/**/*.test.ts"]),
      suite("contracts", ["test/contracts/**/*.test.ts"]),
      suite("journeys", ["test/journeys/**/*.test.ts"], { testTimeout: 180_000, hookTimeout: 60_000 }),
      suite("kills", ["test/kills/**/*.test.ts"], { testTimeout: 1_800_000, hookTimeout: 60_000 }),
      suite("package", ["test/package/**/*.test.ts"], { testTimeout: 180_000, hookTimeout: 600_000 }),
      suite("backends", ["test/backends/**/*.test.ts"], {
        testTimeout: 300_000,
        hookTimeout: 1_800_000,
        fileParallelism: false,
      }),
    ],
  },
});
