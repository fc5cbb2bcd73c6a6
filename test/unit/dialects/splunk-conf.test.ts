import { describe, expect, test } from "vitest";
import { splunkDialect } from "../../../src/dialects/splunk/dialect.ts";
import { searches } from "../shipped-searches.ts";
import { ALERTING, attributes, rules } from "./support.ts";

const dialect = splunkDialect(attributes);
const files = dialect.files({
  alerting: ALERTING,
  rules: rules.flatMap((rule) => {
    const printed = dialect.rule(rule);
    return rule.alerts && "query" in printed ? [{ rule, query: printed.query }] : [];
  }),
  searches: searches.flatMap((search) => {
    const printed = dialect.search(search);
    return "query" in printed ? [{ search, query: printed.query }] : [];
  }),
});

/** Stanzas of a .conf file. A line is a comment, a stanza's name or a setting; one that ends in a backslash would go on. */
function stanzasOf(name: string): Map<string, Map<string, string>> {
  const stanzas = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of (files.get(name) ?? "").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const heading = /^\[([^[\]]+)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      if (stanzas.has(heading)) throw new Error(`${heading} is there twice`);
      current = new Map();
      stanzas.set(heading, current);
      continue;
    }
    const [, key, value] = /^([\w.]+) = (.*[^\\])$/.exec(line) ?? [];
    if (key === undefined || value === undefined || current === undefined) throw new Error(`no setting: ${line}`);
    if (current.has(key)) throw new Error(`${key} is set twice`);
    current.set(key, value);
  }
  return stanzas;
}

test.each(["detections", "searches"])("the files of %s are stanzas of settings, beside the macro that they name", (folder) => {
  expect([...stanzasOf(`${folder}/macros.conf`)]).toEqual([["flowferry", new Map([["definition", "index=flowferry"]])]]);
  for (const [name, settings] of stanzasOf(`${folder}/savedsearches.conf`)) {
    expect(name).toMatch(/^flowferry: \S/);
    expect(settings.get("search")).toMatch(/^search `flowferry`/);
  }
});

describe("searches", () => {
  const stanzas = stanzasOf("searches/savedsearches.conf");

  test("are all there, on no schedule, over their own period", () => {
    expect([...stanzas.keys()]).toEqual(searches.map(({ title }) => `flowferry: ${title}`));
    for (const { title, periodMs } of searches) {
      const settings = stanzas.get(`flowferry: ${title}`);
      expect(settings?.get("enableSched")).toBe("0");
      expect(settings?.get("dispatch.earliest_time")).toBe(`-${periodMs / 3_600_000}h`);
      expect(settings?.get("dispatch.latest_time")).toBe("now");
    }
  });

  test("are shown as a chart where one column of groups stands before numbers, else as a table", () => {
    const shown = (id: string) => {
      const settings = stanzas.get(`flowferry: ${searches.find((search) => search.id === id)?.title}`);
      return [
        settings?.get("display.general.type"),
        settings?.get("display.visualizations.type"),
        settings?.get("display.visualizations.charting.chart"),
      ];
    };
    expect(shown("accepted_and_rejected")).toEqual(["visualizations", "charting", "area"]);
    expect(shown("accepted_tcp_by_hour")).toEqual(["visualizations", "charting", "line"]);
    expect(shown("flow_count")).toEqual(["visualizations", "singlevalue", undefined]);
    expect(shown("top_applications")).toEqual(["visualizations", "charting", "bar"]);
    expect(shown("bytes_over_time")).toEqual(["statistics", undefined, undefined]);
    expect(shown("scan_suspects")).toEqual(["statistics", undefined, undefined]);
  });
});
