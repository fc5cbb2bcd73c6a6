import { mkdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Receiver } from "../simulators/otlp/receiver.ts";
import { flowferry, spawned } from "./program.ts";
import { expectRefusal, setting, toFile, until } from "./setting.ts";

const { path, write, configFor, receive, begin, bucket } = setting();

describe("wrong usage ends with exit code 2", () => {
  test.each<[string, string[], string]>([
    ["no configuration", ["run"], "cannot read configuration flowferry.yaml: there is no such file: `flowferry init` writes one"],
    ["an unknown command", ["rum"], "Did you mean run?"],
    ["an unknown option", ["run", "-c", "CONFIG", "--until-caught-upp"], "Did you mean --until-caught-up?"],
    ["a configuration that is not there", ["status", "-c", "/nonexistent/flowferry.yaml"], "cannot read configuration"],
    ["nothing to replay", ["replay", "-c", "CONFIG"], "say what to replay"],
    ["an unknown sink to replay to", ["replay", "-c", "CONFIG", "--since", "30d", "--sink", "ou"], "there is no sink ou: ndjson"],
    ["a number that is none", ["status", "-c", "CONFIG", "--limit", "many"], '"many" is not a whole number above 0'],
    ["status before anything ran", ["status", "-c", "CONFIG"], "there is no ledger at"],
  ])("%s", async (_, args, said) => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const config = configFor([toFile()]);
    expectRefusal(await flowferry(args.map((arg) => (arg === "CONFIG" ? config : arg))), 2, said);
  });

  test("in a process of its own", async () => {
    const config = configFor([toFile()], { source: { type: "directory", path: "nothing" } });
    for (const [args, said] of [
      [["run", "-c", config, "--until-caught-upp"], "Did you mean --until-caught-up?"],
      [["run", "-c", write("bad.yaml", "sinsk: []\n")], "unknown key sinsk: did you mean sinks?"],
      [["run", "-c", config], "nothing is not there"],
    ] as const) {
      const ended = await spawned(args);
      expectRefusal(ended, 2, said);
      expect([ended.stdout, ended.signal]).toEqual(["", null]);
    }
  });

  test("--help and --version are no failures", async () => {
    const help = await spawned(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of ["run", "demo", "check", "plan", "status", "replay", "lookups", "generate", "schema"])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await spawned(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe("a faulty configuration is refused with file, line and advice", () => {
  const good = "source: { type: directory, path: bucket }\n";
  test.each<[string, string, string]>([
    ["a key at the top", `${good}sinsk:\n  - { type: ndjson, path: out }\n`, ":2:1: unknown key sinsk: did you mean sinks?"],
    [
      "a key of the source",
      `source:\n  type: directory\n  pathh: bucket\nsinks: [{ type: ndjson, path: out }]\n`,
      ":3:3: unknown key source.pathh: did you mean path?",
    ],
    [
      "a key of a sink",
      `${good}sinks:\n  - type: otlp\n    endpoint: http://127.0.0.1:1\n    compresion: gzip\n`,
      ":5:5: unknown key sinks[0].compresion: did you mean compression?",
    ],
    [
      "a type",
      `${good}sinks:\n  - { type: otpl, endpoint: "http://127.0.0.1:1" }\n`,
      ':3:13: unknown type "otpl": did you mean otlp?',
    ],
    ["a value", `${good}sinks: [{ type: ndjson, path: out }]\nrun:\n  pollMs: fast\n`, ":4:11: run.pollMs: "],
    [
      "two sinks of one name",
      `${good}sinks:\n  - { type: ndjson, path: a }\n  - { type: ndjson, path: b }\n`,
      "two sinks are called ndjson",
    ],
    [
      "a key that is missing",
      "source: { type: directory }\nsinks: [{ type: ndjson, path: out }]\n",
      ":1:9: source.path: is missing: expected string",
    ],
    [
      "a sink with the name by which commands ask for what belongs to none",
      `${good}sinks: [{ type: ndjson, path: out, name: none }]\n`,
      ":2:42: sinks[0].name: none is no name for a sink",
    ],
    ["no sinks", `${good}sinks: []\n`, ":2:8: sinks: at least one sink is needed"],
    [
      "a variable of the environment that is not set",
      `${good}sinks:\n  - type: otlp\n    endpoint: "\${OTLP_ENDPOINT}"\n`,
      ":4:15: environment variable OTLP_ENDPOINT is not set",
    ],
    ["YAML", `${good}sinks: [{ type: ndjson, path: out }\n`, "not valid YAML"],
    [
      "a folder that is not there",
      `source:\n  { type: directory, path: buckett }\nsinks: [{ type: ndjson, path: out }]\n`,
      "buckett is not there",
    ],
    [
      "a span that ends before it begins",
      `${good}filter: { since: 2026-02-01, until: 2026-01-01 }\nsinks: [{ type: ndjson, path: out }]\n`,
      "is not before until (2026-01-01)",
    ],
    [
      "a lookup table that is not there",
      `${good}enrich: { servers: srv.csv }\nsinks: [{ type: ndjson, path: out }]\n`,
      "srv.csv: does not exist: create the file, or correct its path in the configuration",
    ],
    [
      "a line of a lookup table",
      `${good}enrich: { servers: servers.csv }\nsinks: [{ type: ndjson, path: out }]\n`,
      "servers.csv:3",
    ],
  ])("%s", async (_, text, said) => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    write("servers.csv", "address,server\n10.0.0.1,a\n10.0.0.300,b\n");
    const file = write("flowferry.yaml", text);
    const ended = await flowferry(["run", "-c", file, "--until-caught-up"]);
    expectRefusal(ended, 2, said.startsWith(":") ? `${file}${said}` : said);
    expect(ended.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
    expect(ended.stdout).toBe("");
  });
});

test.each<[string, string, string]>([
  ["a bucket without objects", "", "allowed; there are no objects yet"],
  [
    "objects that are all older than the filter",
    "filter: { since: 2026-01-07 }\n",
    "allowed; no object lies within filter.since",
  ],
  ["objects that are all elsewhere", "", "allowed; no object lies within prefix"],
])("check says why it finds nothing: %s", async (what, more, said) => {
  if (what === "a bucket without objects") mkdirSync(path("bucket"));
  else await bucket({ flows: 300, objects: 1, incidents: [] });
  const prefix = said.endsWith("prefix") ? ", prefix: nowhere/" : "";
  const text = `source: { type: directory, path: bucket${prefix} }\n${more}sinks: [{ type: ndjson, path: out }]\n`;
  const { code, stdout } = await flowferry(["check", "-c", write("flowferry.yaml", text)]);
  expect(code).toBe(0);
  expect(stdout).toContain(`ok     list: ${said}\n`);
});

describe("secrets in the environment are never shown, whatever fails", () => {
  const SECRET = "hunter2-s3cr3t-value";
  test.each<[string, (refusing: Receiver) => object, number]>([
    [
      "a receiver that refuses the token",
      ({ url }) => ({
        sinks: [{ type: "otlp", endpoint: url, headers: { authorization: "Bearer ${SECRET}" } }],
        run: { shutdownMs: 100 },
        telemetry: { level: "trace" },
      }),
      130,
    ],
    [
      "a token in a header that cannot be sent",
      ({ url }) => ({ sinks: [{ type: "otlp", endpoint: url, headers: { authorization: "${SECRET}\n" } }] }),
      2,
    ],
    [
      "a store that is not there",
      () => ({
        source: {
          type: "s3",
          bucket: "flows",
          endpoint: "http://127.0.0.1:9",
          accessKeyId: "AKIA",
          secretAccessKey: "${SECRET}",
          connectTimeoutMs: 500,
        },
        telemetry: { level: "trace" },
      }),
      130,
    ],
    ["a secret without its key", () => ({ source: { type: "s3", bucket: "flows", secretAccessKey: "${SECRET}" } }), 2],
    ["a secret where a number belongs", () => ({ run: { pollMs: "${SECRET}" } }), 2],
    ["a secret under an unknown key", () => ({ source: { type: "directory", path: "bucket", token: "${SECRET}" } }), 2],
    [
      "a pass phrase for a key that is not there",
      () => ({
        source: {
          type: "oci-object-storage",
          namespace: "n",
          bucket: "b",
          auth: { type: "config-file", file: "nowhere", passPhrase: "${SECRET}" },
        },
      }),
      2,
    ],
    ["a webhook that is no URL", () => ({ alerts: { slack: { webhookUrl: "${SECRET}" } } }), 2],
  ])("%s", async (_, rest, code) => {
    await bucket({ flows: 300, objects: 1, incidents: [] });
    const refusing = await receive({}, { requireHeaders: { authorization: "Bearer right" } });
    const config = configFor([toFile()], rest(refusing));
    const args = ["run", "-c", config, "--until-caught-up", "--json"];
    const ended = code === 130 ? await stoppedAfterFailure(args) : await flowferry(args, { SECRET });
    expectRefusal(ended, code);
    expect(ended.stdout + ended.stderr).not.toContain(SECRET);
    if (code === 2) expect(ended.stderr).not.toBe("");
  });

  /** A person has to act, or the store to come: until then it is tried again. */
  async function stoppedAfterFailure(args: readonly string[]) {
    const process = begin(args, { SECRET });
    await until("a failure", process, () => /will try again|answered 401/.test(process.stderr()));
    process.child.kill("SIGTERM");
    return await process.ended;
  }
});
