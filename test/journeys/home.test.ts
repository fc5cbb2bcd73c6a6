import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { statusLine } from "../../src/cli/progress.ts";
import { version } from "../../src/lib/version.ts";
import { PROGRAM } from "./built.ts";
import { flowferry } from "./program.ts";
import { setting, toFile, until } from "./setting.ts";

const { path, write, configFor, bucket, begin } = setting();

describe("the configuration is found", () => {
  test("by FLOWFERRY_CONFIG, and -c goes before it", async () => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const config = configFor([toFile()]);
    expect(await flowferry(["plan"], { FLOWFERRY_CONFIG: config })).toMatchObject({ code: 0, stderr: "" });
    const other = await flowferry(["plan", "-c", path("other.yaml")], { FLOWFERRY_CONFIG: config });
    expect(other.stderr).toContain("other.yaml: there is no such file");
  });

  test("on standard input, with paths from where the user stands", async () => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const yaml = `source: { type: directory, path: ${path("bucket")} }\nsinks: [{ type: ndjson, path: ${path("out.ndjson")} }]\nledger: { path: ":memory:" }\n`;
    const ended = await flowferry(["run", "-c", "-", "--until-caught-up", "--json"], {}, yaml);
    expect(JSON.parse(ended.stdout)).toMatchObject({ objects: 1 });
    const wrong = await flowferry(["run", "-c", "-"], {}, "sinsk: []\n");
    expect(wrong.stderr).toContain("standard input:1:1: unknown key sinsk: did you mean sinks?");
  });

  test("in the folder where the user stands, through npm too", async () => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    configFor([toFile()]);
    mkdirSync(path("elsewhere"));
    const plan = async (cwd: string, env: NodeJS.ProcessEnv) => {
      const child = spawn(process.execPath, [PROGRAM, "plan", "--json"], { cwd, env: { PATH: process.env.PATH, ...env } });
      const [out] = await Promise.all([text(child.stdout), once(child, "close")]);
      return JSON.parse(out);
    };
    const script = { npm_package_name: "flowferry", npm_lifecycle_event: "flowferry", INIT_CWD: path() };
    expect(await plan(path(), {})).toMatchObject({ objects: 1 });
    expect(await plan(path("elsewhere"), script)).toMatchObject({ objects: 1 });
    // The script of another package runs where that package wants it to.
    expect(await plan(path("elsewhere"), { ...script, npm_package_name: "logs" })).toMatchObject({
      error: { code: "config-missing" },
    });
  });
});

describe("what is wrong is told", () => {
  const faulty = `source: { type: directory, path: bucket, layuot: flat }
format: oci-vnc
sinks:
  - { type: otpl, endpoint: "http://localhost:4318" }
  - { type: ndjson }
  - { type: ndjson, path: out.ndjson, filter: { condition: wanted } }
run: { objects: 0, pollMs: "\${NOT_SET:-ten}" }
alerts: { minLevel: severe }
telemetry: { listen: nowhere }
`;

  test("all of a configuration at once, in the order of the file", async () => {
    const { code, stderr } = await flowferry(["check", "-c", write("faulty.yaml", faulty)]);
    expect(code).toBe(2);
    const lines = stderr.trimEnd().split("\n");
    expect(lines.map((line) => /faulty\.yaml:(\d+)/.exec(line)?.[1])).toEqual(["1", "2", "4", "5", "6", "7", "7", "8", "9"]);
    expect(stderr).toContain("unknown key source.layuot: did you mean layout?");
    expect(stderr).toContain('unknown type "otpl": did you mean otlp?');
    expect(stderr).toContain("sinks[1].path: is missing");
  });

  test("a URL without its scheme, a proxy without one", async () => {
    const file = write(
      "flowferry.yaml",
      "source: { type: directory, path: bucket }\nsinks: [{ type: otlp, endpoint: localhost:4318 }]\n",
    );
    const scheme = await flowferry(["check", "-c", file]);
    expect(scheme.stderr).toContain("sinks[0].endpoint: expected a URL with its scheme, as in https://example.com");
    mkdirSync(path("bucket"));
    const config = configFor([{ type: "otlp", endpoint: "https://otlp.example.com" }]);
    const proxy = await flowferry(["check", "-c", config], { HTTPS_PROXY: "proxy.example.com:3128" });
    expect(proxy.stdout).toMatch(/^FAILED sink otlp: .*HTTPS_PROXY is no URL with a scheme/m);
  });

  test("all references at once", async () => {
    const { stderr } = await flowferry(["check", "-c", write("faulty.yaml", "source: ${ONE}\nsinks: ['${file:two}']\n")]);
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringContaining("faulty.yaml:1:9: environment variable ONE is not set"),
      expect.stringContaining("faulty.yaml:2:9: cannot read"),
    ]);
  });

  test.each<[string, string[], string, string]>([
    ["a configuration", ["check", "-c", "FAULTY"], "config-invalid", "minLevel"],
    ["what cannot be done", ["status", "-c", "GOOD"], "ledger-missing", "there is no ledger at"],
    ["an option", ["status", "--limt", "3"], "bad-arguments", "Did you mean --limit?"],
    ["a command", ["rum"], "bad-arguments", "Did you mean run?"],
  ])("as JSON to who asks for that: %s", async (_, args, code, said) => {
    const files: Record<string, string> = { FAULTY: write("faulty.yaml", faulty), GOOD: configFor([toFile()]) };
    const ended = await flowferry([...args.map((arg) => files[arg] ?? arg), "--json"]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(said);
    expect(JSON.parse(ended.stdout)).toEqual({ error: { code, message: expect.stringContaining(said) } });
  });
});

