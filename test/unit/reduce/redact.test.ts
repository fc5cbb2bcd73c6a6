import { expect, test } from "vitest";
import { GETTERS } from "../../../src/flow/access.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { redactOptions } from "../../../src/reduce/options.ts";
import { redactor } from "../../../src/reduce/redact.ts";

const KEY = "0123456789abcdef";
const context = Object.freeze({ ...EMPTY_CONTEXT, vnic: "vnic-1", publicIp: "192.0.2.7", subnetName: "web" });
function flowWith(values: Partial<Flow>, record = 1): Flow {
  return Object.assign(new Flow(originOf("memory://b", "a", "1"), record, context, 5), values);
}
const redact = (options: unknown) => redactor(redactOptions.parse(options));
const hash = { key: KEY };

test("a hash is the first half of HMAC-SHA-256 of the address, however the log writes it", () => {
  const redacted = redact({ hash });
  // printf 192.0.2.7 | openssl dgst -sha256 -hmac 0123456789abcdef
  const of192 = "9fbed8536e880124770a33603f35e906";
  // printf 2001:db8::7 | openssl dgst -sha256 -hmac 0123456789abcdef
  const of2001 = "1bbbd13901bae3e1c2f73bdb8a2aed5b";
  for (const [source, destination] of [
    ["192.0.2.7", "2001:db8::7"],
    ["::ffff:192.0.2.7", "2001:0DB8:0:0:0:0:0:7"],
  ] as const) {
    const flow = redacted(flowWith({ sourceAddress: source, destinationAddress: destination, packetSourceAddress: source }));
    expect([flow.sourceAddress, flow.destinationAddress, flow.packetSourceAddress]).toEqual([of192, of2001, of192]);
    expect(flow.packetDestinationAddress).toBeUndefined();
    expect(flow.context.publicIp).toBe(of192);
    expect(GETTERS.networkType(flow)).toBeUndefined();
  }
  expect(redact({ hash: { key: `${KEY}0` } })(flowWith({ sourceAddress: "192.0.2.7" })).sourceAddress).not.toBe(of192);
});

test.each([
  [{}, "192.0.2.7", "192.0.2.0"],
  [{ ipv4: 20 }, "10.20.31.7", "10.20.16.0"],
  [{ ipv4: 32 }, "10.20.31.7", "10.20.31.7"],
  [{ ipv4: 0 }, "10.20.31.7", "0.0.0.0"],
  [{}, "2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
  [{ ipv6: 61 }, "2001:db8:1:f:3:4:5:6", "2001:db8:1:8::"],
  [{ ipv6: 128 }, "2001:db8::6", "2001:db8::6"],
  [{}, "::ffff:192.0.2.7", "192.0.2.0"],
  [{}, "no address", undefined],
])("%o cuts %s to %s", (prefix, address, network) => {
  expect(redact({ prefix })(flowWith({ sourceAddress: address })).sourceAddress).toBe(network);
});

test("what may repeat an address goes with it; other fields, the record's identity and the flow of others stay", () => {
  const others = { original: { ip: "192.0.2.7" }, logColumns: { client: "192.0.2.7" }, securityLists: [{}] };
  const flow = flowWith({ sourceAddress: "192.0.2.7", destinationPort: 22, bytes: 2n ** 60n, ...others });
  const before = { ...flow };
  const own = redact({ prefix: { fields: ["sourceAddress"] }, drop: ["subnetName", "vnic", "rule", "detections"] })(flow);
  expect({ ...flow }).toEqual(before);
  expect(flow.context).toBe(context);
  expect([own.uid, own.destinationPort, own.bytes]).toEqual([flow.uid, 22, 2n ** 60n]);
  expect([own.original, own.logColumns, own.securityLists]).toEqual([undefined, undefined, undefined]);
  expect(own.context).toEqual({ ...context, vnic: undefined, subnetName: undefined });
  expect([GETTERS.subnetName(own), own.detections]).toEqual([undefined, []]);
  const plain = redact({ drop: ["direction", "sourcePort"] })(flowWith({ sourcePort: 1, direction: "egress", ...others }));
  expect([plain.sourcePort, plain.direction, plain.original]).toEqual([undefined, "unknown", others.original]);
});

test("flows of one context have one context afterwards, and so have those of contexts that differ in what is dropped", () => {
  const redacted = redact({ drop: ["vnic"] });
  const [one, same] = [redacted(flowWith({})), redacted(flowWith({}, 2))];
  const other = redacted(Object.assign(flowWith({}), { context: { ...context, vnic: "vnic-2" } }));
  expect(same.context).toBe(one.context);
  expect(other.context).toBe(one.context);
});

test("of two ways the one that names its fields leaves the others to the other", () => {
  const own = redact({ hash: { ...hash, fields: ["destinationAddress"] }, prefix: {} })(
    flowWith({ sourceAddress: "192.0.2.7", destinationAddress: "192.0.2.7" }),
  );
  expect([own.sourceAddress, own.destinationAddress, own.context.publicIp]).toEqual([
    "192.0.2.0",
    "9fbed8536e880124770a33603f35e906",
    "192.0.2.0",
  ]);
});

test.each([
  [{}, "says nothing: drop, hash or prefix"],
  [{ drop: ["sourcePrt"] }, 'there is no field "sourcePrt": did you mean sourcePort?'],
  [{ drop: ["time"] }, "no record can be without time"],
  [{ drop: ["uid"] }, "no record can be without uid"],
  [{ drop: ["samplingRate"] }, "no record can be without samplingRate"],
  [{ drop: ["ruleText"] }, "ruleText follows from other fields"],
  [{ hash: { key: "short" } }, "expected 16 characters or more"],
  [{ hash, prefix: {} }, "hash and prefix are both of all addresses"],
  [{ hash: { ...hash, fields: ["publicIp"] }, prefix: { fields: ["publicIp"] } }, "publicIp is both hashed and cut"],
  [{ hash: { ...hash, fields: ["bytes"] } }, '"bytes" is no field of addresses'],
])("%j is refused: %s", (options, message) => {
  const { error } = redactOptions.safeParse(options);
  expect(error?.issues.map((issue) => issue.message).join("\n")).toContain(message);
});
