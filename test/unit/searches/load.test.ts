import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatRuleError } from "../../../src/detect/load.ts";
import { asset } from "../../../src/lib/assets.ts";
import { DIALECTS } from "../../../src/registry.ts";
import { isNative, loadSearches, readSearchFiles } from "../../../src/searches/load.ts";
import type { Search } from "../../../src/searches/search.ts";

const GOOD = `title: Rejected sources
description: Who is turned away.
visualisation: table
period: 24h
detection:
  rejected: { action: reject }
  web: { destinationPort: [80, 443] }
  inside: { sourceZone: internal }
  condition: rejected
time: 1h
by:
  - sourceAddress
  - { field: destinationPort, label: To, names: { 22: SSH, 443: HTTPS }, otherwise: Other }
  - sourceColumns.cost_center
measures:
  Flows: count
  Web: count where web and not inside
  Web Share: share where web
  Bytes: sum(bytes)
  Hosts: distinct(destinationAddress) where web
  First Seen: earliest(time)
outliers: { measure: Bytes, deviations: 2.5 }
sort: Bytes
limit: 20
`;

function problems(text: string): string[] {
  const { searches, errors } = readSearchFiles([
    { file: "searches/bad.yml", text },
    { file: "searches/good.yml", text: GOOD },
  ]);
  expect(searches.map(({ id }) => id)).toEqual(["good"]);
  return errors.map(formatRuleError);
}

test("a search is read into the tree", () => {
  const { searches, errors } = readSearchFiles([{ file: "searches/rejected.yml", text: GOOD }]);
  expect(errors).toEqual([]);
  const [search] = searches as readonly Search[];
  expect(search).toMatchObject({
    id: "rejected",
    periodMs: 86_400_000,
    condition: { kind: "one-of", field: { name: "action" }, values: ["reject"] },
    time: { kind: "interval", ms: 3_600_000 },
    by: [
      { field: { name: "sourceAddress" }, label: "Source IP", names: undefined },
      { field: { name: "destinationPort" }, label: "To", names: { otherwise: "Other" } },
      { field: { name: "sourceColumns.cost_center" }, label: "Source Cost Center" },
    ],
    measures: [
      { kind: "count", label: "Flows", where: undefined },
      { kind: "count", label: "Web", where: { kind: "and" } },
      { kind: "share", label: "Web Share", where: { kind: "one-of" } },
      { kind: "sum", label: "Bytes", field: { name: "bytes" } },
      { kind: "distinct", label: "Hosts", field: { name: "destinationAddress" }, where: { kind: "one-of" } },
      { kind: "earliest", label: "First Seen" },
    ],
    outliers: { measure: { label: "Bytes" }, deviations: 2.5 },
    sort: { label: "Bytes" },
    limit: 20,
    file: "searches/rejected.yml",
    line: 1,
  });
  expect([...(search?.by[1]?.names?.cases ?? [])]).toEqual([
    [22, "SSH"],
    [443, "HTTPS"],
  ]);
});

test("without a condition all flows are looked at", () => {
  const text = GOOD.replace("  condition: rejected\n", "").replace("  rejected: { action: reject }\n", "");
  expect(readSearchFiles([{ file: "all.yml", text }]).searches).toMatchObject([{ condition: { kind: "constant", value: true } }]);
});

