import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { lokiDialect } from "../../src/dialects/loki/dialect.ts";
import { victorialogsDialect } from "../../src/dialects/victorialogs/dialect.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { asset } from "../../src/lib/assets.ts";
import { isNative, loadSearches } from "../../src/searches/load.ts";
import type { Search } from "../../src/searches/search.ts";
import { createEncoder, type EncoderOptions } from "../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../src/sinks/otlp/protobuf.ts";
import { attributes, otel } from "../unit/dialects/support.ts";
import { generatedFlows } from "../unit/searches/flows.ts";
import { oddSearch, spreadFlows } from "../unit/searches/odd.ts";
import { answer, columnsOf, faultOf, type Row } from "../unit/searches/oracle.ts";
import { available } from "./servers/available.ts";
import { startLoki } from "./servers/loki.ts";
import { startVictoriaLogs } from "./servers/victorialogs.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Loki answers slowly where groups are many. */
const LOKI_FLOWS = 2_000;
/** Loki takes requests of up to 4 MB. */
const PUSH = 1_000;

const { searches } = loadSearches(asset("deploy/searches"));
const neutral = searches.filter((search): search is Search => !isNative(search));
const flows = await generatedFlows(6_000, 3 * 86_400_000);

function encoded(service: string, all: readonly Flow[]): Uint8Array<ArrayBuffer> {
  const options: EncoderOptions = { serviceName: service, version: "1", body: "unique", maxBytes: 64 * 1024 * 1024 };
  const [request = new Uint8Array()] = createEncoder(protobuf, otel, options).encode(all, Date.now()).parts;
  return request;
}

describe("VictoriaLogs", () => {
  const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);
  const dialect = victorialogsDialect(attributes);

  async function post(service: string, all: readonly Flow[]): Promise<void> {
    const response = await fetch(`${victoriaLogs().endpoint}/v1/logs`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
      body: encoded(service, all),
    });
    expect(response.ok).toBe(true);
    await victoriaLogs().flush();
  }

  async function rows(service: string, search: Search): Promise<Row[]> {
    const printed = dialect.search(search);
    if (!("query" in printed)) throw new Error(printed.reason);
    const body = new URLSearchParams({ query: printed.query, extra_filters: JSON.stringify({ "service.name": service }) });
    const response = await fetch(new URL("/select/logsql/query", victoriaLogs().endpoint), { method: "POST", body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${printed.query}: ${text}`);
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => plain(JSON.parse(line), search));
  }

  /** Every value is a text, and an empty one is left out. */
  function plain(row: Readonly<Record<string, string>>, search: Search): Row {
    const strange = Object.keys(row).filter((name) => !columnsOf(search).includes(name));
    expect(strange).toEqual([]);
    const value = (column: string): string | number | undefined => {
      const text = row[column] ?? "";
      if (search.by.some(({ label }) => label === column)) return text;
      if (text === "" || text === "NaN") return undefined;
      return /^\d{4}-/.test(text) ? Date.parse(text) : Number(text);
    };
    return Object.fromEntries(columnsOf(search).map((column) => [column, value(column)]));
  }

  beforeAll(() => post("generated", flows));

  test.each(neutral.map((search) => ({ id: search.id, search })))("$id", async ({ search }) => {
    const all = answer(search, flows);
    expect(all.length).toBeGreaterThan(0);
    expect(faultOf(search, all, await rows("generated", search))).toBeUndefined();
  });

  test("any search over odd flows means in LogsQL what its doc comments say", async () => {
    await post("spread", spreadFlows);
    await fc.assert(
      fc.asyncProperty(oddSearch, async (search) => {
        expect(faultOf(search, answer(search, spreadFlows), await rows("spread", search))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe("Loki", () => {
  const loki = available("Loki", startLoki);
  const dialect = lokiDialect(attributes);
  const some = flows.slice(0, LOKI_FLOWS);
  /** A query looks back over its search's period from here. */
  const after = Math.max(...some.map(({ time }) => time)) + 1;

  /** One sample for each group and measure, under the labels of records or, where names or time are worked out, of groups. */
  async function rows(tenant: string, search: Search, time: number): Promise<Row[]> {
    const printed = dialect.search(search);
    if (!("query" in printed)) throw new Error(printed.reason);
    const found = new Map<string, Record<string, string | number | undefined>>();
    for (const { metric, value } of await loki().samples(tenant, printed.query, time)) {
      const { measure, ...labels } = metric;
      const id = JSON.stringify(Object.entries(labels).sort());
      const row = found.get(id) ?? { ...times(search, labels), ...groups(search, labels) };
      found.set(id, row);
      row[measure ?? search.measures[0]?.label ?? ""] = value;
    }
    return [...found.values()];
  }

  /** A group none of whose measures has a value has no sample. */
  const seen = ({ measures }: Search, all: readonly Row[]): Row[] =>
    all.filter((row) => measures.some(({ label }) => row[label] !== undefined));

  function times({ time }: Search, labels: Readonly<Record<string, string>>): Row {
    if (time === undefined) return {};
    if (time.kind === "interval") return { Time: Number(labels.Time) * 1_000 };
    return { Weekday: Number(labels.Weekday), Hour: Number(labels.Hour) };
  }

  function groups({ by }: Search, labels: Readonly<Record<string, string>>): Row {
    const nameOf = ({ field, names, label }: Search["by"][number]): string =>
      names === undefined ? (attributes.of(field)?.name.replaceAll(/\W/g, "_") ?? "") : label.replaceAll(" ", "_");
    return Object.fromEntries(by.map((key) => [key.label, labels[nameOf(key)] ?? ""]));
  }

  async function push(tenant: string, all: readonly Flow[]): Promise<void> {
    for (let from = 0; from < all.length; from += PUSH)
      await loki().push(tenant, encoded("flowferry", all.slice(from, from + PUSH)));
  }

  beforeAll(() => push("generated", some));

  test.each(neutral.map((search) => ({ id: search.id, search })))("$id", async ({ search }) => {
    const within = some.filter(({ time }) => time > after - search.periodMs);
    expect(
      faultOf(search, seen(search, answer(search, within)), await rows("generated", search, after), { ordered: false }),
    ).toBeUndefined();
  });

  test("any search over odd flows means in LogQL what its doc comments say", async () => {
    await push("spread", spreadFlows);
    const time = Math.max(...spreadFlows.map((flow) => flow.time)) + 1;
    await fc.assert(
      fc.asyncProperty(oddSearch, async (search) => {
        const printed = dialect.search(search);
        if ("refused" in printed) {
          expect(printed.refused).toBe("fieldref");
          return;
        }
        const found = await rows("spread", search, time);
        expect(faultOf(search, seen(search, answer(search, spreadFlows)), found, { ordered: false })).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});
