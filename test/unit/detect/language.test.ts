import { describe, expect, test } from "vitest";
import { constructsOf, fieldsOf } from "../../../src/detect/constructs.ts";
import { readRules } from "../../../src/detect/load.ts";
import { detection, errorsOf, rulesOf } from "./support.ts";

const GOOD = detection("  selection:\n    destinationPort: 22\n  condition: selection");

/** The good rule with one line replaced. */
function change(from: string, to: string): string {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
}

const correlation = (lines: string, rest = ""): string => `title: Many
name: many
level: low
correlation:
${lines}
${rest}---
${GOOD}`;

const COUNT = "  type: event_count\n  rules: [probe]\n  group-by: [sourceAddress]\n  timespan: 5m\n  condition:\n    gte: 10";

describe("mistakes are named with file, line and the nearest right word", () => {
  test("the good rule has none", () => {
    expect(errorsOf(GOOD)).toEqual([]);
    expect(errorsOf(correlation(COUNT))).toEqual([]);
  });

  test.each([
    ["unknown key", change("level: low", "levle: low"), "rules.yml:3: levle: unknown key; did you mean 'level'?"],
    [
      "unknown level",
      change("level: low", "level: hihg"),
      "rules.yml:3: level is 'hihg', which is none of its values; did you mean 'high'?",
    ],
    ["no title", change("title: A rule\n", ""), "rules.yml:1: title is missing"],
    ["empty title", change("title: A rule", "title: ''"), "rules.yml:1: title is '': must not be empty"],
    [
      "a name with a blank",
      change("name: probe", "name: my probe"),
      "rules.yml:2: name is 'my probe': must be 2 to 64 lower-case letters, digits and underscores, a letter first",
    ],
    ["a number as title", change("title: A rule", "title: 22"), "rules.yml:1: title must be a string, not 22"],
    ["no level", change("level: low\n", ""), "rules.yml:1: level is missing"],
    [
      "another product",
      change("product: flowferry", "product: flowfery"),
      "rules.yml:6: logsource.product is 'flowfery', which is none of its values; did you mean 'flowferry'?",
    ],
    [
      "no logsource",
      change("logsource:\n  category: network_connection\n  product: flowferry\n", ""),
      "rules.yml:1: logsource is missing",
    ],
    ["id", change("name: probe", "name: probe\nid: 12"), "rules.yml:3: id must be a string, not 12"],
    ["id that is no UUID", change("name: probe", "name: probe\nid: abc"), "rules.yml:3: id is 'abc': must be a UUID"],
    ["date", change("name: probe", "name: probe\ndate: 2026/01/05"), "rules.yml:3: date is '2026/01/05': must be YYYY-MM-DD"],
    [
      "tactic",
      change("name: probe", "name: probe\ntags:\n  - attack.discovry"),
      "rules.yml:4: tags.0: tag 'attack.discovry' is neither attack.tNNNN, attack.tNNNN.NNN nor attack.<tactic>; did you mean 'discovery'?",
    ],
    [
      "technique",
      change("name: probe", "name: probe\ntags: [attack.t10]"),
      "rules.yml:3: tags.0: tag 'attack.t10' is neither attack.tNNNN, attack.tNNNN.NNN nor attack.<tactic>",
    ],
    [
      "false positives",
      change("name: probe", "name: probe\nfalsepositives:\n  - ok\n  - a: b"),
      'rules.yml:5: falsepositives.1 must be a string, not {"a":"b"}',
    ],
    [
      "unknown field",
      change("destinationPort: 22", "destinationPrt: 22"),
      "rules.yml:9: destinationPrt: unknown field 'destinationPrt'; did you mean 'destinationPort'?",
    ],
    [
      "unknown modifier",
      change("destinationPort: 22", "destinationPort|gtee: 22"),
      "rules.yml:9: destinationPort|gtee: unknown modifier 'gtee'; did you mean 'gte'?",
    ],
    [
      "two operators",
      change("destinationPort: 22", "destinationPort|gt|lt: 22"),
      "rules.yml:9: destinationPort|gt|lt: modifiers 'gt' and 'lt' exclude each other",
    ],
    [
      "a modifier of Sigma that is left out",
      change("destinationPort: 22", "destinationPort|neq: 22"),
      "rules.yml:9: destinationPort|neq: Sigma's modifier 'neq' is not supported: put the value in a search of its own and write 'not' in the condition",
    ],
    [
      "a placeholder",
      change("destinationPort: 22", "sourceAddress|expand: '%servers%'"),
      "rules.yml:9: sourceAddress|expand: Sigma's modifier 'expand' is not supported: there are no placeholders: name the network or the server in the lookup tables and match that",
    ],
    [
      "a text for a port",
      change("destinationPort: 22", "destinationPort: ssh"),
      "rules.yml:9: destinationPort: takes a number, not 'ssh'",
    ],
    [
      "a value that a field never has",
      change("destinationPort: 22", "action: accepted"),
      "rules.yml:9: action: 'accepted' is no value of action; did you mean 'accept'?",
    ],
    [
      "a status that no network's rule has",
      change("destinationPort: 22", "ruleStatus: unexplaned"),
      "rules.yml:9: ruleStatus: 'unexplaned' is no value of ruleStatus; did you mean 'unexplained'?",
    ],
    [
      "a number for a text",
      change("destinationPort: 22", "destinationServer: 22"),
      "rules.yml:9: destinationServer: destinationServer is a text: put the value 22 in quotes",
    ],
    [
      "a number for a boolean",
      change("destinationPort: 22", "initiated: 1"),
      "rules.yml:9: initiated: initiated is true or false, not 1",
    ],
    [
      "a field that no rule can use",
      change("destinationPort: 22", "original: x"),
      "rules.yml:9: original: field 'original' (json) cannot be used in a rule",
    ],
    [
      "the columns as a whole",
      change("destinationPort: 22", "sourceColumns: x"),
      "rules.yml:9: sourceColumns: field 'sourceColumns' holds the columns of a server's row: name one, for example 'sourceColumns.owner'",
    ],
    [
      "a part of a plain field",
      change("destinationPort: 22", "sourceServer.owner: x"),
      "rules.yml:9: sourceServer.owner: field 'sourceServer' has no parts, so 'sourceServer.owner' names nothing",
    ],
    [
      "no values",
      change("destinationPort: 22", "destinationPort: []"),
      "rules.yml:9: destinationPort: an empty list of values would match nothing",
    ],
    [
      "bare words",
      change("    destinationPort: 22", "    - ssh"),
      "rules.yml:9: detection.selection.0 must map fields to values; a search for bare words is not supported",
    ],
    [
      "an empty search",
      change("  selection:\n    destinationPort: 22", "  selection: {}"),
      "rules.yml:8: detection.selection is empty: it would match every flow",
    ],
    [
      "runbook",
      `${GOOD}flow:\n  runbook: http://wiki/x\n`,
      "rules.yml:12: flow.runbook is 'http://wiki/x': must be the name of a page in the runbooks folder, or an https URL",
    ],
    [
      "throttle",
      `${GOOD}flow:\n  throttle: 5min\n`,
      "rules.yml:12: flow.throttle: timespan '5min' is not a whole number followed by s, m, h or d, of at most 366d; did you mean '5m'?",
    ],
    [
      "dedup",
      `${GOOD}flow:\n  dedup:\n    - sourceAdress\n`,
      "rules.yml:13: flow.dedup: unknown field 'sourceAdress'; did you mean 'sourceAddress'?",
    ],
    ["dedup twice", `${GOOD}flow:\n  dedup: [vnic, vnic]\n`, "rules.yml:12: flow.dedup: 'vnic' is named twice"],
    [
      "unknown detector",
      `${GOOD}flow:\n  detector:\n    type: becon\n`,
      "rules.yml:13: flow.detector.type is 'becon', which is none of its values; did you mean 'beacon'?",
    ],
    [
      "an option of no detector",
      `${GOOD}flow:\n  detector:\n    type: beacon\n    group-by: [vnic]\n    conections: 5\n`,
      "rules.yml:15: flow.detector.conections: unknown key; did you mean 'connections'?",
    ],
    [
      "a field of a baseline that is no number",
      `${GOOD}flow:\n  detector:\n    type: baseline\n    group-by: [vnic]\n    field: region\n`,
      "rules.yml:15: field region is no number",
    ],
    [
      "a history that is too short",
      `${GOOD}flow:\n  detector:\n    type: baseline\n    group-by: [vnic]\n    bucket: 1h\n    history: 2h\n`,
      "rules.yml:16: history must be at least four times the bucket",
    ],
  ])("%s", (_name, text, expected) => {
    expect(errorsOf(text)).toEqual([expected]);
  });

  test.each([
    [
      "type",
      COUNT.replace("event_count", "event_cuont"),
      "rules.yml:5: correlation.type is 'event_cuont', which is none of its values; did you mean 'event_count'?",
    ],
    [
      "a type that a stream cannot judge",
      COUNT.replace("event_count", "value_avg"),
      "rules.yml:5: correlation.type: 'value_avg' is not taken: an average may fall again when a late flow comes: use value_sum, or a baseline detector",
    ],
    [
      "timespan",
      COUNT.replace("5m", "5 minutes"),
      "rules.yml:8: correlation.timespan: timespan '5 minutes' is not a whole number followed by s, m, h or d, of at most 366d; did you mean '5m'?",
    ],
    ["no timespan", COUNT.replace("  timespan: 5m\n", ""), "rules.yml:4: correlation.timespan is missing"],
    ["operator", COUNT.replace("gte", "gtee"), "rules.yml:10: correlation.condition.gtee: unknown key; did you mean 'gte'?"],
    [
      "an operator that a stream cannot judge",
      COUNT.replace("gte", "lt"),
      "rules.yml:10: correlation.condition.lt: a stream cannot know that no further flow comes: use gte or gt",
    ],
    [
      "a count that is no whole number",
      COUNT.replace("10", "1.5"),
      "rules.yml:10: correlation.condition.gte must be a whole number, not 1.5",
    ],
    ["a count without end", COUNT.replace("10", "1000000"), "rules.yml:9: correlation.condition: counts up to 100000 at most"],
    ["no count", COUNT.replace("\n  condition:\n    gte: 10", ""), "rules.yml:4: correlation.condition: needs gte or gt"],
    ["two counts", `${COUNT}\n    gt: 10`, "rules.yml:9: correlation.condition: gt and gte exclude each other"],
    [
      "a field that is not asked for",
      `${COUNT}\n    field: vnic`,
      "rules.yml:11: correlation.condition.field: a correlation of type event_count has no field",
    ],
    [
      "no field",
      COUNT.replace("event_count", "value_count"),
      "rules.yml:9: correlation.condition: a correlation of type value_count needs a field",
    ],
    [
      "an unknown field",
      `${COUNT.replace("event_count", "value_count")}\n    field: vnics`,
      "rules.yml:11: correlation.condition.field: unknown field 'vnics'; did you mean 'vnic'?",
    ],
    [
      "a sum of texts",
      `${COUNT.replace("event_count", "value_sum")}\n    field: vnic`,
      "rules.yml:11: correlation.condition.field: vnic is no number",
    ],
    ["an unknown rule", COUNT.replace("[probe]", "[prob]"), "rules.yml:6: unknown rule 'prob'; did you mean 'probe'?"],
    ["a rule twice", COUNT.replace("[probe]", "[probe, probe]"), "rules.yml:6: correlation.rules: 'probe' is named twice"],
    [
      "an unknown group",
      COUNT.replace("[sourceAddress]", "[sourceAdress]"),
      "rules.yml:7: correlation.group-by.0: unknown field 'sourceAdress'; did you mean 'sourceAddress'?",
    ],
    ["no group", COUNT.replace("[sourceAddress]", "[]"), "rules.yml:7: correlation.group-by is []: must name a field"],
    [
      "one rule in an order",
      COUNT.replace("event_count", "temporal_ordered").replace("\n  condition:\n    gte: 10", ""),
      "rules.yml:6: correlation.rules: a correlation of type temporal_ordered needs at least two rules",
    ],
    [
      "a loop of one",
      COUNT.replace("[probe]", "[many]"),
      "rules.yml:6: correlations refer to each other in a loop: many -> many",
    ],
    [
      "a detector in a correlation",
      `${COUNT}\nflow:\n  detector:\n    type: beacon\n    group-by: [vnic]`,
      "rules.yml:12: a correlation cannot have a detector: put it in a rule with detection",
    ],
    [
      "an alias that nobody uses",
      `${COUNT}\n  aliases:\n    who:\n      probe: vnic`,
      "rules.yml:12: correlation.aliases.who: is not used in group-by",
    ],
    [
      "an alias for another rule",
      `${COUNT.replace("[sourceAddress]", "[who]")}\n  aliases:\n    who:\n      prob: vnic`,
      "rules.yml:13: correlation.aliases.who.prob: is no rule of this correlation; did you mean 'probe'?",
    ],
    [
      "an alias of an unknown field",
      `${COUNT.replace("[sourceAddress]", "[who]")}\n  aliases:\n    who:\n      probe: vnics`,
      "rules.yml:13: correlation.aliases.who.probe: unknown field 'vnics'; did you mean 'vnic'?",
    ],
  ])("correlation: %s", (_name, lines, expected) => {
    expect(errorsOf(correlation(lines))).toContain(expected);
  });

  test("a loop over three correlations is named once, with its members", () => {
    const link = (name: string, to: string): string =>
      `title: T\nname: ${name}\nlevel: low\ncorrelation:\n${COUNT.replace("[probe]", `[${to}]`)}\n`;
    const text = [link("aa", "bb"), link("bb", "cc"), link("cc", "aa"), GOOD].join("---\n");
    expect(errorsOf(text)).toEqual(["rules.yml:28: correlations refer to each other in a loop: aa -> bb -> cc -> aa"]);
  });

  test.each([
    ["broken YAML", "title: [", "rules.yml:1: not valid YAML: "],
    ["a key twice", "title: a\ntitle: b\n", "rules.yml:2: not valid YAML: Map keys must be unique"],
    ["a tab", "title: a\n\tname: b\n", "rules.yml:2: not valid YAML: "],
    ["a list", "- a\n", "rules.yml:1: a rule is a map with title, name, and detection, correlation or filter"],
    [
      "nothing to detect",
      "title: a\nname: bb\ndetction:\n  x: y\n",
      "rules.yml:3: the document has none of detection, correlation, filter; 'detction' did you mean 'detection'?",
    ],
    [
      "both at once",
      `${GOOD}correlation:\n${COUNT}\n`,
      "rules.yml:1: the document has detection and correlation: write one of them, and the other in a document of its own",
    ],
    [
      "too many aliases",
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}*a]\nc: &c [${"*b,".repeat(9)}*b]\nd: [${"*c,".repeat(9)}*c]\n`,
      "rules.yml:1: not valid YAML: ",
    ],
    ["a large file", `# ${"x".repeat(1024 * 1024)}\n`, "rules.yml:1: the file is larger than 1048576 bytes"],
  ])("%s", (_name, text, expected) => {
    const errors = errorsOf(text);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors[0]?.startsWith(expected), errors[0]).toBe(true);
    for (const error of errors) expect(error).not.toContain("\n");
  });

  test("several mistakes of a file are named together", () => {
    const text = change("level: low", "level: hihg").replace("destinationPort: 22", "destinationPrt: 22");
    expect(errorsOf(text)).toHaveLength(2);
  });
});

