import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../src/config/load.ts";
import { flowferry } from "./program.ts";
import { setting, toFile } from "./setting.ts";

const { path, write, configFor } = setting();

const ENV = { IBMCLOUD_API_KEY: "key", SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x" };

describe("init", () => {
  test.each<[string, string[], object, string[]]>([
    [
      "OCI to an OTLP receiver",
      ["--source", "oci", "--namespace", "yes", "--bucket", "Flow: Logs", "--sink", "otlp"],
      { bucket: "Flow: Logs", namespace: "yes" },
      [],
    ],
    [
      "OCI to Log Analytics and Slack",
      [
        ...["--source", "oci", "--namespace", "ns", "--bucket", "b", "--sink", "log-analytics", "--slack"],
        ...["--log-group", "ocid1.loganalyticsloggroup.oc1.phx.a"],
      ],
      { namespace: "ns" },
      ["SLACK_WEBHOOK_URL"],
    ],
    [
      "IBM to Cloud Logs",
      [
        "--source",
        "ibm",
        "--region",
        "us-south",
        "--bucket",
        "b",
        "--sink",
        "ibm-cloud-logs",
        "--to",
        "https://logs.example.com",
      ],
      { endpoint: "https://s3.us-south.cloud-object-storage.appdomain.cloud" },
      ["IBMCLOUD_API_KEY"],
    ],
    [
      "AWS to a file",
      ["--source", "aws", "--region", "eu-west-1", "--bucket", "b", "--sink", "ndjson"],
      { region: "eu-west-1" },
      [],
    ],
  ])("writes a configuration that is valid: %s", async (_, flags, source, variables) => {
    const file = path("flowferry.yaml");
    const made = await flowferry(["init", ...flags, "--out", file, "--json"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(made.stdout)).toEqual({
      configuration: file,
      tables: ["servers", "networks", "subnets", "approved-destinations"].map((name) => path("lookups", `${name}.csv`)),
      variables,
    });
    const config = parseConfig(file, readFileSync(file, "utf8"), ENV);
    expect(config.sources[0]?.options).toMatchObject(source);
    expect(config.sinks.map(({ name }) => name)).toEqual([flags[flags.indexOf("--sink") + 1]]);
    expect(config.alerts?.notifiers.length ?? 0).toBe(flags.includes("--slack") ? 1 : 0);
    expect((await flowferry(["lookups", "check", "-c", file], ENV)).code).toBe(0);
  });

  test("asks a person, and again where the answer is none", async () => {
    const file = path("flowferry.yaml");
    const said = await flowferry(["init", "--out", file], {}, "nobody\ndir\n\n./bucket\nndj\n\nyes\n", { isTTY: true });
    expect(said).toMatchObject({ code: 0 });
    expect(said.stderr.match(/Whose flow logs\?/g)).toHaveLength(2);
    expect(said.stderr.match(/The bucket/g)).toHaveLength(2);
    expect(said.stdout).toContain("set in the environment: SLACK_WEBHOOK_URL");
    expect(parse(readFileSync(file, "utf8"))).toMatchObject({
      source: { type: "directory", path: "./bucket" },
      sinks: [{ type: "ndjson", path: "flows.ndjson" }],
    });
    const ended = await flowferry(["init", "--out", path("other.yaml")], {}, "dir\n", { isTTY: true });
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain("no answer to: The bucket");
  });

  test("replaces no configuration and no table unasked, and says what it lacks", async () => {
    const file = path("flowferry.yaml");
    const flags = ["init", "--source", "directory", "--bucket", "b", "--sink", "otlp", "--out", file];
    await flowferry(flags);
    write("lookups/servers.csv", "address,server\n192.0.2.1,mine\n");
    const again = await flowferry(flags);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("is there already");
    expect((await flowferry([...flags, "--force"])).code).toBe(0);
    expect(readFileSync(path("lookups", "servers.csv"), "utf8")).toContain("192.0.2.1,mine");
    const nothing = await flowferry(["init", "--source", "aws", "--out", path("other.yaml")]);
    expect(nothing.stderr).toContain("say --bucket, --region, --sink (or start it at a terminal");
  });
});

describe("config show", () => {
  test("has every default and no secret, and is a configuration of the same meaning", async () => {
    const config = configFor(
      [
        {
          type: "otlp",
          endpoint: "http://localhost:4318",
          headers: { authorization: "Bearer short" },
          filter: { rejected: { action: "reject" }, condition: "rejected" },
        },
        toFile(),
      ],
      {
        alerts: { slack: { webhookUrl: "https://hooks.slack.com/services/one/two/three" } },
        archive: { to: { type: "directory", path: "archive" }, retention: "30d" },
        intake: { listen: "127.0.0.1:9465" },
      },
    );
    const { stdout } = await flowferry(["config", "show", "-c", config]);
    expect(stdout).not.toMatch(/short|two/);
    const shown = parse(stdout);
    expect(shown).toMatchObject({
      sources: [{ name: "directory-bucket", format: "auto" }],
      sinks: [
        { headers: { authorization: "***" }, batch: { linger: "1s" }, filter: { condition: "rejected" } },
        { schema: "otel" },
      ],
      alerts: { rules: ["builtin"], minLevel: "medium", slack: { webhookUrl: "https://hooks.slack.com/***", timeout: "10s" } },
      run: { objects: 4, poll: "200ms", shutdown: "10s", retry: { initial: "20ms" } },
      ledger: { path: path("flowferry.db") },
      archive: { to: { type: "directory", path: "archive" }, format: "parquet", retention: "30d" },
      intake: { listen: "127.0.0.1:9465", maxBodyBytes: 1_048_576 },
    });
    const again = await flowferry(["config", "show", "--json", "-c", write("shown.yaml", stdout)]);
    expect(JSON.parse(again.stdout)).toEqual(shown);
  });
});

describe("completion", () => {
  /** What bash offers for the last of the words. */
  async function offered(...words: string[]): Promise<string[]> {
    const { stdout } = await flowferry(["completion", "bash"]);
    const list = ["flowferry", ...words].map((word) => `'${word}'`).join(" ");
    const script = `${stdout}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length}; _flowferry; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", script], { encoding: "utf8" })
      .split("\n")
      .filter((word) => word !== "");
  }

  test("bash offers commands, commands below them, options, and values", async () => {
    expect(await offered("sta")).toEqual(["status"]);
    expect(await offered("lookups", "")).toEqual(expect.arrayContaining(["check", "get", "accept", "push"]));
    expect(await offered("run", "-c", "x.yaml", "--until")).toEqual(["--until-caught-up"]);
    expect(await offered("run", "--log-level", "w")).toEqual(["warn"]);
    expect(await offered("generate", "--format", "")).toEqual(["oci", "ibm", "text", "aws"]);
    // Nothing offered: the shell completes names of files.
    expect(await offered("run", "-c", "")).toEqual([]);
  });

  test.each(["zsh", "fish"])("%s knows every command", async (shell) => {
    const { stdout } = await flowferry(["completion", shell]);
    for (const name of ["run", "status", "until-caught-up", "accept", "trace"]) expect(stdout).toContain(name);
  });

  test("the manual page has every command and option, and no line that is taken for a request", async () => {
    const { stdout } = await flowferry(["man"]);
    const requests = stdout.split("\n").flatMap((line) => /^[.'](\S*)/.exec(line)?.[1] ?? []);
    expect(new Set(requests)).toEqual(new Set(["TH", "SH", "SS", "TP", "B", "I"]));
    expect(stdout).toContain(".SS flowferry lookups get [options] <what>");
    expect(stdout).toContain(".B \\-\\-until\\-caught\\-up");
  });
});
