import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { dialectFiles } from "../../../src/dialects/content.ts";
import { asset } from "../../../src/lib/assets.ts";
import { DIALECTS } from "../../../src/registry.ts";

const { files, summary } = await dialectFiles(DIALECTS.map((make) => make()));

test.each([...files])("%s is as the rules and searches make it", async (name, text) => {
  expect(await readFile(join(asset("deploy"), name), "utf8"), "run flowferry content build").toBe(text);
});

test("README has the summary of what each dialect can say", async () => {
  expect(await readFile(asset("README.md"), "utf8"), "copy it from deploy/dialects.md").toContain(summary);
});

test("every dialect's folder says how its files are taken in", () => {
  const folders = new Set([...files.keys()].filter((file) => file.includes("/")).map((file) => file.split("/")[0] ?? ""));
  expect([...folders].filter((folder) => !existsSync(join(asset("deploy"), folder, "README.md")))).toEqual([]);
});

/** The rules or searches that the table says a dialect can say. */
function said(column: string, part = "Rules"): string[] {
  const text = (files.get("dialects.md") ?? "").split("\n## ").find((section) => section.startsWith(part)) ?? "";
  const rows = text.split("\n").filter((line) => line.startsWith("| "));
  const cells = rows.map((row) => row.replaceAll("\\|", "/").slice(2, -2).split(" | "));
  const at = cells[0]?.indexOf(column) ?? -1;
  expect(at).toBeGreaterThan(0);
  return cells.filter((row) => row[at] === "yes").map((row) => row[0] ?? "");
}

interface RuleFile {
  readonly groups: readonly { readonly type?: string; readonly rules: readonly { readonly alert: string }[] }[];
}

test("rule files of vmalert and Loki hold what the table says", () => {
  for (const [column, file, type] of [
    ["VictoriaLogs LogsQL", "victorialogs/detections.yml", "vlogs"],
    ["Loki LogQL", "loki/detections.yml", undefined],
  ] as const) {
    const { groups } = parse(files.get(file) ?? "") as RuleFile;
    expect(groups.map((group) => group.type)).toEqual(groups.map(() => type));
    expect(groups.flatMap((group) => group.rules.map((rule) => rule.alert)).sort()).toEqual(said(column).sort());
  }
});

test("JSON files hold what the table says", () => {
  for (const [column, file] of [
    ["Datadog logs", "datadog/detections.json"],
    ["IBM Cloud Logs Lucene", "ibm-cloud-logs/detections.json"],
    ["OCI Log Analytics", "log-analytics/detections.json"],
  ] as const) {
    expect((JSON.parse(files.get(file) ?? "") as unknown[]).length).toBe(said(column).length);
  }
  const lines = (files.get("elastic/detections.ndjson") ?? "").trimEnd().split("\n");
  const ids = lines.map((line) => (JSON.parse(line) as { rule_id: string }).rule_id);
  expect(new Set(ids).size).toBe(said("Elastic ES/QL").length);
});

test("each saved search of Splunk is a stanza of its own", () => {
  const stanzas = (files.get("splunk/detections/savedsearches.conf") ?? "").matchAll(/^\[flowferry: (\w+)\]$/gm);
  expect([...stanzas].map(([, name]) => name).sort()).toEqual(said("Splunk SPL").sort());
});

test("files of searches hold what the table says", () => {
  for (const [column, file] of [
    ["VictoriaLogs LogsQL", "victorialogs/searches.yml"],
    ["Loki LogQL", "loki/searches.yml"],
  ] as const) {
    const { searches } = parse(files.get(file) ?? "") as { searches: readonly { readonly name: string }[] };
    expect(searches.map(({ name }) => name)).toEqual(said(column, "Searches"));
  }
  const macros = (files.get("duckdb/searches.sql") ?? "").matchAll(/^CREATE OR REPLACE MACRO "(\w+)"/gm);
  expect([...macros].map(([, name]) => name)).toEqual(said("DuckDB SQL", "Searches"));
  expect(said("DuckDB SQL", "Searches").length).toBeGreaterThan(30);
});
