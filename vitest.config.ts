import { existsSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { availableParallelism, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/**
 * Limits for a machine that does many other things: a test that fails at one of them hangs. A condition that is waited for is looked at
 * often, so that no wait is longer than what it waits for.
 */
const PATIENT = { testTimeout: 120_000, hookTimeout: 60_000, expect: { poll: { timeout: 60_000, interval: 5 } } };

const suite = (name: string, include: string[], options: object = {}) => ({
  // The examples use the package as its users do.
  resolve: { alias: { flowferry: fileURLToPath(new URL("src/index.ts", import.meta.url)) } },
  test: { name, include, ...PATIENT, restoreMocks: true, unstubEnvs: true, ...options },
});

// Its thresholds were measured with what Vite loads.
const isForCoverage = process.argv.some((arg) => arg.startsWith("--coverage"));

/** What is loaded as Node itself loads it, which is as the program runs, without Vite between: it takes a tenth less. */
const NATIVE = isForCoverage ? {} : { experimental: { viteModuleRunner: false, nodeLoader: false } };

const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 4 * 1024 ** 3;

/** Where temporary folders are made: in memory where it has room, for a disk takes a tenth of all time. What is left there goes at the end. */
function temporary(): { TMPDIR?: string } {
  if (process.env.TMPDIR !== undefined || !existsSync(MEMORY)) return {};
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize < ENOUGH_BYTES) return {};
  // Vitest loads this file for each project.
  const TMPDIR = join(MEMORY, `flowferry-tests-${process.pid}`);
  if (existsSync(TMPDIR)) return { TMPDIR };
  // Some tests become another user.
  mkdirSync(TMPDIR, { mode: 0o711 });
  process.once("exit", () => rmSync(TMPDIR, { recursive: true, force: true }));
  return { TMPDIR };
}

/** Files of such a suite share a process and what it has loaded. None leaves behind what another would see. */
const SHARED = { isolate: false, setupFiles: ["test/properties.ts", "test/modules.ts"], env: temporary(), ...NATIVE };

/** Of suites that start the program as a process. */
const BUILT = { globalSetup: "test/journeys/built.ts" };

// Processes of tests keep what they compile, from one run to the next.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), `flowferry-compile-cache-${userInfo().uid}`);

export default defineConfig({
  test: {
    // More than there are cores: a file that waits, for a clock, a process or a thread, leaves its core to another. What a further worker
    // loads costs some seconds, so not many.
    maxWorkers: availableParallelism() * 2,
    coverage: {
      provider: "v8",
      include: ["src/delivery/**", "src/ledger/**"],
      reporter: "text",
      // Just below what is measured.
      thresholds: { "src/delivery/**": { branches: 90, lines: 97 }, "src/ledger/**": { branches: 92, lines: 97 } },
    },
    projects: [
      suite("unit", ["test/unit/**/*.test.ts"], SHARED),
      suite("contracts", ["test/contracts/**/*.test.ts"], SHARED),
      suite("journeys", ["test/journeys/**/*.test.ts"], { ...SHARED, ...BUILT, testTimeout: 300_000 }),
      suite("kills", ["test/kills/**/*.test.ts"], { ...BUILT, testTimeout: 1_800_000 }),
      suite("package", ["test/package/**/*.test.ts"], { testTimeout: 180_000, hookTimeout: 600_000 }),
      suite("deploy", ["test/deploy/**/*.test.ts"], {
        testTimeout: 300_000,
        hookTimeout: 1_800_000,
        fileParallelism: false,
      }),
      suite("engines", ["test/engines/**/*.test.ts"], { testTimeout: 600_000, hookTimeout: 1_800_000 }),
      suite("kafka", ["test/kafka/**/*.test.ts"], {
        ...BUILT,
        testTimeout: 300_000,
        hookTimeout: 1_200_000,
        fileParallelism: false,
      }),
      suite("backends", ["test/backends/**/*.test.ts"], {
        ...BUILT,
        testTimeout: 300_000,
        hookTimeout: 1_800_000,
        fileParallelism: false,
      }),
    ],
  },
});