describe("what is wrong is said with file, line and what was meant, and other files load", () => {
  test.each([
    ["sourceAddress\n", "sourceAdress\n", "12: by: unknown field 'sourceAdress'; did you mean 'sourceAddress'?"],
    [
      "period: 24h",
      "period: 24 hours",
      "4: period: timespan '24 hours' is not a whole number followed by s, m, h or d, of at most 366d; did you mean '1d'?",
    ],
    [
      "time: 1h",
      "time: hour-of-weak",
      "10: time: timespan 'hour-of-weak' is not a whole number followed by s, m, h or d, of at most 366d, nor hour-of-week",
    ],
    [
      "visualisation: table",
      "visualisation: tabel",
      "3: visualisation is 'tabel', which is none of its values; did you mean 'table'?",
    ],
    ["limit: 20", "limits: 20", "24: limits: unknown key; did you mean 'limit'?"],
    ["otherwise: Other", "other: Other", "13: by.1.other: unknown key; known: field, label, names, otherwise"],
    ["sort: Bytes", "sort: Byte", "23: sort: unknown measure 'Byte'; did you mean 'Bytes'?"],
    ["measure: Bytes", "measure: Flow", "22: outliers.measure: unknown measure 'Flow'; did you mean 'Flows'?"],
    ["  Flows: count\n", "  Flows: cuont\n", "16: measures.Flows: unknown measure 'cuont'; did you mean 'count'?"],
    ["sum(bytes)", "sum(byte)", "19: measures.Bytes: unknown field 'byte'; did you mean 'bytes'?"],
    ["sum(bytes)", "sum(action)", "19: measures.Bytes: action is no number"],
    ["sum(bytes)", "sum", "19: measures.Bytes: sum needs a field: sum(bytes), for example"],
    [
      "sum(bytes)",
      "sum(bytes",
      "19: measures.Bytes: 'sum(bytes' is no measure: write count, sum(bytes) or count where web, for example",
    ],
    ["share where web", "share", "18: measures.Web Share: share needs 'where' and a condition"],
    ["earliest(time)", "earliest(start)", "21: measures.First Seen: earliest is of the time of flows: write earliest(time)"],
    ["earliest(time)", "min(time)", "21: measures.First Seen: the time of flows is measured by earliest(time) and latest(time)"],
    ["not inside", "not insied", "17: measures.Web: 'web and not insied': unknown search 'insied'; did you mean 'inside'?"],
    [
      "condition: rejected",
      "condition: rejceted",
      "9: condition 'rejceted': unknown search 'rejceted'; did you mean 'rejected'?",
    ],
    ["  Web: count where web and not inside\n", "", "8: selection 'inside' is not used"],
    ["action: reject }", "action: rejct }", "6: action: 'rejct' is no value of action; did you mean 'reject'?"],
    ["22: SSH", "ssh: SSH", "13: names: 'ssh' is no value of destinationPort, which is a whole number"],
    [
      "22: SSH",
      "22: S'SH",
      "13: by.1.names.22 is 'S'SH': must be letters, digits, spaces and . _ : ( ) / + -, a letter or digit first",
    ],
    ["  Flows: count\n", "  source ip: count\n", "16: label 'source ip' is taken by by.0"],
    ["  Flows: count\n", "  Time: count\n", "16: label 'Time' is taken by time"],
    [
      "  Flows: count\n",
      "  Flows/h: count\n",
      "16: 'Flows/h' is no label: words of letters and digits, of 40 characters at most",
    ],
    ["time: 1h\n", "", "21: outliers are intervals: they need a time such as 1h"],
    ["visualisation: table", "visualisation: number", "3: visualisation: 'number' shows one measure, of no groups"],
    ["title: Rejected sources\n", "", "1: title is missing"],
    ["title:", "title: [", "2: not valid YAML"],
  ])("%s → %s", (from, to, expected) => {
    const text = GOOD.replace(from, to);
    expect(text).not.toBe(GOOD);
    const found = problems(text);
    expect(
      found.some((line) => line.startsWith(`searches/bad.yml:${expected}`)),
      found.join("\n"),
    ).toBe(true);
  });

  test("a file holds one search, under a name of its own", () => {
    expect(problems(`${GOOD}---\n${GOOD}`)).toEqual([
      "searches/bad.yml:26: a file holds one search: put this one into a file of its own",
    ]);
    expect(problems("")).toEqual(["searches/bad.yml:1: the file holds no search"]);
    const twice = readSearchFiles([
      { file: "aa.yml", text: GOOD },
      { file: "aa.yaml", text: GOOD },
    ]);
    expect(twice.errors.map(formatRuleError)).toEqual(["aa.yaml:1: the name 'aa' is taken by aa.yml"]);
  });
});

test("a search for one backend is refused by the others, by name", () => {
  const native =
    "title: A\ndescription: B\nvisualisation: table\nperiod: 1h\nnative:\n  log-analytics: Action = accept | stats count\n";
  const { searches, errors } = readSearchFiles([{ file: "own.yml", text: native }]);
  expect(errors).toEqual([]);
  expect(searches).toMatchObject([{ id: "own", native: new Map([["log-analytics", "Action = accept | stats count"]]) }]);
  expect(problems(native.replace("log-analytics", "log-analytic"))).toEqual([
    "searches/bad.yml:5: native.log-analytics is missing",
    "searches/bad.yml:6: native.log-analytic: unknown key; did you mean 'log-analytics'?",
  ]);
});

test("a folder that cannot be read, and a file that cannot", () => {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-searches-"));
  try {
    writeFileSync(join(folder, "good.yml"), GOOD);
    writeFileSync(join(folder, "bad.yml"), "title: x\n");
    writeFileSync(join(folder, "notes.txt"), "no search");
    const { searches, errors } = loadSearches(folder);
    expect(searches.map(({ id }) => id)).toEqual(["good"]);
    expect(new Set(errors.map(({ file }) => file))).toEqual(new Set([join(folder, "bad.yml")]));
    expect(() => loadSearches(join(folder, "none"))).toThrow(/the searches folder .* cannot be read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what ships is right, and every dialect says or refuses each by name", () => {
  const { searches, errors } = loadSearches(asset("deploy/searches"));
  expect(errors).toEqual([]);
  expect(searches.filter(isNative).map(({ id }) => id)).toEqual([
    "traffic_analysis",
    "traffic_columns_lookup",
    "unusual_transfers_classified",
  ]);
  for (const dialect of DIALECTS.map((make) => make())) {
    for (const search of searches) {
      if (isNative(search)) continue;
      const printed = dialect.search(search);
      if ("refused" in printed) expect(printed.reason, `${dialect.name} ${search.id}`).not.toBe("not yet");
      else expect(printed.query).not.toBe("");
    }
  }
});