describe("what a rule becomes", () => {
  test("defaults", () => {
    const [rule] = rulesOf(GOOD);
    expect(rule).toMatchObject({ name: "probe", kind: "detection", alerts: true, throttleMs: 3_600_000, line: 1, tags: [] });
    expect(rule?.dedup === "group" ? [] : rule?.dedup.map((field) => field.name)).toEqual([
      "sourceAddress",
      "destinationAddress",
      "destinationPort",
    ]);
  });

  test("a part of a correlation alerts only when the correlation generates", () => {
    const alerting = (text: string): string[] => rulesOf(text).flatMap((rule) => (rule.alerts ? [rule.name] : []));
    expect(alerting(correlation(COUNT))).toEqual(["many"]);
    expect(alerting(correlation(`${COUNT}\n  generate: true`))).toEqual(["many", "probe"]);
    expect(
      alerting(correlation(COUNT).replace("---\ntitle: A rule\nname: probe\nlevel: low", "---\ntitle: A rule\nname: probe")),
    ).toEqual(["many"]);
  });

  test("a rule may be referred to by its id", () => {
    const id = "0e95725d-7320-4a5d-80f7-004da920fc11";
    const text = correlation(COUNT.replace("[probe]", `[${id.toUpperCase()}]`)).replace("name: probe", `name: probe\nid: ${id}`);
    const [many] = rulesOf(text);
    expect(many?.kind === "correlation" && many.correlation.parts[0]?.rule.name).toBe("probe");
  });

  test("gt is one more than gte", () => {
    const [many] = rulesOf(correlation(COUNT.replace("gte", "gt")));
    expect(many?.kind === "correlation" && many.correlation).toMatchObject({
      type: "event_count",
      atLeast: 11,
      timespanMs: 300_000,
    });
  });

  test("constructs and fields are those of the whole tree", () => {
    const [many] = rulesOf(
      `${correlation(COUNT.replace("event_count", "value_count").concat("\n    field: destinationAddress"))}`.replace(
        "    destinationPort: 22\n  condition: selection",
        "    destinationPort: 22\n    sourceAddress|cidr: 10.0.0.0/8\n  named:\n    - sourceColumns.owner|startswith: x\n    - bytes|gt: 5\n  condition: selection and not named",
      ),
    );
    if (many === undefined) throw new Error("no rule");
    expect([...constructsOf(many)].sort()).toEqual([
      "cidr",
      "columns",
      "compare",
      "negation",
      "one-of",
      "or",
      "startswith",
      "value_count",
    ]);
    expect([...fieldsOf(many).keys()].sort()).toEqual([
      "bytes",
      "destinationAddress",
      "destinationPort",
      "sourceAddress",
      "sourceColumns.owner",
    ]);
  });
});

