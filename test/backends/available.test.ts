import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const vitest = fileURLToPath(new URL("vitest.mjs", import.meta.resolve("vitest/package.json")));
const config = fileURLToPath(new URL("missing/vitest.config.ts", import.meta.url));

/** Runs the suite of a server that cannot be had, as a process of its own. */
function runMissing(ci: string) {
  const env = { ...process.env, CI: ci, NO_COLOR: "1" };
  return spawnSync(process.execPath, [vitest, "run", "--config", config], { env, encoding: "utf8", timeout: 60_000 });
}

test("a server that cannot be had fails the suite in CI", () => {
  const { status, stdout, stderr } = runMissing("true");
  expect(status).toBe(1);
  expect(stdout + stderr).toContain("Nothing: there is no such server");
});

test("a server that cannot be had is named loudly elsewhere, and its tests count as skipped", () => {
  const { status, stdout, stderr } = runMissing("");
  expect(status).toBe(0);
  expect(stderr).toContain("!!! Nothing CANNOT BE HAD: its tests are NOT RUN");
  expect(stderr).toContain("there is no such server");
  expect(stdout).toMatch(/Tests +1 skipped/);
});
