import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BadRecords, Decoder } from "../../../src/contracts/decoder.ts";
import type { DeadLetter, Ledger, StoredDeadLetter } from "../../../src/contracts/ledger.ts";
import type { BatchLimits, WriteResult } from "../../../src/contracts/sink.ts";
import { type ReplayOptions, replay } from "../../../src/delivery/replay.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure, UsageError } from "../../../src/lib/errors.ts";
import { memorySink } from "./parts.ts";
import type { Taken } from "./taking.ts";

const never = new AbortController().signal;
let ledger: Ledger;

beforeEach(() => {
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  ledger.register(["one", "two"]);
});
afterEach(() => ledger.close());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** An object of 40 records, or of which so many can be read, in pieces of ten; these records of it are bad. */
function bucket(bad: readonly BadRecords[] = [], size = 40) {
  const asked: { skip: number; pieces: number[] }[] = [];
  const isBad = (record: number) => bad.some(({ from, to = 40 }) => record >= from && record <= to);
  const decode: Decoder = async function* (bytes, origin, { skip }) {
    const pieces: number[] = [];
    asked.push({ skip, pieces });
    for await (const _ of bytes) {
      for (let through = 10; through <= size; through += 10) {
        if (through <= skip) continue;
        pieces.push(through);
        const records = range(Math.max(through - 9, skip + 1), through);
        const flows = records.filter((record) => !isBad(record)).map((record) => new Flow(origin, record, EMPTY_CONTEXT, record));
        const own = bad.filter(({ from }) => records.includes(from));
        yield { flows, bad: own, quality: [], skipped: {}, through };
      }
      const behind = bad.filter(({ from }) => from > size);
      if (behind.length > 0) yield { flows: [], bad: behind, quality: [], skipped: {}, through: size };
    }
  };
  return { decode, asked };
}

interface Setting {
  readonly bad?: readonly BadRecords[];
  /** The object breaks off behind this record. */
  readonly through?: number;
  readonly open?: () => void;
  readonly respond?: (batch: Taken, call: number) => Promise<WriteResult | undefined> | undefined;
  readonly limits?: Partial<BatchLimits>;
  readonly keep?: (flow: Flow) => boolean;
  readonly rules?: boolean;
}

async function replayed(
  letters: readonly StoredDeadLetter[],
  { bad, through, open, respond, limits, keep, rules = true }: Setting = {},
  signal = never,
) {
  const got: Record<string, number[][]> = { one: [], two: [] };
  const sinkOf = (name: string) =>
    memorySink((batch, call) => {
      got[name]?.push(batch.flows.map(({ record }) => record));
      return respond?.(batch, call);
    }, limits).sink;
  const { decode, asked } = bucket(bad, through);
  const told: [number, boolean][] = [];
  let saves = 0;
  const enriched: number[] = [];
  const source = {
    name: "memory://bucket",
    async *discover() {},
    open: async () => {
      open?.();
      return (async function* () {
        yield Buffer.alloc(1);
      })();
    },
    close: async () => {},
  };
  const enrich = async (flows: readonly Flow[]) => void enriched.push(...flows.map(({ record }) => record));
  const parts = {
    reductions: new Map(),
    inlets: [{ name: "bucket", source, decode, enrich, keep: keep ?? (() => true) }],
    detections: !rules
      ? undefined
      : {
          inspect: (flows: readonly Flow[], count: boolean) => void told.push([flows.length, count]),
          settle: () => {},
          flush: () => {},
          save: () => {
            saves += 1;
            return { lots: [], head: () => "head", done: () => [], abandon: () => {} };
          },
        },
    sinks: new Map(["one", "two"].map((name) => [name, sinkOf(name)])),
    ledger,
  };
  const retries: unknown[] = [];
  const options: ReplayOptions = {
    maxBytes: 1e6,
    maxRecordBytes: 1e6,
    retry: { initialMs: 1, maxMs: 2 },
    onRetry: ({ error }) => void retries.push(error),
  };
  const result = await replay(letters, parts, options, signal);
  const kept = result.kept.map(({ letter, ...why }) => ({ key: letter.key, ...why }));
  return { ...result, kept, got, asked, told, saves, enriched, retries };
}

