import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { formatRuleError, loadRules } from "../../../src/detect/load.ts";
import { dialectFiles } from "../../../src/dialects/content.ts";
import { receiversOf } from "../../../src/dialects/receivers.ts";
import { DIALECTS } from "../../../src/registry.ts";
import { memoryDatabase } from "../query/database.ts";

/** What a rule, and a search, of somebody's own may hold: signs that some language takes for its own. */
const EVIL = [
  `quotes ' " \` and a backslash \\`,
  "a line\n[flowferry: forged]\nsearch = | delete\n-- DROP TABLE x;\nDROP TABLE flows;",
  "{{ .Labels.secret }} {{#is_alert}}@all{{/is_alert}} {{dimensions.x}} ${HOME} $HOME $result.password$ $__file{/etc/passwd}",
  "a | pipe, a ] bracket [, <!channel> and @slack-everybody",
  "ends in a backslash \\",
];
const yaml = (text: string): string => JSON.stringify(text);

let folder: string;
let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flowferry-hostile-"));
  for (const name of ["detections", "searches"]) await mkdir(join(folder, name));
  const write = (path: string, text: string) => writeFile(join(folder, path), text);
  for (const [index, evil] of EVIL.entries()) {
    const meta = (name: string) =>
      [
        `title: ${yaml(evil)}`,
        `name: ${name}_${index}`,
        `description: ${yaml(evil)}`,
        `falsepositives: [${yaml(evil)}]`,
        "level: high",
        "flow: { throttle: 6h, runbook: 'https://x/{{y}}$z@all' }",
      ].join("\n");
    const part = (name: string) =>
      [
        "---",
        `title: ${yaml(evil)}`,
        `name: ${name}_${index}`,
        "logsource: { category: network_connection, product: flowferry }",
        "detection:",
        `  selection: { destinationPort: 22, sourceServer: ${yaml(evil)} }`,
        "  condition: selection",
      ].join("\n");
    await write(`detections/single_${index}.yml`, `${meta("single")}\n${part("single").split("\n").slice(3).join("\n")}\n`);
    await write(
      `detections/counted_${index}.yml`,
      `${meta("counted")}\ncorrelation: { type: event_count, rules: [part_${index}], group-by: [sourceAddress], timespan: 10m, condition: { gte: 20 } }\n${part("part")}\n`,
    );
    await write(
      `searches/asked_${index}.yml`,
      `title: ${yaml(evil)}\ndescription: ${yaml(evil)}\nvisualisation: table\nperiod: 1h\ndetection: { selection: { destinationPort: 22, destinationServer: ${yaml(evil)} }, condition: selection }\nby: [sourceAddress]\nmeasures: { Flows: count }\n`,
    );
    await write(
      `searches/number_${index}.yml`,
      `title: ${yaml(evil)}\ndescription: ${yaml(evil)}\nvisualisation: number\nperiod: 1h\ndetection: { selection: { destinationPort: 22 }, condition: selection }\nmeasures: { Flows: count }\n`,
    );
  }
  // Conditions that every dialect can say, so that their words are everywhere.
  for (const [index, evil] of EVIL.entries()) {
    await write(
      `detections/said_${index}.yml`,
      `title: ${yaml(evil)}\nname: said_${index}\ndescription: ${yaml(evil)}\nlogsource: { category: network_connection, product: flowferry }\ndetection: { selection: { destinationPort: 22 }, condition: selection }\nlevel: high\nflow: { dedup: [sourceAddress], runbook: 'https://x/{{y}}$z@all' }\n`,
    );
  }
  const receivers = receiversOf(["splunk=#soc", "datadog=@slack-acme-flows", "elastic=4d2b", "ibm-cloud-logs=7"]);
  ({ files } = await dialectFiles(
    DIALECTS.map((make) => make()),
    { folder, receivers },
  ));
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string): string => {
  const text = files.get(name);
  if (text === undefined) throw new Error(`no ${name}`);
  return text;
};
/** All texts in a value, wherever they stand. */
const textsIn = (value: unknown): string[] =>
  typeof value === "string" ? [value] : typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];

test("every file is whole: JSON, NDJSON and YAML hold one document, and nothing that a text brought", () => {
  for (const [name, text] of files) {
    if (name.endsWith(".json")) expect(() => JSON.parse(text), name).not.toThrow();
    if (name.endsWith(".ndjson") && text !== "")
      for (const line of text.trimEnd().split("\n")) expect(() => JSON.parse(line), name).not.toThrow();
    if (name.endsWith(".yml")) {
      expect(parseAllDocuments(text), name).toHaveLength(1);
      expect(() => parse(text), name).not.toThrow();
    }
  }
});

