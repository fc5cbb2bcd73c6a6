import { describe, expect, test } from "vitest";
import { resolveField } from "../../../src/detect/fields.ts";
import { datadogDialect } from "../../../src/dialects/datadog/dialect.ts";
import type { GroupKey, Measure, Search } from "../../../src/searches/search.ts";
import { searches } from "../shipped-searches.ts";
import { ALERTING, attributes } from "./support.ts";

const dialect = datadogDialect(attributes);

function field(name: string) {
  const found = resolveField(name);
  if (typeof found === "string") throw new Error(found);
  return found;
}

const key = (name: string): GroupKey => ({ field: field(name), label: "Group", names: undefined });
const bytes: Measure = { kind: "sum", label: "Bytes", field: field("bytes"), where: undefined };
const accepted = { kind: "one-of", field: field("action"), values: ["accept"] } as const;
const base: Search = {
  id: "probe",
  title: "A probe",
  description: "Of the printer.",
  visualisation: "table",
  periodMs: 3_600_000,
  file: "probe.yml",
  line: 1,
  condition: accepted,
  time: undefined,
  by: [],
  measures: [bytes],
  outliers: undefined,
  sort: undefined,
  limit: undefined,
};

function request(change: Partial<Search>): unknown {
  const printed = dialect.search({ ...base, ...change });
  return "query" in printed ? JSON.parse(printed.query) : printed.refused;
}

const filter = { query: '@flow.action:"accept"', indexes: ["*"] };

describe("the request as the reference of the aggregation describes it", () => {
  test("totals", () => {
    expect(request({ measures: [{ kind: "count", label: "Flows", where: undefined }, bytes] })).toEqual({
      filter,
      compute: [
        { aggregation: "count", type: "total" },
        { aggregation: "sum", metric: "@flow.bytes", type: "total" },
      ],
    });
  });
  test("the largest groups", () => {
    expect(request({ by: [key("sourceAddress")], sort: bytes, limit: 20 })).toEqual({
      filter,
      compute: [{ aggregation: "sum", metric: "@flow.bytes", type: "total" }],
      group_by: [
        {
          facet: "@source.address",
          limit: 20,
          missing: "",
          sort: { type: "measure", order: "desc", aggregation: "sum", metric: "@flow.bytes" },
        },
      ],
    });
  });
  test("a series for each group", () => {
    expect(request({ by: [key("direction")], time: { kind: "interval", ms: 900_000 } })).toEqual({
      filter,
      compute: [{ aggregation: "sum", metric: "@flow.bytes", type: "timeseries", interval: "15m" }],
      group_by: [{ facet: "@flow.direction", limit: 10_000, missing: "" }],
    });
  });
});

test("what a request cannot say is refused by name", () => {
  const two = [key("sourceAddress"), key("destinationAddress")];
  const named = { ...key("destinationPort"), names: { cases: new Map([[22, "SSH"]]), otherwise: "Other" } };
  expect(request({ by: two })).toBe("group");
  expect(request({ by: [named] })).toBe("names");
  expect(request({ measures: [{ kind: "distinct", label: "Sources", field: field("sourceAddress"), where: undefined }] })).toBe(
    "distinct",
  );
  expect(request({ measures: [{ kind: "share", label: "Share", where: accepted }] })).toBe("share");
  expect(request({ measures: [{ kind: "count", label: "Some", where: accepted }] })).toBe("where");
  expect(request({ measures: [{ kind: "latest", label: "Last" }] })).toBe("latest");
  expect(request({ measures: [{ kind: "earliest", label: "First" }] })).toBe("earliest");
  expect(request({ time: { kind: "hour-of-week" } })).toBe("hour-of-week");
  expect(request({ time: { kind: "interval", ms: 7 * 86_400_000 } })).toBe("interval");
  expect(request({ time: { kind: "interval", ms: 3_600_000 }, sort: bytes })).toBe("sort");
  expect(request({ time: { kind: "interval", ms: 3_600_000 }, limit: 5 })).toBe("limit");
  expect(request({ time: { kind: "interval", ms: 3_600_000 }, outliers: { measure: bytes, deviations: 3 } })).toBe("outliers");
});

test("every search that can be said is a request over its period", () => {
  const said = searches.flatMap((search) => {
    const printed = dialect.search(search);
    return "query" in printed ? [{ search, query: printed.query }] : [];
  });
  const written = JSON.parse(dialect.files({ rules: [], searches: said, alerting: ALERTING }).get("searches.json") ?? "") as {
    readonly name: string;
    readonly request: { readonly filter: { readonly from: string; readonly to: string } };
  }[];
  expect(written.map(({ name }) => name)).toEqual(said.map(({ search }) => `flowferry: ${search.title}`));
  expect(written.map(({ request: one }) => one.filter.from)).toEqual(
    said.map(({ search }) => `now-${search.periodMs / 3_600_000}h`),
  );
  expect(said.map(({ search }) => search.id)).toEqual(
    expect.arrayContaining(["accepted_tcp_by_hour", "byte_count", "bytes_over_time", "flow_count"]),
  );
});
