import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventFileOptions, packEvents } from "../../../src/clouds/oci/log-analytics/event-file.ts";
import { tokenOf, zipEvents } from "../../../src/clouds/oci/log-analytics/payload.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { asBuffer } from "../../../src/lib/bytes.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema } from "../../../src/schemas/load.ts";
import { runs } from "../../runs.ts";
import { unzip } from "../../simulators/oci/services/log-analytics/zip.ts";
import { codePoints } from "../code-points.ts";
import { contextOf, flowOf } from "./log-analytics-parts.ts";

interface Event {
  entityId?: string;
  logSourceName: string;
  logPath: string;
  logRecords: string[];
}

const TOO_LARGE = expect.objectContaining({
  drawer: "batch",
  code: "log-analytics-too-large",
  tooLarge: true,
  certain: true,
});
const print = linePrinter(loadSchema("log-analytics", "/"), "flowferry");
const options: EventFileOptions = {
  logSource: 'Süß "source"',
  metadata: {},
  entityOf: () => undefined,
  print,
  maxBytes: 2_000_000,
  maxFiles: 100,
};

const text = codePoints(40);
const flows = fc
  .array(
    fc.record({ key: fc.constantFrom("a", 'ключ/"2"', "c"), vnic: fc.constantFrom("v1", "v2"), server: text, flowId: text }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((list) =>
    list.map(({ key, vnic, server, flowId }, index) =>
      flowOf(key, index + 1, { sourceServer: server, flowId }, contextOf({ vnic })),
    ),
  );

const packed = (list: readonly Flow[], changed: EventFileOptions): Buffer[] => packEvents(list, 0, changed).map(asBuffer);
const parse = (files: readonly Buffer[]): Event[] =>
  files.flatMap((file) => (JSON.parse(file.toString()) as { logEvents: Event[] }).logEvents);

const uidOf = (record: string): string => (JSON.parse(record) as { uid: string }).uid;
const sorted = (uids: readonly string[]): string[] => [...uids].sort();

describe("packing of events", () => {
  it("puts every record into exactly one file, none larger than it may be, and none that the one before had room for", () => {
    fc.assert(
      fc.property(flows, fc.integer({ min: 1500, max: 6000 }), (list, maxBytes) => {
        const files = packed(list, { ...options, maxBytes });
        for (const file of files) expect(file.length).toBeLessThanOrEqual(maxBytes);
        const records = parse(files).flatMap(({ logRecords }) => logRecords);
        expect(sorted(records.map(uidOf))).toEqual(sorted(list.map(({ uid }) => uid)));
        const byUid = new Map(list.map((flow) => [flow.uid, flow]));
        for (const record of records) expect(record).toBe(print(byUid.get(uidOf(record)) as Flow, 0));
        for (const [index, file] of files.slice(1).entries()) {
          const inFile = parse([file]).flatMap(({ logRecords }) => logRecords);
          const first = list.find(({ uid }) => inFile.map(uidOf).includes(uid)) as Flow;
          const alone = packed([first], options)[0]?.length ?? 0;
          expect((files[index]?.length ?? 0) + alone).toBeGreaterThan(maxBytes);
        }
      }),
      { numRuns: runs(150) },
    );
  });

  it("names source, path, entity and metadata of every record", () => {
    fc.assert(
      fc.property(flows, (list) => {
        const entityOf = ({ context }: Flow): string | undefined => (context.vnic === "v1" ? "entity 1" : undefined);
        const files = packed(list, { ...options, entityOf, metadata: { Environment: "prod" }, maxBytes: 4000 });
        for (const file of files) expect(JSON.parse(file.toString())).toMatchObject({ metadata: { Environment: "prod" } });
        const byUid = new Map(list.map((flow) => [flow.uid, flow]));
        for (const { entityId, logSourceName, logPath, logRecords } of parse(files)) {
          expect(logSourceName).toBe(options.logSource);
          for (const record of logRecords) {
            const flow = byUid.get(uidOf(record)) as Flow;
            expect(logPath).toBe(`oci://simulated/flows/${flow.origin.key}`);
            expect(entityId).toBe(entityOf(flow));
          }
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it("fills a file to the last byte, and no further", () => {
    const list = [flowOf("k", 1), flowOf("k", 2)];
    const both = packEvents(list, 0, options);
    expect(both).toHaveLength(1);
    const size = both[0]?.length ?? 0;
    expect(packed(list, { ...options, maxBytes: size })).toHaveLength(1);
    expect(packed(list, { ...options, maxBytes: size - 1 })).toHaveLength(2);
  });

  it("refuses a record that fits no file, by its object and number", () => {
    const list = [flowOf("k", 1), flowOf("k", 2, { sourceServer: "x".repeat(5000) })];
    expect(() => packed(list, { ...options, maxBytes: 4000 })).toThrow(TOO_LARGE);
    expect(() => packed(list, { ...options, maxBytes: 4000 })).toThrow(/^record 2 of k takes \d+ bytes/);
  });

  it("refuses more than the most files", () => {
    const list = Array.from({ length: 30 }, (_, index) => flowOf("k", index + 1));
    const files = packed(list, { ...options, maxBytes: 2500 }).length;
    expect(files).toBeGreaterThan(2);
    expect(packed(list, { ...options, maxBytes: 2500, maxFiles: files })).toHaveLength(files);
    expect(() => packed(list, { ...options, maxBytes: 2500, maxFiles: files - 1 })).toThrow(TOO_LARGE);
  });
});

describe("archives and tokens", () => {
  it("names the entries with their log set, and holds the files byte for byte", async () => {
    const files = [Buffer.from('{"a":1}'), Buffer.alloc(100_000, 32)];
    const members = unzip(await zipEvents(files, "prod-1"));
    expect(members.map(({ name }) => name)).toEqual(["flows1_logSet=prod-1.json", "flows2_logSet=prod-1.json"]);
    expect(members.map(({ bytes }) => bytes.equals(files.shift() as Buffer))).toEqual([true, true]);
    expect(unzip(await zipEvents([Buffer.from("{}")], undefined))[0]?.name).toBe("flows1.json");
  });

  it("gives equal uploads one token, and others another", () => {
    const [a, b] = [Buffer.from("a"), Buffer.from("b")];
    const token = tokenOf(["ns", undefined], [a, b]);
    expect(tokenOf(["ns", undefined], [Buffer.from("a"), Buffer.from("b")])).toBe(token);
    expect(token.length).toBeLessThanOrEqual(64);
    const others = [
      tokenOf(["ns", undefined], [b, a]),
      tokenOf(["ns2", undefined], [a, b]),
      tokenOf(["ns", undefined], [Buffer.from("ab")]),
    ];
    expect(new Set([token, ...others]).size).toBe(4);
  });
});
