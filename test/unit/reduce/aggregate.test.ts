import { expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { aggregateOptions, redactOptions } from "../../../src/reduce/options.ts";
import { reductionOf } from "../../../src/reduce/reduction.ts";

const origin = originOf("memory://b", "a", "1");
/** A record of a client at 10.0.0.9 that speaks to port 443 of 10.0.1.1. */
function request(record: number, values: Partial<Flow> = {}): Flow {
  return Object.assign(new Flow(origin, record, EMPTY_CONTEXT, 60_000), {
    sourceAddress: "10.0.0.9",
    sourcePort: 50_000 + record,
    destinationAddress: "10.0.1.1",
    destinationPort: 443,
    protocol: 6,
    action: "accept",
    initiator: "source",
    ...values,
  });
}
function sumsOf(flows: readonly Flow[], options: object = {}, filter?: Parameters<typeof reductionOf>[1], more: object = {}) {
  const sums = reductionOf({ aggregate: aggregateOptions.parse(options), ...more }, filter)?.sums?.();
  if (sums === undefined) throw new Error("no sums");
  expect(flows.map((flow) => sums.add(flow))).toEqual(flows.map(() => true));
  return sums.take();
}
const sumOf = (flows: readonly Flow[], options: object = {}) => {
  const [sum, ...others] = sumsOf(flows, options);
  expect(others).toEqual([]);
  return sum as NonNullable<typeof sum>;
};

test("counters are added exactly, times are the first and the last, flags are those of any", () => {
  const { flow, records, last } = sumOf([
    request(3, { bytes: 2 ** 53 - 1, packets: 1, start: 65_000, end: 70_000, tcpFlags: 2, initiated: true, time: 65_000 }),
    request(7, { bytes: 2n, packets: 2, start: 61_000, end: 62_000, tcpFlags: 16, initiated: false, time: 61_000 }),
    request(8, { packets: 4, bytesReverse: 9, end: 90_000, time: 90_000 }),
  ]);
  expect({ records, last }).toEqual({ records: 3, last: 8 });
  expect(flow).toMatchObject({
    ...{ record: 3, time: 61_000, start: 61_000, end: 90_000, aggregatedRecords: 3 },
    ...{ bytes: 2n ** 53n + 1n, packets: 7, bytesReverse: 9, tcpFlags: 18, initiated: true },
  });
});

test("what the records have in common stays, what differs goes", () => {
  const { flow } = sumOf([
    request(1, { sourceServer: "app", flowId: "a", bytesCumulative: 5, sourceColumns: { owner: "x" } }),
    request(2, { sourceServer: "app", flowId: "b", bytesCumulative: 9, sourceColumns: { owner: "x" } }),
  ]);
  expect(flow).toMatchObject({ sourceServer: "app", destinationPort: 443, action: "accept", sourceAddress: "10.0.0.9" });
  expect([flow.flowId, flow.bytesCumulative, flow.sourcePort]).toEqual([undefined, undefined, undefined]);
  const connection = sumOf([request(1, { sourcePort: 5 }), request(2, { sourcePort: 5 })]);
  expect(connection.flow.sourcePort).toBe(5);
});

test("a conversation is of two addresses and the port that was spoken to, each way, verdict and window for itself", () => {
  const answer = {
    sourceAddress: "10.0.1.1",
    sourcePort: 443,
    destinationAddress: "10.0.0.9",
    initiator: "destination",
  } as const;
  const answers = [request(9, { ...answer, destinationPort: 50_001 }), request(10, { ...answer, destinationPort: 50_002 })];
  const flows = [request(1), request(2), ...answers].toSorted((a, b) => a.record - b.record);
  expect(sumsOf(flows).map(({ records }) => records)).toEqual([2, 2]);
  expect(sumsOf(flows, { by: "connection" }).map(({ records }) => records)).toEqual([1, 1, 1, 1]);
  const apart: Partial<Flow>[] = [
    {},
    { action: "reject" },
    { destinationPort: 80 },
    { protocol: 17 },
    { detections: ["scan"] },
    { direction: "egress" },
    { destinationAddress: "10.0.1.2" },
    { initiator: "unknown" },
    { context: { ...EMPTY_CONTEXT, vnic: "v" } },
    { time: 299_999 },
    { time: 300_000 },
  ];
  // The one that is in the same window is in the first sum.
  expect(sumsOf(apart.map((values, index) => request(index + 1, values))).map(({ records }) => records)).toEqual([
    2,
    ...Array(9).fill(1),
  ]);
});

test("who did not open the connection is not known: both ports count", () => {
  expect(sumsOf([request(1, { initiator: "unknown" }), request(2, { initiator: "unknown" })])).toHaveLength(2);
});

test("there is room for as many sums as were asked for, and for more records of these", () => {
  const sums = reductionOf({ aggregate: aggregateOptions.parse({ most: 2 }) })?.sums?.();
  const to = (record: number, destinationPort: number) => sums?.add(request(record, { destinationPort }));
  expect([to(1, 1), to(2, 2), to(3, 3), to(4, 1)]).toEqual([true, true, false, true]);
  expect(sums?.take().map(({ flow }) => [flow.record, flow.aggregatedRecords])).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect([sums?.size, to(3, 3)]).toEqual([0, true]);
});

test("a sum has an identity of its own: the same at each replay, another one where something else is summed", () => {
  const flows = () => [request(1), request(2)];
  const filter = (port: number) => ({ test: () => true, block: { port } });
  const redact = (key: string) => ({ redact: redactOptions.parse({ hash: { key } }) });
  const uidOf = (...more: [object?, ReturnType<typeof filter>?, object?]) =>
    sumsOf(flows(), ...(more as [])).map(({ flow }) => flow.uid)[0] as string;
  const uid = uidOf();
  expect(uid).toMatch(/^[0-9a-f]{24}00000001$/);
  expect(uidOf()).toBe(uid);
  expect(request(1).uid).not.toBe(uid);
  const others = [
    uidOf({ windowMs: 1000 }),
    uidOf({}, filter(1)),
    uidOf({}, filter(2)),
    uidOf({}, undefined, { sample: { oneIn: 2 } }),
  ];
  const keys = [uidOf({}, undefined, redact("0123456789abcdef")), uidOf({}, undefined, redact("fedcba9876543210"))];
  expect(new Set([uid, ...others, ...keys]).size).toBe(6);
  expect(keys[0]).toBe(keys[1]);
});

test("the flows that are summed stay as they are", () => {
  const flows = [request(1, { bytes: 1 }), request(2, { bytes: 2 })];
  const before = flows.map((flow) => ({ ...flow }));
  sumsOf(flows);
  expect(flows.map((flow) => ({ ...flow }))).toEqual(before);
});