describe("filters", () => {
  const filter = (rules: string): string => `title: Not from the scanner
logsource:
  category: network_connection
  product: flowferry
filter:
  rules: [${rules}]
  scanner:
    sourceServer: scanner-01
  condition: not scanner
`;

  test("add their condition to the rules they name", () => {
    const { rules, errors } = readRules([
      { file: "a.yml", text: GOOD },
      { file: "b.yml", text: filter("probe") },
    ]);
    expect(errors).toEqual([]);
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({ filters: ["Not from the scanner"], condition: { kind: "and" } });
  });

  test("may name correlations, and are refused for unknown rules", () => {
    expect(errorsOf(`${correlation(COUNT)}---\n${filter("many")}`)).toEqual([]);
    expect(errorsOf(`${GOOD}---\n${filter("prob")}`)).toEqual(["rules.yml:17: unknown rule 'prob'; did you mean 'probe'?"]);
  });
});

describe("a bad file is refused, the others run", () => {
  const other = detection("  selection:\n    destinationPort: 23\n  condition: selection", "other");

  test("whatever is wrong with it", () => {
    const { rules, errors } = readRules([
      { file: "a.yml", text: change("level: low", "level: hihg") },
      { file: "b.yml", text: other },
      { file: "c.yml", text: "title: [" },
    ]);
    expect(rules.map((rule) => rule.name)).toEqual(["other"]);
    expect(errors.map(({ file, line }) => `${file}:${line}`)).toEqual(["a.yml:3", "c.yml:1"]);
  });

  test("with what depends on it, which says so", () => {
    const many = `title: Many\nname: many\nlevel: low\ncorrelation:\n${COUNT}\n`;
    const { rules, errors } = readRules([
      { file: "a.yml", text: `${change("destinationPort: 22", "destinationPrt: 22")}` },
      { file: "b.yml", text: many },
      { file: "c.yml", text: other },
    ]);
    expect(rules.map((rule) => rule.name)).toEqual(["other"]);
    expect(errors.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      "a.yml: destinationPrt: unknown field 'destinationPrt'; did you mean 'destinationPort'?",
      "b.yml: rule 'probe' is refused (a.yml:1)",
    ]);
  });

  test("a name or id that is taken", () => {
    const { rules, errors } = readRules([
      { file: "a.yml", text: GOOD },
      { file: "b.yml", text: GOOD },
      { file: "c.yml", text: other },
    ]);
    expect(rules.map((rule) => rule.name)).toEqual(["probe", "other"]);
    expect(errors).toEqual([{ file: "b.yml", line: 2, message: "name 'probe' is taken by a.yml:2" }]);
  });
});
