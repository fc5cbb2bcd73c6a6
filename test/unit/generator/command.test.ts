import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generateCommand } from "../../../src/cli/generate.ts";
import type { Truth } from "../../../src/generator/truth.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { Scrubber } from "../../../src/lib/secrets/scrubber.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-generate-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command as a user does, and returns what it prints. */
async function run(...args: string[]): Promise<string[]> {
  const printed: string[] = [];
  const command = generateCommand({
    env: {},
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: new AbortController().signal,
    secrets: new Scrubber(),
    loadConfig: () => Promise.reject(new Error("generate reads no configuration")),
    print: (line) => void printed.push(line),
  });
  command.exitOverride().configureOutput({ writeErr: () => {} });
  await command.parseAsync(args, { from: "user" });
  return printed;
}

function files(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(directory, path)).isFile());
}

describe("flowferry generate", () => {
  it("writes a bucket, the truth beside it, and lookup tables", async () => {
    const out = join(folder, "bucket");
    const lookups = join(folder, "lookups");
    const [summary = ""] = await run(
      ...[
        "--format",
        "oci",
        "--out",
        out,
        "--flows",
        "3000",
        "--span",
        "2h",
        "--lookups",
        lookups,
        "--damage",
        "bad-port",
        "--json",
      ],
    );
    const truth = JSON.parse(readFileSync(`${out}.truth.json`, "utf8")) as Truth;
    const keys = files(out);
    expect(keys).toHaveLength(truth.objects);
    expect(keys.reduce((sum, key) => sum + statSync(join(out, key)).size, 0)).toBe(truth.storedBytes);
    expect(JSON.parse(summary)).toMatchObject({
      objects: truth.objects,
      records: truth.records,
      flows: truth.flows.accept + truth.flows.reject,
      out,
      truth: `${out}.truth.json`,
    });
    for (const { key, record } of truth.incidents.flatMap(({ records }) => records)) {
      const lines = gunzipSync(readFileSync(join(out, key)))
        .toString("utf8")
        .split("\n");
      expect(() => JSON.parse(lines[record - 1] ?? "")).not.toThrow();
    }
    const table = (name: string) => readFileSync(join(lookups, name), "utf8").trimEnd().split("\n");
    expect(files(lookups).sort()).toEqual(["approved-destinations.csv", "networks.csv", "servers.csv", "subnets.csv"]);
    expect(table("servers.csv")).toEqual(
      expect.arrayContaining(["address,server,owner,role", "10.20.0.3,web-01,storefront,web"]),
    );
    const someFlow =
      gunzipSync(readFileSync(join(out, keys[0] ?? "")))
        .toString("utf8")
        .split("\n")[0] ?? "";
    const subnet = JSON.parse(someFlow).oracle.vnicsubnetocid as string;
    expect(table("subnets.csv").some((line) => line.startsWith(`${subnet},10.20.`))).toBe(true);
  });

  it("gives each file the time of its object", async () => {
    const out = join(folder, "bucket");
    await run("--format", "text", "--out", out, "--flows", "500", "--span", "1h", "--start", "2026-02-01T10:00:00Z");
    const times = files(out).map((key) => statSync(join(out, key)).mtimeMs);
    expect(Math.min(...times)).toBeGreaterThan(Date.UTC(2026, 1, 1, 10));
    expect(Math.max(...times)).toBeLessThan(Date.UTC(2026, 1, 1, 11, 10));
  });

  it("says in words what it made", async () => {
    const out = join(folder, "bucket");
    const printed = await run(
      "--format",
      "ibm",
      "--out",
      out,
      "--flows",
      "600",
      "--vnics",
      "8",
      "--objects",
      "16",
      "--damage",
      "nul",
    );
    expect(printed[0]).toMatch(/^17 objects, \d+ records, \d+\.\d MB in \d+\.\d s: /);
    expect(printed.join("\n")).toMatch(/^port-scan: 198\.51\.100\.23 to 10\.20\.0\.3, 120 records from 2026-/m);
    expect(printed.join("\n")).toMatch(/^damage nul: ibm_vpc_flowlogs_v1\/.* record \d+$/m);
  });

  it("takes no folder that holds something, unless it is forced", async () => {
    const args = ["--format", "text", "--out", folder, "--flows", "400", "--objects", "1", "--truth", `${folder}.json`];
    writeFileSync(join(folder, "mine.txt"), "mine");
    await expect(run(...args)).rejects.toThrow(/is not empty: name another folder, or add --force/);
    await run(...args, "--force");
    expect(readFileSync(join(folder, "mine.txt"), "utf8")).toBe("mine");
    expect(files(folder)).toHaveLength(2);
    rmSync(`${folder}.json`);
  });

  it.each([
    [["--incidents", "port-scna"], /there is no incident "port-scna": did you mean port-scan\?/],
    [["--damage", "wrong-count"], /there is no damage of format text "wrong-count"/],
    [["--start", "2026-02-30"], /"2026-02-30" is no time/],
    [["--span", "soon"], /"soon" is no duration/],
    [["--flows", "10"], /10 flows are too few/],
  ])("refuses %s before it writes anything", async (args, message) => {
    const out = join(folder, "bucket");
    const attempt = run("--format", "text", "--out", out, ...args);
    await expect(attempt).rejects.toThrow(UsageError);
    await expect(attempt).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });

  it("keeps the truth out of the bucket", async () => {
    const out = join(folder, "bucket");
    const attempt = run("--format", "text", "--out", out, "--truth", join(out, "truth.json"));
    await expect(attempt).rejects.toThrow(/--truth lies inside --out/);
  });
});
