import fc from "fast-check";
import type { Batch, Segment } from "../../../src/contracts.ts";
import { type Counter, EMPTY_CONTEXT, Flow, type FlowContext, type FlowRule, type Origin, originOf } from "../../../src/flow.ts";

export const ORIGIN: Origin = originOf("oci://ns/bucket", "prefix/object.log.gz", "etag-1");

export const CONTEXT: FlowContext = {
  provider: "oracle_cloud",
  account: "ocid1.tenancy.oc1..t",
  region: "us-ashburn-1",
  compartment: "ocid1.compartment.oc1..c",
  vcn: "ocid1.vcn.oc1.iad.v",
  subnet: "ocid1.subnet.oc1.iad.s",
  subnetName: undefined,
  vnic: "ocid1.vnic.oc1.iad.n",
  instance: "ocid1.instance.oc1.iad.i",
  logGroup: "ocid1.loggroup.oc1.iad.g",
  log: "ocid1.log.oc1.iad.l",
  publicIp: "132.145.0.1",
};

/** 2024-09-06T14:26:08Z. */
export const TIME = 1_725_632_768_000;

/** An accepted, enriched flow with every field that OCI's log and the enrichers give. */
export function sshFlow(record = 1, changes: Partial<Flow> = {}): Flow {
  const flow = new Flow(ORIGIN, record, CONTEXT, TIME);
  return Object.assign(
    flow,
    {
      start: TIME,
      end: TIME + 5000,
      action: "accept",
      sourceAddress: "203.0.113.9",
      sourcePort: 51234,
      destinationAddress: "10.0.1.7",
      destinationPort: 22,
      protocol: 6,
      protocolName: "TCP",
      bytes: 4096,
      packets: 12,
      flowId: "fe75a27e",
      original: { tenantid: "ocid1.tenancy.oc1..t", managed: "true" },
      direction: "ingress",
      sourceZone: "external",
      destinationZone: "internal",
      trafficType: "north-south",
      destinationService: "ssh",
      destinationServer: "bastion-1",
      destinationColumns: { owner: "platform", zone: "dmz" },
      destinationNetwork: "vcn-prod",
      approvedDestination: "Everybody's own network",
      subnetName: "public",
      detections: ["ssh-from-outside"],
      lookupsVersion: "0123456789ab",
    } satisfies Partial<Flow>,
    changes,
  );
}

export const noDataFlow = (record = 1): Flow =>
  Object.assign(new Flow(ORIGIN, record, CONTEXT, TIME), { start: TIME, end: TIME + 60_000, status: "NODATA" });

export const flowsOf = (count: number): Flow[] => Array.from({ length: count }, (_, index) => sshFlow(index + 1));

export function batchOf(flows: readonly Flow[]): Batch {
  const first = flows[0];
  const last = flows.at(-1);
  const segments: Segment[] =
    first === undefined || last === undefined
      ? []
      : [{ origin: first.origin, from: first.record, to: last.record, count: flows.length }];
  return { flows, segments };
}

