import { createNoopMeter } from "@opentelemetry/api";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Consumer } from "../../../src/contracts/consumer.ts";
import type { BadRecords, Decoded, QualityNotice } from "../../../src/contracts/decoder.ts";
import type { Ledger, QueuedObject } from "../../../src/contracts/ledger.ts";
import { Readings } from "../../../src/delivery/readings.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { createInstruments } from "../../../src/telemetry/telemetry.ts";

let ledger: Ledger;
let readings: Readings;
let lines: string[];
let a: QueuedObject;
let b: QueuedObject;
beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  ledger.register(["out"]);
  const object = (key: string) => ({ key, etag: "1", size: 10, time: 0, order: key });
  ledger.of("bucket").discover({ partition: "", objects: [object("a"), object("b")] });
  [a, b] = ledger.of("bucket").discovered(0, 2) as [QueuedObject, QueuedObject];
  lines = [];
  const log = pino({ level: "silent" });
  const tell = (level: string) => (_fields: object, line: string) => void lines.push(`${level}: ${line}`);
  Object.assign(log, { warn: tell("warn"), error: tell("error") });
  readings = new Readings({ ledger, log, instruments: createInstruments(createNoopMeter()) }, ["bucket"], () => {});
});
afterEach(() => ledger.close());

const begin = (object: QueuedObject, skip = 0) => readings.begin(object, skip, async (work) => work());

function pieceOf(through: number, of: { flows?: number[]; bad?: BadRecords[]; said?: [number, string][]; skipped?: number[] }) {
  const piece: Decoded = {
    flows: (of.flows ?? []).map((record) => new Flow(originOf("memory://bucket", "a", "1"), record, EMPTY_CONTEXT, 0)),
    bad: of.bad ?? [],
    quality: (of.said ?? []).map(([after, message]): QualityNotice => ({ kind: "no-data", after, message })),
    skipped: of.skipped === undefined ? {} : { other: of.skipped },
    through,
  };
  return [piece, piece.flows] as const;
}

const noted = () => ledger.status().quality[0]?.count ?? 0;
const said = () => readings.totals.quality["no-data"] ?? 0;

test("what is said behind the same record, in several pieces, counts each time, and not again in a reading with other pieces", async () => {
  const first = begin(a);
  await first.read(...pieceOf(0, { said: [[0, "one"]] }));
  await first.read(...pieceOf(0, { said: [[0, "two"]] }));
  await first.read(
    ...pieceOf(2, {
      flows: [1, 2],
      said: [
        [0, "three"],
        [1, "four"],
        [2, "five"],
      ],
    }),
  );
  await first.read(...pieceOf(2, { said: [[2, "six"]] }));
  expect([said(), noted()]).toEqual([6, 6]);
  const second = begin(a);
  await second.read(
    ...pieceOf(1, {
      flows: [1],
      said: [
        [0, "one"],
        [0, "two"],
        [0, "three"],
        [1, "four"],
      ],
    }),
  );
  await second.read(...pieceOf(2, { flows: [2], said: [[2, "five"]] }));
  await second.read(
    ...pieceOf(2, {
      said: [
        [2, "six"],
        [2, "seven"],
      ],
    }),
  );
  await second.read(...pieceOf(3, { flows: [3], said: [[3, "eight"]] }));
  expect([said(), noted(), readings.totals.records]).toEqual([8, 8, 3]);
});

test("of a piece that is known in part the rest counts, of whatever kind", async () => {
  const bad = (from: number, to: number): BadRecords => ({ from, to, code: "bad-json", reason: "no JSON" });
  await begin(a).read(...pieceOf(6, { flows: [1, 2], bad: [bad(3, 4)], skipped: [5, 6] }));
  await begin(a).read(...pieceOf(9, { flows: [1, 2, 7], bad: [bad(3, 4), bad(8, 8)], skipped: [5, 6, 9] }));
  expect(readings.totals).toMatchObject({ records: 3, bad: 3, skipped: 3 });
});

test("an object that is broken to its end counts so once, and is listed once", async () => {
  const broken: BadRecords = { from: 3, to: undefined, code: "truncated-gzip", reason: "cut" };
  await begin(a).read(...pieceOf(2, { flows: [1, 2], bad: [broken] }));
  await begin(a, 1).read(...pieceOf(2, { flows: [2], bad: [broken] }));
  expect([readings.totals.bad, ledger.countDeadLetters({})]).toEqual([1, 1]);
  expect(lines).toEqual(["warn: bad record set aside: cut"]);
});

test("the end of an object counts once, also when its first records are read only after it", async () => {
  const late = begin(a, 4);
  await late.read(...pieceOf(6, { flows: [5, 6] }));
  await late.ended();
  expect(readings.totals).toMatchObject({ objects: 1, records: 2, readBytes: 10 });
  const whole = begin(a);
  await whole.read(...pieceOf(6, { flows: [1, 2, 3, 4, 5, 6] }));
  await whole.ended();
  const again = begin(a);
  await again.read(...pieceOf(6, { flows: [1, 2, 3, 4, 5, 6], said: [[6, "x"]] }));
  await again.ended();
  expect(readings.totals).toMatchObject({ objects: 1, records: 6, readBytes: 10, quality: {} });
  expect(ledger.recordsIn(a.id)).toBe(6);
  const other = begin(b);
  await other.read(...pieceOf(2, { flows: [1, 2] }));
  await other.ended();
  expect(readings.totals).toMatchObject({ objects: 2, records: 8, readBytes: 20 });
});

test("an object that is gone is lost once, and only for those who lack some of it", async () => {
  const gone = new Failure("object", "object-vanished", "it was deleted", { gone: true });
  const having = (...records: number[]) => new Set(records.map((offered) => ({ offered: () => offered }) as unknown as Consumer));
  ledger.readToEnd(a.id, 6);
  expect(begin(a).lost(having(6, 7), gone)).toEqual({
    object: { ...a, records: 6 },
    code: "object-vanished",
    reason: "it was deleted",
  });
  expect([readings.totals.lost, lines]).toEqual([0, []]);
  begin(a).lost(having(6, 5), gone);
  begin(a).lost(having(5), gone);
  expect(readings.totals.lost).toBe(1);
  // Nobody knows how many records it holds.
  begin(b).lost(having(99), gone);
  begin(b).lost(having(0), gone);
  expect(readings.totals.lost).toBe(2);
  expect(lines).toEqual(Array.from({ length: 2 }, () => "error: lost before it was delivered: it was deleted"));
});

test("very many bad places are told in one line", async () => {
  const places = Array.from({ length: 1_002 }, (_, index) => ({
    from: 2 * index + 1,
    to: 2 * index + 1,
    code: "x",
    reason: "no",
  }));
  await begin(a).read(...pieceOf(2_004, { bad: places }));
  expect(readings.totals.bad).toBe(1_002);
  expect(lines).toHaveLength(1_000);
  expect(lines.at(-1)).toBe("error: very many places of one object are bad: further ones are counted, not listed");
  expect(lines[0]).toBe("warn: bad record set aside: no");
});