/** Dead letters as they lie in the ledger. */
function stored(...letters: Partial<DeadLetter>[]): StoredDeadLetter[] {
  const whole = {
    sink: "one",
    source: "bucket",
    key: "a",
    etag: "1",
    from: 1,
    to: undefined,
    count: 1,
    code: "http-400",
    reason: "bad",
  };
  ledger.setAside(letters.map((letter) => ({ ...whole, ...letter })));
  return ledger.deadLetters({}, 100);
}

describe("what is read", () => {
  test("are the records of the letter, from the first to the last, for its sink", async () => {
    const { got, asked, delivered, settled, kept, told, enriched } = await replayed(stored({ from: 8, to: 23, count: 16 }));
    expect(got).toEqual({ one: [range(8, 10), range(11, 20), range(21, 23)], two: [] });
    expect(asked).toEqual([{ skip: 7, pieces: [10, 20, 30] }]);
    expect([delivered, settled, kept, ledger.deadLetters({}, 9)]).toEqual([16, 1, [], []]);
    expect(enriched).toEqual(range(8, 23));
    // Detections mark flows, and count nothing again.
    expect(told).toEqual([
      [3, false],
      [10, false],
      [3, false],
    ]);
  });

  test("ends with the piece that has the last record", async () => {
    expect((await replayed(stored({ from: 11, to: 20, count: 10 }))).asked).toEqual([{ skip: 10, pieces: [20] }]);
  });

  test("goes on for a last record that begins a piece", async () => {
    const { got, asked } = await replayed(stored({ from: 8, to: 21, count: 14 }));
    expect([got.one?.flat(), asked]).toEqual([range(8, 21), [{ skip: 7, pieces: [10, 20, 30] }]]);
  });

  test("goes to the end of the object if the letter does", async () => {
    const { got, delivered } = await replayed(stored({ from: 31 }));
    expect([got.one, delivered]).toEqual([[range(31, 40)], 10]);
  });

  test("comes in batches of the sink's size, and what the filter holds back does not", async () => {
    const keep = ({ record }: Flow) => record !== 5;
    const { got, delivered } = await replayed(stored({ to: 10, count: 10 }), { limits: { records: 4 }, keep });
    expect([got.one, delivered]).toEqual([[[1, 2, 3, 4], [6, 7, 8, 9], [10]], 9]);
  });

  test("is delivered to every sink if no sink could have it", async () => {
    const { got, delivered, settled } = await replayed(stored({ sink: undefined, from: 40, to: 40, code: "bad-json" }));
    expect(got).toEqual({ one: [[40]], two: [[40]] });
    expect([delivered, settled, ledger.deadLetters({}, 9)]).toEqual([2, 1, []]);
    expect(ledger.status().sinks).toMatchObject([{ delivered: 1 }, { delivered: 1 }]);
  });
});

