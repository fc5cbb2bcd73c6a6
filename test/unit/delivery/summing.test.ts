import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ledger, QueuedObject } from "../../../src/contracts/ledger.ts";
import type { Reduction } from "../../../src/contracts/reduction.ts";
import { Lane } from "../../../src/delivery/lane.ts";
import type { Outcome } from "../../../src/delivery/outcome.ts";
import { replay } from "../../../src/delivery/replay.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { aggregateOptions } from "../../../src/reduce/options.ts";
import { reductionOf } from "../../../src/reduce/reduction.ts";
import { memorySink, partsOf } from "./parts.ts";
import type { Taken } from "./taking.ts";

let ledger: Ledger;
let patience: AbortController;
const object: QueuedObject = { id: 1, source: "bucket", key: "a", etag: "1", size: 1, time: 0, records: undefined };
const origin = originOf("memory://bucket", "a", "1", "bucket");

beforeEach(() => {
  patience = new AbortController();
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  ledger.register(["out"]);
  ledger.of("bucket").discover({ partition: "", objects: [{ key: "a", etag: "1", size: 1, time: 0, order: "a" }] });
});
afterEach(() => {
  patience.abort();
  ledger.close();
});

/** The records of the object from this one on, each in the conversation that its letter names. */
const flowsOf = (conversations: string, from = 1) =>
  [...conversations].map((sourceAddress, index) =>
    Object.assign(new Flow(origin, from + index, EMPTY_CONTEXT, 0), { sourceAddress, bytes: from + index }),
  );
const summing = (most = 100) => reductionOf({ aggregate: aggregateOptions.parse({ most }) }) as Reduction;
/** A sum in words: the number of its first record, its conversation, its records and their bytes. */
const wordsOf = ({ flows }: Taken) =>
  flows.map((flow) => `${flow.record}${flow.sourceAddress} ${flow.aggregatedRecords} ${flow.bytes}`);

function laneTo(reduction: Reduction, refused = "", respond?: (call: number) => Promise<undefined>) {
  const sent: string[][] = [];
  const settled: Outcome[] = [];
  const { sink } = memorySink(
    (batch, call) => {
      sent.push(wordsOf(batch));
      return respond?.(call);
    },
    { records: 4, inFlight: 2, lingerMs: 60_000 },
  );
  const outside = ({ sourceAddress }: Flow) =>
    refused.includes(sourceAddress ?? "?") ? { code: "bad-record", reason: "not wanted" } : undefined;
  const fail = (error: unknown) => {
    throw error;
  };
  const policy = { initialMs: 1, maxMs: 2 };
  const lane = new Lane(
    { name: "out", sink: { ...sink, outside }, reduction, ledger, policy },
    async (work) => work(),
    patience.signal,
    {
      onTrouble: () => {},
      onRecovery: () => {},
      onSettled: (_lane, outcome) => void settled.push(outcome),
      onImbalance: fail,
      onFatal: fail,
    },
  );
  lane.wants(object);
  return { lane, sent, settled };
}

test("what is gathered is sent at the end of the object, and its position is committed then", async () => {
  const { lane, sent } = laneTo(summing());
  lane.offer(1, flowsOf("aba"), 3);
  lane.offer(1, flowsOf("bc", 4), 5);
  await lane.drain();
  expect([sent, ledger.position("out", 1)]).toEqual([[], { position: 0, settled: 0 }]);
  lane.end(1);
  await lane.drain();
  expect(sent).toEqual([["1a 2 4", "2b 2 6", "5c 1 5"]]);
  expect(ledger.status().sinks).toMatchObject([{ offered: 5, delivered: 3, aggregated: 2, pendingObjects: 0 }]);
});

test("when there is no room the sums so far are sent, and the position stays before what is gathered next", async () => {
  const { lane, sent } = laneTo(summing(2));
  lane.offer(1, flowsOf("abacb"), 5);
  await lane.drain();
  expect(sent).toEqual([["1a 2 4", "2b 1 2"]]);
  expect(ledger.position("out", 1)).toEqual({ position: 3, settled: 3 });
  lane.end(1);
  await lane.drain();
  expect(sent[1]).toEqual(["4c 1 4", "5b 1 5"]);
});

test("sums of one gathering are committed together, however they were split into batches", async () => {
  const open: (() => void)[] = [];
  const answered = (call: number) =>
    call === 1 ? undefined : new Promise<undefined>((resolve) => open.push(() => resolve(undefined)));
  const { lane, sent, settled } = laneTo(summing(), "", answered as (call: number) => Promise<undefined>);
  lane.offer(1, flowsOf("abcdefa"), 7);
  lane.end(1);
  lane.flush();
  await expect.poll(() => open.length).toBe(1);
  expect(sent.map((batch) => batch.length)).toEqual([4, 2]);
  expect([settled, ledger.position("out", 1)]).toEqual([[], { position: 0, settled: 0 }]);
  open[0]?.();
  await lane.drain();
  expect(settled).toMatchObject([{ delivered: 6, aggregated: 1 }]);
});

