import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const suite = new URL("./missing.case.ts", import.meta.url);

export default defineConfig({ test: { include: [fileURLToPath(suite)], root: import.meta.dirname } });