describe("a run says what it does", () => {
  test("in the log: who it is, what goes where, and at the end of what it is told to stop", async () => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const running = begin(["run", "-c", configFor([toFile({ name: "lines" })]), "--log-level", "debug"]);
    await until("all is there", running, () => running.stderr().includes("records are acknowledged"));
    running.child.kill("SIGINT");
    const entries = (await running.ended).stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const said = entries.map(({ msg }) => msg);
    expect(said[0]).toBe(`flowferry ${version} tails directory-bucket for lines; ledger ${path("flowferry.db")}`);
    expect(said).toContain("found 1 new objects");
    expect(said).toContain(`stopping: what is on its way has up to 10 s to be acknowledged; Ctrl-C again ends now`);
    expect(entries.find(({ msg }) => msg.startsWith("has read "))).toMatchObject({ level: "debug", source: "directory-bucket" });
  });

  test("nothing with -q, but for what fails", async () => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const config = configFor([toFile()]);
    const quiet = ["run", "-c", config, "--until-caught-up", "-q"];
    expect(await flowferry(quiet)).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    expect(JSON.parse((await flowferry([...quiet, "--json"])).stdout)).toMatchObject({ records: 0 });
    const both = await flowferry([...quiet, "--log-level", "debug"]);
    expect(both.stderr).toContain("cannot be used with option");
  });
});

test("a line for a terminal says what comes in, what is delivered, and what fails", () => {
  const sinks = { otlp: { delivered: 1200, rejected: 0, deadLettered: 0, filtered: 0, sampled: 0, aggregated: 0, waiting: 0 } };
  const read = { discovered: 3, discoveredBytes: 10, objects: 3, readBytes: 10, records: 1234, sinks };
  const problem = { part: "sink otlp", drawer: "passing", code: "x", reason: "down", since: 0 };
  expect(statusLine(read, 56, [])).toBe("56/s | 1,234 flows of 3 objects | otlp 1,200");
  expect(statusLine(undefined, 0, [problem])).toBe("waits for flows | sink otlp fails");
});

test("recent traffic ends now, so that people are told", async () => {
  const before = Date.now();
  const made = await flowferry(["generate", "--format", "oci", "--out", path("bucket"), "--flows", "2000", "--recent", "--json"]);
  expect(made.code).toBe(0);
  const { end } = JSON.parse(readFileSync(path("bucket.truth.json"), "utf8"));
  expect(Date.parse(end)).toBeGreaterThan(before - 2_000);
  expect(Date.parse(end)).toBeLessThanOrEqual(Date.now());
  const both = await flowferry(["generate", "--format", "oci", "--out", path("other"), "--recent", "--start", "1d"]);
  expect(both.stderr).toContain("cannot be used with option");
});
