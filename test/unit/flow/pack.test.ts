import fc from "fast-check";
import { expect, test } from "vitest";
import { ContextPool } from "../../../src/flow/contexts.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { pack, unpack } from "../../../src/flow/pack.ts";
import { NONE } from "../../../src/flow/types.ts";
import { anyFlow, anyFlows, flowsOf, ORIGIN, sshFlow, TIME } from "../sinks/flows.ts";

/** As another thread gets it. */
const moved = (packed: ArrayBuffer): ArrayBuffer => structuredClone(packed, { transfer: [packed] });
const roundTrip = (flows: readonly Flow[]): Flow[] => unpack(moved(pack(flows)));

test("any flows come back as they went, every field of them", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(anyFlows, (flows) => {
      const back = roundTrip(flows);
      expect(back).toStrictEqual(flows);
      expect(back.map(({ uid }) => uid)).toEqual(flows.map(({ uid }) => uid));
    }),
  );
});

test.each<[string, Partial<Flow>]>([
  ["the largest counter", { bytes: 2n ** 64n - 1n, packets: 2n ** 53n, bytesReverse: 2 ** 53 - 1, packetsReverse: 0 }],
  ["IPv6", { sourceAddress: "2001:db8::1", destinationAddress: "fe80::1%eth0" }],
  ["a port 0", { sourcePort: 0, destinationPort: 65_535, protocol: 0 }],
  ["nothing that can be absent", { start: undefined, end: undefined, bytes: undefined, detections: [] }],
  ["an empty text", { flowId: "", sourceServer: "", subnetName: "" }],
  ["texts beyond Latin-1 and halves of a pair", { sourceServer: "Größe ÿ", destinationServer: "漢字 😀", flowId: "\ud800" }],
  ["a falsehood", { initiated: false, terminated: true }],
  ["a JSON value that is no object", { original: -0 }],
  ["JSON null", { original: null }],
  ["times before 1970", { time: -1, start: -86_400_000 }],
])("%s comes back", (_, changes) => {
  const flows = [sshFlow(1), sshFlow(2, changes), sshFlow(3, { original: 0 })];
  expect(roundTrip(flows)).toStrictEqual(flows);
});

test("a new flow comes back, and no flows do", () => {
  const flow = new Flow(ORIGIN, 2 ** 40, EMPTY_CONTEXT, TIME);
  expect(roundTrip([flow])).toStrictEqual([flow]);
  expect(roundTrip([flow])[0]?.detections).toBe(NONE);
  expect(roundTrip([])).toEqual([]);
});

test("what flows share they share again, and equal contexts of several packs are one object", () => {
  const columns = { owner: "platform" };
  const flows = flowsOf(3).map((flow) => Object.assign(flow, { sourceColumns: columns }));
  const pool = new ContextPool();
  const [first, second, third] = unpack(pack(flows), pool);
  expect(second?.origin).toBe(first?.origin);
  expect(third?.context).toBe(first?.context);
  expect(third?.sourceColumns).toBe(first?.sourceColumns);
  expect(unpack(pack(flowsOf(1)), pool)[0]?.context).toBe(first?.context);
});

test("a text that many flows have stands there once", () => {
  const name = "a server of which there is only one ".repeat(10);
  const named = (count: number) => pack(flowsOf(count).map((flow) => Object.assign(flow, { sourceServer: name }))).byteLength;
  const plain = (count: number) => pack(flowsOf(count).map((flow) => Object.assign(flow, { sourceServer: "s" }))).byteLength;
  expect(named(1) - plain(1)).toBe(name.length - 1);
  expect(named(500) - plain(500)).toBe(name.length - 1);
});

test("bytes of another layout are refused", () => {
  const packed = pack(fc.sample(anyFlow, 2));
  new Uint32Array(packed, 0, 1)[0] = 1;
  expect(() => unpack(packed)).toThrow("another version");
});