test("the table of dialects has as many columns in each row, and each note on a line", () => {
  const lines = file("dialects.md").split("\n");
  const widths = (heading: string) => {
    const from = lines.indexOf(heading);
    const rows = lines.slice(from).filter((line) => line.startsWith("|"));
    return new Set(rows.map((row) => row.replaceAll("\\|", "").split("|").length));
  };
  expect(widths("## Searches")).toEqual(new Set([DIALECTS.length + 3]));
  expect(lines.filter((line) => /DROP|forged/.test(line))).toEqual([]);
});

test("Splunk: stanzas and settings are ours alone, none goes on in the next line, and no token stands in what is told but ours", () => {
  for (const name of ["splunk/detections/savedsearches.conf", "splunk/searches/savedsearches.conf"]) {
    for (const line of file(name).split("\n")) {
      expect(line, name).not.toMatch(/\\$/);
      if (line === "" || line.startsWith("#")) continue;
      expect(line, name).toMatch(/^(\[flowferry: [^[\]]+\]|[\w.]+ = .*)$/);
      expect(line).not.toMatch(/^(\[flowferry: forged|search = \| delete)/);
      if (!line.startsWith("action.slack.param.message")) continue;
      const own = /\$(result\.(source\.?[aA]ddress|destination\.address|destination\.port)|results_link)\$/g;
      expect(line.replaceAll(own, "")).not.toMatch(/\$/);
    }
  }
});

test("Datadog: a message names nobody but the receiver, and has no variable but the one around it", () => {
  const monitors = JSON.parse(file("datadog/detections.json")) as { name: string; message: string }[];
  expect(monitors.length).toBeGreaterThan(0);
  for (const { name, message } of monitors) {
    const own = "{{#is_alert}}@slack-acme-flows{{/is_alert}}";
    expect(message.endsWith(`\n\n${own}`)).toBe(true);
    const rest = name + message.slice(0, -own.length);
    expect(rest).not.toMatch(/@\S|\{\{/);
    expect(name).not.toContain("\n");
  }
});

test("rulers and Grafana: no template stands in an annotation, and Grafana puts nothing in", () => {
  for (const name of [
    "loki/detections.yml",
    "victorialogs/detections.yml",
    "loki/grafana-alerts.yml",
    "victorialogs/grafana-alerts.yml",
  ]) {
    const { groups } = parse(file(name)) as { groups: { rules: { annotations: object; labels: object; title?: string }[] }[] };
    for (const { annotations, labels } of groups.flatMap(({ rules }) => rules))
      for (const text of textsIn([annotations, labels])) expect(text, name).not.toContain("{{");
    // A single dollar would be a variable of Grafana's environment.
    if (name.endsWith("grafana-alerts.yml")) expect(file(name).replaceAll("$$", ""), name).not.toContain("$");
  }
});

test("IBM Cloud Logs and Log Analytics: names have no line breaks, and a body no variable but its dimensions", () => {
  const definitions = JSON.parse(file("ibm-cloud-logs/detections.json")) as { name: string; description: string }[];
  for (const { name, description } of definitions) expect(name + description).not.toMatch(/[\r\n]/);
  const chains = JSON.parse(file("log-analytics/detections.json")) as {
    savedSearch: { displayName: string };
    alarm: { displayName: string; body: string };
  }[];
  expect([definitions.length > 0, chains.length > 0]).toEqual([true, true]);
  for (const { savedSearch, alarm } of chains) {
    expect(savedSearch.displayName + alarm.displayName).not.toMatch(/[\r\n]/);
    expect(alarm.body.replaceAll("{{dimensions.sourceAddress}}", "")).not.toContain("{{");
  }
});

test("a rule that is refused is refused in one line", async () => {
  await mkdir(join(folder, "wrong"));
  const title = yaml(`a\nline\u001b[31m ${"x".repeat(300)}`);
  await writeFile(
    join(folder, "wrong", "wrong.yml"),
    `title: ${title}\nname: wrong\ndetection: { condition: "x\\ny" }\nlevel: high\n`,
  );
  const { errors } = await loadRules(join(folder, "wrong"));
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(formatRuleError(error)).toMatch(/^[\x20-\x7e]+$/);
});

describe("DuckDB", () => {
  test("runs the scripts, in which a text is a text", async () => {
    const { connection, close } = await memoryDatabase();
    await connection.run(`CREATE TABLE x AS SELECT 1`);
    await writeFile(join(folder, "flows.ndjson"), "");
    await connection.run(`SET VARIABLE flows = '${join(folder, "flows.ndjson")}'`);
    await connection.run(file("duckdb/detections.sql"));
    await connection.run(file("duckdb/searches.sql"));
    const rows = await connection.runAndReadAll("SELECT count(*) FROM x");
    expect(rows.getRows()).toEqual([[1n]]);
    for (const name of ["single_0", "counted_1", "single_4"]) await connection.run(`FROM ${name}`);
    close();
  });
});