test("a reading that breaks off leaves nothing in memory, and the next one gathers from the position on", async () => {
  const { lane, sent } = laneTo(summing(2));
  lane.offer(1, flowsOf("abacb"), 5);
  await lane.drain();
  lane.leave(1);
  expect([lane.wants(object), lane.offered(1)]).toEqual([true, 3]);
  lane.offer(1, flowsOf("cb", 4), 5);
  lane.end(1);
  await lane.drain();
  expect(sent).toEqual([
    ["1a 2 4", "2b 1 2"],
    ["4c 1 4", "5b 1 5"],
  ]);
  expect(ledger.status().sinks).toMatchObject([{ offered: 5, delivered: 4, aggregated: 1 }]);
});

describe("sums that are refused", () => {
  const whole = "xaxbbaybaxy";
  async function refused(reduction = summing()) {
    const { lane, sent } = laneTo(reduction, "ab");
    lane.offer(1, flowsOf(whole), whole.length);
    lane.end(1);
    await lane.drain();
    expect(sent.flat().toSorted()).toEqual(["1x 3 14", "7y 2 18"]);
    return ledger.deadLetters({}, 10);
  }
  async function replayed(reduction: Reduction | undefined) {
    const got: string[] = [];
    const { sink } = memorySink((batch) => void got.push(...wordsOf(batch)));
    const source = {
      name: "memory://bucket",
      async *discover() {},
      open: async () =>
        (async function* () {
          yield Buffer.alloc(0);
        })(),
      close: async () => {},
    };
    const parts = partsOf(source, { out: sink }, ledger);
    const decode = async function* (_bytes: unknown, _origin: unknown, { skip }: { readonly skip: number }) {
      const flows = flowsOf(whole).slice(skip);
      yield { flows, bad: [], quality: [], skipped: {}, through: whole.length };
    };
    const inlets = parts.inlets.map((inlet) => ({ ...inlet, decode }));
    const reductions = new Map(reduction && [["out", reduction]]);
    const options = { maxBytes: 1e6, maxRecordBytes: 1e6, retry: { initialMs: 1, maxMs: 2 }, onRetry: () => {} };
    await replay(ledger.deadLetters({}, 10), { ...parts, inlets, reductions }, options, patience.signal);
    return got;
  }

  test("become one letter for all their records, which says which sums it means", async () => {
    const letters = await refused();
    expect(letters).toMatchObject([{ from: 2, to: 9, count: 6, code: "bad-record", sink: "out" }]);
    expect(ledger.placesOf(letters[0]?.id as number)).toEqual([{ from: 2, to: 4 }]);
    expect(ledger.status().sinks).toMatchObject([{ offered: 11, delivered: 2, setAside: 6, aggregated: 3 }]);
  });

  test("are the same sums when they are replayed, and no others", async () => {
    await refused();
    expect(await replayed(summing())).toEqual(["2a 3 17", "4b 3 17"]);
    expect(ledger.deadLetters({}, 10)).toEqual([]);
    expect(ledger.status().sinks).toMatchObject([{ offered: 11, delivered: 4, setAside: 0, aggregated: 7 }]);
  });

  test("come as records where the sink sums no more: nothing is lost, and the books hold", async () => {
    await refused();
    const got = await replayed(undefined);
    expect(got.map((words) => words.split(" ")[0])).toEqual(["2a", "3x", "4b", "5b", "6a", "7y", "8b", "9a"]);
    expect(ledger.status().sinks).toMatchObject([{ offered: 11, delivered: 8, setAside: 0, aggregated: 3 }]);
  });

  test("come as what the sink sums now, where that is something else", async () => {
    await refused();
    const filtered = reductionOf(
      { aggregate: aggregateOptions.parse({}) },
      { test: ({ sourceAddress }) => sourceAddress !== "b", block: 1 },
    ) as Reduction;
    expect(await replayed(filtered)).toEqual(["2a 3 17", "3x 1 3", "7y 1 7"]);
    expect(ledger.status().sinks).toMatchObject([{ offered: 11, setAside: 0 }]);
  });
});

test("a receiver that does not say which sums it refused has them counted, and the letter spans all their records", async () => {
  const { sink } = memorySink(async () => ({ rejected: 1, reason: "too old" }));
  const policy = { initialMs: 1, maxMs: 2 };
  const nothing = () => {};
  const events = { onTrouble: nothing, onRecovery: nothing, onSettled: nothing, onImbalance: nothing, onFatal: nothing };
  const lane = new Lane(
    { name: "out", sink, reduction: summing(), ledger, policy },
    async (work) => work(),
    patience.signal,
    events,
  );
  lane.wants(object);
  lane.offer(1, flowsOf("abab"), 4);
  lane.end(1);
  await lane.drain();
  expect(ledger.deadLetters({}, 10)).toMatchObject([{ from: 1, to: 4, count: 1, code: "rejected" }]);
  expect(ledger.status().sinks).toMatchObject([{ offered: 4, delivered: 1, rejected: 1, aggregated: 2 }]);
});
