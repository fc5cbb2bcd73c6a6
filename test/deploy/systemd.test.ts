import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { installDebianPackages } from "../backends/servers/debian.ts";

/** The exposure that the README states; 10 is none of the protections. */
const MOST_EXPOSURE = 1.1;

available("systemd", async () => {
  await installDebianPackages("systemd", ["systemd"], ["systemd-analyze"]);
  return { stop: async () => {} };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-unit-"));
  cpSync(asset("deploy/systemd"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const unit = () => join(folder, "flowferry.service");
const analyze = (...args: string[]) => spawnSync("systemd-analyze", args, { encoding: "utf8", timeout: 60_000 });

/** Has a program of this machine in the place of the unit's. */
function withProgram(change: (text: string) => string = (text) => text): void {
  const text = readFileSync(unit(), "utf8").replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`);
  writeFileSync(unit(), change(text));
}

test("systemd takes the unit and its credentials without a word", () => {
  withProgram();
  expect(analyze("verify", unit())).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("what systemd says of a key that it does not know is seen, in the unit and in the credentials", () => {
  withProgram((text) => text.replace("ProtectClock=", "ProtectClocks="));
  const credentials = join(folder, "flowferry.service.d", "credentials.conf");
  writeFileSync(credentials, readFileSync(credentials, "utf8").replace("LoadCredential=", "LoadCredentials="));
  const { stderr } = analyze("verify", unit());
  expect(stderr).toContain("ProtectClocks");
  expect(stderr).toContain("LoadCredentials");
});

test("the unit is as protected as the README says", () => {
  const { stdout } = analyze("security", "--offline=true", unit());
  expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBe(MOST_EXPOSURE);
  expect(readFileSync(asset("deploy/systemd/README.md"), "utf8")).toContain(`an exposure of ${MOST_EXPOSURE} `);
});