describe("a letter stays", () => {
  test("whose object ends before it", async () => {
    const { kept, settled } = await replayed(stored({ from: 41 }, { key: "b", from: 40, to: 40 }));
    expect(kept).toEqual([{ key: "a", code: "replay-missing", reason: "a has no record 41" }]);
    expect([settled, ledger.deadLetters({}, 9).map(({ key }) => key)]).toEqual([1, ["a"]]);
  });

  test("whose object ends in the midst of it", async () => {
    const { kept, settled, got } = await replayed(stored({ from: 35, to: 42, count: 8 }));
    expect(kept).toEqual([{ key: "a", code: "replay-missing", reason: "a has no record 41" }]);
    expect([settled, got.one, ledger.countDeadLetters({})]).toEqual([0, [range(35, 40)], 8]);
  });

  test("whose record still cannot be decoded, in which case nothing of it is delivered again", async () => {
    const bad = [{ from: 12, to: 12, code: "bad-json", reason: "no object" }];
    const { kept, got } = await replayed(stored({ sink: undefined, from: 12, to: 12, code: "bad-json" }), { bad });
    expect(kept).toEqual([{ key: "a", code: "bad-json", reason: "no object" }]);
    expect(got).toEqual({ one: [], two: [] });
  });

  test("unless what cannot be decoded lies behind it, or is none of its own", async () => {
    const bad = [{ from: 15, to: 15, code: "bad-json", reason: "no object" }];
    expect(await replayed(stored({ sink: undefined, from: 14, to: 14, code: "bad-json" }), { bad })).toMatchObject({
      settled: 1,
    });
    const { got, settled } = await replayed(stored({ from: 14, to: 16, count: 3 }), { bad });
    expect([got.one, settled]).toEqual([[[14, 16]], 1]);
    expect(await replayed(stored({ sink: undefined, from: 15, to: 15, code: "bad-json" }), { bad })).toMatchObject({
      settled: 0,
    });
  });

  test("whose rules are not in the configuration", async () => {
    const { kept } = await replayed(stored({ sink: "(detections)" }), { rules: false });
    expect(kept).toMatchObject([{ code: "unknown-sink", reason: "a block `alerts` is not in the configuration" }]);
  });

  test("whose sink is not in the configuration", async () => {
    const { kept, asked } = await replayed(stored({ sink: "three" }));
    expect(kept).toEqual([{ key: "a", code: "unknown-sink", reason: "sink three is not in the configuration" }]);
    expect(asked).toEqual([]);
  });

  test("whose object cannot be read, while others are settled", async () => {
    let opened = 0;
    const open = () => {
      opened += 1;
      if (opened === 1) throw new Failure("object", "object-vanished", "a was deleted", { gone: true });
    };
    const { kept, settled } = await replayed(stored({ to: 1 }, { key: "b", to: 1 }), { open });
    expect([kept, settled]).toEqual([[{ key: "a", code: "object-vanished", reason: "a was deleted" }], 1]);
  });

  test("with what the receiver refuses once more, alone, and the accounts follow", async () => {
    ledger.of("bucket").discover({ partition: "", objects: [{ key: "a", etag: "1", size: 1, time: 0, order: "a" }] });
    const aside = {
      sink: "one",
      source: "bucket",
      key: "a",
      etag: "1",
      from: 1,
      to: 4,
      count: 4,
      code: "http-400",
      reason: "bad",
    };
    ledger.commit("one", 1, 4, { delivered: 0, rejected: 0, setAside: 4, deadLetters: [aside] }, true);
    const respond = async ({ flows }: Taken) => {
      if (flows.some(({ record }) => record === 3)) throw new Failure("batch", "http-422", "still bad");
      return undefined;
    };
    const { kept, settled, delivered } = await replayed(ledger.deadLetters({}, 9), { respond });
    expect([kept, settled, delivered]).toEqual([[{ key: "a", code: "http-422", reason: "still bad" }], 0, 3]);
    expect(ledger.deadLetters({}, 9)).toMatchObject([{ sink: "one", from: 3, to: 3, count: 1, code: "http-422" }]);
    expect(ledger.status().sinks[0]).toMatchObject({ delivered: 3, setAside: 1, offered: 4 });
  });
});

