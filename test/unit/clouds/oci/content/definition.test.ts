import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentArchive } from "../../../../../src/clouds/oci/content/archive.ts";
import { buildContent, contentFiles } from "../../../../../src/clouds/oci/content/build.ts";
import { readDefinition } from "../../../../../src/clouds/oci/content/definition.ts";
import { differences } from "../../../../../src/install/differences.ts";
import { asset } from "../../../../../src/lib/assets.ts";
import { loadSchema } from "../../../../../src/schemas/load.ts";
import { ContentStore } from "../../../../simulators/oci/services/log-analytics/content.ts";
import { faultOf } from "../../../../simulators/oci/services/log-analytics/query.ts";
import { unzip } from "../../../../simulators/oci/services/log-analytics/zip.ts";

const definition = readDefinition();
const content = buildContent(definition);

describe("content for Log Analytics", () => {
  it("maps every key of the schema, and no other", () => {
    const keys = loadSchema("log-analytics", "/")
      .attributes.filter(({ kind }) => kind !== "columns")
      .map(({ name }) => name);
    expect(Object.keys(definition.content.fields).sort()).toEqual(keys.sort());
  });

  it("gives no title to two fields", () => {
    const titles = Object.values(definition.content.fields).map(({ field }) => field);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("is built into the files that ship", () => {
    for (const [name, text] of contentFiles(content)) {
      expect(readFileSync(join(asset("deploy/log-analytics"), name), "utf8"), `${name}: run flowferry content build`).toBe(text);
    }
  });

  it("is the archive that ships, whose parser names each field by what its document says", async () => {
    const archive = await contentArchive(content);
    expect(readFileSync(join(asset("deploy/log-analytics"), "content.zip")).equals(archive), "run flowferry content build").toBe(
      true,
    );
    const members = unzip(archive);
    expect(members.map(({ name }) => name)).toEqual(["content.xml", "README.txt"]);
    const xml = members[0]?.bytes.toString() ?? "";
    const all = (pattern: RegExp): string[] => [...xml.matchAll(pattern)].map(([, found = ""]) => found);
    const names = all(/<FieldName>(\w+)<\/FieldName>/g);
    expect(new Set(names).size).toBe(content.parser.fieldMaps.length);
    // Elements that occur in public exports, and no other.
    expect(xml).not.toContain("<Description>");
    expect(all(/<FieldNameMap><Name>(\w+)<\/Name>/g)).toEqual(names);
    expect(all(/<FieldNameMap><Name>\w+<\/Name><DisplayName>([^<]+)</g)).toEqual(
      content.parser.fieldMaps.map(({ field }) => field.displayName),
    );
    expect(all(/<StructuredColInfo>([^<]+)</g)).toEqual(content.parser.fieldMaps.map((map) => map.structuredColumnInfo));
    expect(all(/<Field><DisplayName>([^<]+)</g)).toEqual(content.fields.map(({ displayName }) => displayName));
    // The order in which the service reads it.
    expect(xml).toMatch(/^<\?xml.*<LoganContent .*<Field>.*<Parser .*<Source .*<FieldNameMaps>.*<\/LoganContent>\n$/s);
    expect(xml).toContain('<Parser tokenize_orig_text="1" type="6">');
    expect(xml).toContain("<HeaderContent>$:0</HeaderContent>");
  });

  const known = new ContentStore().fieldTitles();
  for (const { displayName } of content.fields) known.add(displayName);

  it.each(content.searches.map(({ displayName, uiConfig }) => [displayName, uiConfig.queryString]))(
    "asks a well-formed question of fields that exist: %s",
    (_, query) => {
      expect(faultOf(query, known)).toBeUndefined();
      expect(query).toMatch(/^'Log Source' = 'Flowferry VCN Flow Logs' and /);
    },
  );

  it("names all searches apart", () => {
    expect(new Set(content.searches.map(({ displayName }) => displayName)).size).toBe(content.searches.length);
    expect(content.searches.length).toBeGreaterThanOrEqual(20);
  });

  it("draws what is analysed as a chart of bubbles, under the name that the query gives it, and other links as tables", () => {
    const drawn = content.searches.flatMap(({ id, uiConfig: { visualizationType, visualizationOptions, queryString } }) =>
      visualizationType === "link"
        ? [{ id, queryString, options: (visualizationOptions as { customVizOpt: Record<string, object> }).customVizOpt }]
        : [],
    );
    const analysed = drawn.filter(({ queryString }) => queryString.includes("| classify "));
    expect(analysed.map(({ id, options }) => [id, Object.keys(options.LINK_CLASSIFY_SETTINGS ?? {})])).toEqual([
      ["flowferry-traffic-analysis", ["Network Traffic Analysis"]],
      ["flowferry-unusual-transfers-classified", ["Anomalies"]],
    ]);
    for (const { id, queryString, options } of drawn) {
      const tab = queryString.includes("| classify ") ? ["on"] : [];
      expect(options.LINK_SEARCH_SETTINGS, id).toMatchObject({
        dashboardWidgetOptions: { showAnalyzeTab: tab, showTable: ["on"] },
      });
      expect("LINK_CLASSIFY_SETTINGS" in options, id).toBe(tab.length > 0);
    }
  });

  it("finds the faults of a query", () => {
    const linked = "Action = accept | link Time, 'Source IP' | stats count as Flows | classify";
    expect(faultOf(`${linked} topcount = 9 correlate = -*, 'Source IP' 'Start Time', Flows as 'x'`, known)).toBeUndefined();
    expect(faultOf(`${linked} correlate = -*, 'Source IP' 'Start Tim', Flows as 'x'`, known)).toBe("There is no field Start Tim");
    expect(faultOf(`${linked} as 'x'`, known)).toMatch(/^classify needs fields|^There is no field as/);
    expect(faultOf("Action = accept | stats count by 'Source IP'", known)).toBeUndefined();
    expect(faultOf("Action = accept | topn 5 'Source IP'", known)).toBe("There is no command topn");
    expect(faultOf("Action = accept | stats count by 'Source Ip'", known)).toBe("There is no field Source Ip");
    expect(faultOf("Acton = accept", known)).toBe("There is no field Acton");
    expect(faultOf("Action = accept | stats summe('Source Port') as X", known)).toBe("There is no function summe");
    expect(faultOf("Action = accept | lookup table = T select a as B using Port = p", known)).toBe("There is no field Port");
    expect(faultOf("Action = accept | lookup table = T select a as B using 'Source Port' = p | sort -B", known)).toBeUndefined();
    expect(faultOf("Action in (accept", known)).toBe("A bracket is not closed");
    expect(faultOf("Action = 'accept", known)).toMatch(/^Unexpected/);
  });
});

describe("differences", () => {
  it("looks at what is wanted only", () => {
    expect(differences({ a: 1, b: { c: [1, { d: 2 }] } }, { a: 1, b: { c: [1, { d: 2, x: 1 }], y: 2 }, z: 3 })).toEqual([]);
    expect(differences({ a: 1, b: { c: [1, { d: 2 }] } }, { a: 2, b: { c: [1, { d: 3 }] } })).toEqual(["a", "b.c[1].d"]);
    expect(differences({ a: [1] }, { a: [1, 2] })).toEqual(["a"]);
    expect(differences({ a: {} }, { a: null })).toEqual(["a"]);
  });
});