/** Any sequence of UTF-16 code units: control characters, quotes, other planes, lone surrogates. */
const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer({ min: 0x20, max: 0x7e }),
  fc.constantFrom(0x22, 0x5c, 0xd800, 0xdc00),
);
/** Mostly short; now and then longer than what fits a length of one byte. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string() },
  { weight: 3, arbitrary: fc.array(unit, { maxLength: 20 }).map((units) => String.fromCharCode(...units)) },
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.string(), fc.integer({ min: 100, max: 300 })).map(([end, length]) => "x".repeat(length) + end),
  },
);
const counter: fc.Arbitrary<Counter> = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 300 }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.constantFrom(2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 70n),
);
const time = fc.oneof(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.constantFrom(0, 1, 18_446_744_073_709));
const port = fc.integer({ min: 0, max: 65535 });
const address = fc.oneof(fc.ipV4(), fc.ipV6(), text);
const columns = fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), text, { maxKeys: 4 });
const zone = fc.constantFrom("internal", "external", "invalid");
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

const context = fc.record(
  Object.fromEntries(Object.keys(EMPTY_CONTEXT).map((name) => [name, maybe(text)])) as Record<
    keyof FlowContext,
    fc.Arbitrary<string | undefined>
  >,
) as fc.Arbitrary<FlowContext>;

const rule: fc.Arbitrary<FlowRule> = fc.record({
  status: fc.constantFrom("matched", "reply", "unexplained"),
  kind: maybe(fc.constantFrom("security-list", "nsg", "security-group", "network-acl")),
  listId: maybe(text),
  listName: maybe(text),
  index: maybe(fc.nat({ max: 200 })),
  text: maybe(text),
  direction: maybe(fc.constantFrom("ingress", "egress")),
  stateless: maybe(fc.boolean()),
  partial: fc.boolean(),
  version: text,
  others: fc.constant([]),
});

const fields = {
  start: maybe(time),
  end: maybe(time),
  action: maybe(fc.constantFrom("accept", "reject")),
  status: fc.constantFrom("OK", "OK", "OK", "NODATA", "SKIPDATA"),
  sourceAddress: maybe(address),
  sourcePort: maybe(port),
  destinationAddress: maybe(address),
  destinationPort: maybe(port),
  protocol: maybe(fc.oneof(fc.constantFrom(1, 6, 17, 58), fc.nat({ max: 255 }))),
  protocolName: maybe(fc.oneof(fc.constantFrom("TCP", "UDP", "ICMP"), text)),
  bytes: maybe(counter),
  packets: maybe(counter),
  bytesReverse: maybe(counter),
  packetsReverse: maybe(counter),
  bytesCumulative: maybe(counter),
  packetsCumulative: maybe(counter),
  bytesReverseCumulative: maybe(counter),
  packetsReverseCumulative: maybe(counter),
  connectionStart: maybe(time),
  initiated: maybe(fc.boolean()),
  terminated: maybe(fc.boolean()),
  flowId: maybe(text),
  original: fc.jsonValue({ maxDepth: 3 }),
  direction: fc.constantFrom("ingress", "egress", "unknown"),
  sourceZone: maybe(zone),
  destinationZone: maybe(zone),
  trafficType: maybe(fc.constantFrom("east-west", "north-south")),
  sourceService: maybe(text),
  destinationService: maybe(text),
  sourceServer: maybe(text),
  destinationServer: maybe(text),
  sourceColumns: maybe(columns),
  destinationColumns: maybe(columns),
  sourceNetwork: maybe(text),
  destinationNetwork: maybe(text),
  approvedDestination: maybe(text),
  subnetName: maybe(text),
  rule: maybe(rule),
  securityLists: maybe(
    fc.array(fc.object({ maxDepth: 2 }), { maxLength: 2 }).map((lists) => JSON.parse(JSON.stringify(lists)) as object[]),
  ),
  detections: fc.array(text, { maxLength: 3 }),
  lookupsVersion: maybe(text),
} as const;

/** Any flow: every field present or not, whatever a log or a lookup table may hold. */
export const anyFlow: fc.Arbitrary<Flow> = fc
  .tuple(context, time, fc.integer({ min: 1, max: 2 ** 33 }), fc.nat({ max: 3 }), fc.record(fields))
  .map(([given, at, record, object, values]) => {
    const flow = new Flow(originOf("s3://host/bucket", `object-${object}`, "etag"), record, given, at);
    return Object.assign(flow, values) as Flow;
  });

/** Several flows, some of which share a context; the uids differ. */
export const anyFlows: fc.Arbitrary<Flow[]> = fc
  .array(fc.tuple(anyFlow, fc.boolean()), { minLength: 1, maxLength: 6 })
  .map((pairs) =>
    pairs.map(([flow, shared], index) => {
      const context = shared ? (pairs[0]?.[0].context ?? flow.context) : flow.context;
      const { origin, record, time, ...rest } = flow;
      return Object.assign(new Flow(origin, (record % 2 ** 33) * 16 + index, context, time), { ...rest, context });
    }),
  );