describe("a letter for many bad places of an object, which lists them", () => {
  /** One whose list has, behind 999 letters for other places, these records. */
  function listing(...places: [from: number, to: number | undefined][]): StoredDeadLetter[] {
    const found = { partition: "", objects: [{ key: "a", etag: "1", size: 1, time: 0, order: "a" }] };
    ledger.of("bucket").discover(found);
    const why = { code: "bad-json", reason: "no JSON" };
    const others = Array.from({ length: 999 }, (_, index) => ({ from: index - 2_000, to: index - 2_000, ...why }));
    ledger.setAside(others.map((bad) => ({ sink: undefined, source: "bucket", key: "a", etag: "1", count: 1, ...bad })));
    ledger.found(1, { bad: places.map(([from, to]) => ({ from, to, ...why })), notices: [], through: 40, said: 0 });
    return many();
  }
  const many = () => ledger.deadLetters({ code: "many-bad-records" }, 9);

  test("brings exactly those, to every sink, and the books balance", async () => {
    const letters = listing([11, 11], [14, 16], [30, 30]);
    expect(letters).toMatchObject([{ from: 11, to: 30, count: 5 }]);
    const { got, delivered, settled, kept, enriched } = await replayed(letters);
    const records = [[11, 14, 15, 16], [30]];
    expect([got, delivered, settled, kept]).toEqual([{ one: records, two: records }, 10, 1, []]);
    expect(enriched).toEqual(records.flat());
    expect(ledger.status().sinks).toMatchObject([
      { delivered: 5, offered: 5, setAside: 0 },
      { delivered: 5, offered: 5, setAside: 0 },
    ]);
    expect(many()).toEqual([]);
  });

  test("brings what is to the end of the object too", async () => {
    const { got, settled } = await replayed(listing([12, 12], [29, undefined]));
    expect([got.one, settled]).toEqual([[[12], [29, 30], range(31, 40)], 1]);
  });

  test("keeps what is still bad of it, and what was delivered meanwhile is not touched", async () => {
    const letters = listing([11, 12], [14, 16], [30, 30], [33, 33]);
    // Record 13 was good before; it is of no concern here. So is record 40, which lies behind.
    const bad = [
      { from: 12, to: 15, code: "bad-address", reason: "no address" },
      { from: 33, to: 33, code: "bad-port", reason: "no port" },
      { from: 40, to: 40, code: "bad-port", reason: "no port" },
    ];
    const { got, delivered, settled, kept } = await replayed(letters, { bad });
    expect([got.one, delivered, settled]).toEqual([[[11, 16], [30]], 6, 0]);
    expect(kept).toEqual([{ key: "a", code: "bad-address", reason: "no address" }]);
    expect(many()).toMatchObject([{ from: 12, to: 33, count: 4, reason: "bad here and further on, first: no address" }]);
    const left = [
      { from: 12, to: 12 },
      { from: 14, to: 15 },
      { from: 33, to: 33 },
    ];
    expect(ledger.placesOf(many()[0]?.id ?? 0)).toEqual(left);
    const next = await replayed(many());
    expect([next.got.two, next.settled, many()]).toEqual([[[12, 14, 15], [33]], 1, []]);
    expect(ledger.status().sinks).toMatchObject([{ delivered: 7, offered: 7 }, { delivered: 7 }]);
  });

  test("keeps all that stands behind where the object breaks off", async () => {
    const bad = [{ from: 31, to: undefined, code: "truncated-gzip", reason: "cut" }];
    const { got, kept } = await replayed(listing([11, 12], [29, 34], [38, undefined]), { bad, through: 30 });
    expect([got.one, kept]).toEqual([
      [
        [11, 12],
        [29, 30],
      ],
      [{ key: "a", code: "truncated-gzip", reason: "cut" }],
    ]);
    expect(ledger.placesOf(many()[0]?.id ?? 0)).toEqual([
      { from: 31, to: 34 },
      { from: 38, to: undefined },
    ]);
  });

  test("stays where the object has become shorter", async () => {
    const letters = listing([11, 11], [50, 50]);
    const { kept } = await replayed(letters);
    expect(kept).toEqual([{ key: "a", code: "replay-missing", reason: "a has no record 41" }]);
    expect(many()).toEqual(letters);
  });
});

describe("a letter for many bad places of an object, which counts them and does not list them", () => {
  const many = { sink: undefined, from: 11, to: undefined, code: "many-bad-records" };

  test("is not delivered where others stand between them, which every sink has: nothing comes twice, and the books stay", async () => {
    const inBooks = () => [ledger.status().sinks, ledger.deadLetters({}, 9)];
    const letters = stored({ ...many, count: 29 });
    const books = inBooks();
    const { kept, got, delivered, settled, told } = await replayed(letters);
    expect([got, delivered, settled, told]).toEqual([{ one: [], two: [] }, 0, 0, []]);
    expect(kept).toEqual([
      {
        key: "a",
        code: "replay-unlisted",
        reason:
          "a: 29 of its 30 records from 11 on could not be decoded, not kept which, and the others were delivered: `flowferry replay --since` delivers all of them again, under the same uids",
      },
    ]);
    expect(inBooks()).toEqual(books);
  });

  test("is delivered where nothing stands between them", async () => {
    const { got, delivered, settled } = await replayed(stored({ ...many, count: 30 }));
    const rest = [range(11, 20), range(21, 30), range(31, 40)];
    expect([got, delivered, settled]).toEqual([{ one: rest, two: rest }, 60, 1]);
    expect(ledger.status().sinks).toMatchObject([
      { delivered: 30, offered: 30 },
      { delivered: 30, offered: 30 },
    ]);
  });

  test("stays as long as any of them is bad", async () => {
    const bad = [{ from: 35, to: 35, code: "bad-json", reason: "no object" }];
    const { kept, got } = await replayed(stored({ ...many, count: 30 }), { bad });
    expect(kept).toEqual([{ key: "a", code: "bad-json", reason: "no object" }]);
    expect(got).toEqual({ one: [], two: [] });
  });
});

describe("the end", () => {
  test.each([new UsageError("bad-options", "wrong"), new Failure("worker", "ledger-disk-full", "ledger x: no room")])(
    "comes with what is no fault of a letter: %s",
    async (error) => {
      const open = () => {
        throw error;
      };
      await expect(replayed(stored({ to: 1 }), { open })).rejects.toBe(error);
      expect(ledger.deadLetters({}, 9)).toHaveLength(1);
    },
  );

  test("waits for a receiver that is down, and tells of it", async () => {
    const respond = async (_batch: Taken, call: number) => {
      if (call < 3) throw new Failure("passing", "busy", "503");
      return undefined;
    };
    const { retries, settled } = await replayed(stored({ to: 1 }), { respond });
    expect([retries.length, settled]).toEqual([2, 1]);
  });

  test("comes when it is stopped, in the middle and before the next letter, and keeps what is not done", async () => {
    const stop = new AbortController();
    const respond = async () => {
      stop.abort(new Error("enough"));
      throw new Failure("passing", "busy", "503");
    };
    await expect(replayed(stored({ to: 1 }, { key: "b", to: 1 }), { respond }, stop.signal)).rejects.toThrow("enough");
    expect(ledger.deadLetters({}, 9)).toHaveLength(2);
    const later = new AbortController();
    const after = async () => {
      later.abort(new Error("enough"));
      return undefined;
    };
    await expect(replayed(ledger.deadLetters({}, 9), { respond: after }, later.signal)).rejects.toThrow("enough");
    expect(ledger.deadLetters({}, 9).map(({ key }) => key)).toEqual(["b"]);
    // The last of them is no exception.
    const last = new AbortController();
    const during = async () => {
      last.abort(new Error("enough"));
      throw new Failure("passing", "busy", "503");
    };
    await expect(replayed(ledger.deadLetters({}, 9), { respond: during }, last.signal)).rejects.toThrow("enough");
  });
});

test("what the detections lack is shown to their rules, which remember it, and to no sink", async () => {
  const { settled, delivered, got, told, saves } = await replayed(stored({ sink: "(detections)", from: 15, to: 22, count: 8 }));
  expect([settled, delivered, got]).toEqual([1, 0, { one: [], two: [] }]);
  expect(told).toEqual([
    [6, true],
    [2, true],
  ]);
  expect(saves).toBe(1);
  expect(ledger.states.read("(detections)")?.head).toBe("head");
  expect(ledger.deadLetters({}, 10)).toEqual([]);
});
