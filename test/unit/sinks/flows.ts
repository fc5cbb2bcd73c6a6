import fc from "fast-check";
import type { Batch, Segment } from "../../../src/contracts/sink.ts";
import { type FieldName, fieldOf, isField } from "../../../src/flow/fields.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../../src/flow/flow.ts";
import { type Origin, originOf } from "../../../src/flow/origin.ts";
import type { FlowRule } from "../../../src/flow/rule.ts";
import { type Counter, type FieldType, TYPES, type WordType, wordsOf } from "../../../src/flow/types.ts";
import { codePoints } from "../code-points.ts";

export const ORIGIN: Origin = originOf("oci://ns/bucket", "prefix/object.log.gz", "etag-1");

export const CONTEXT: FlowContext = {
  ...EMPTY_CONTEXT,
  provider: "oracle_cloud",
  account: "ocid1.tenancy.oc1..t",
  region: "us-ashburn-1",
  compartment: "ocid1.compartment.oc1..c",
  vcn: "ocid1.vcn.oc1.iad.v",
  subnet: "ocid1.subnet.oc1.iad.s",
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
  { weight: 3, arbitrary: codePoints(20) },
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
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

const rule: fc.Arbitrary<FlowRule> = fc.record(
  {
    status: fc.constantFrom(...TYPES.ruleStatus.words),
    kind: maybe(fc.constantFrom(...TYPES.ruleKind.words)),
    listId: maybe(text),
    listName: maybe(text),
    index: maybe(fc.nat({ max: 200 })),
    text: maybe(text),
    direction: maybe(fc.constantFrom("ingress", "egress")),
    stateless: maybe(fc.boolean()),
    partial: fc.boolean(),
    version: text,
    others: fc.constant([]),
  },
  { noNullPrototype: true },
);

/** Any value of a type that has no words. */
const VALUES: Readonly<Record<Exclude<FieldType, WordType>, fc.Arbitrary<unknown>>> = {
  string: text,
  address: fc.oneof(fc.ipV4(), fc.ipV6(), text),
  number: fc.maxSafeNat(),
  port: fc.integer({ min: 0, max: 65535 }),
  protocol: fc.oneof(fc.constantFrom(1, 6, 17, 58), fc.nat({ max: 255 })),
  counter,
  boolean: fc.boolean(),
  time,
  strings: fc.array(text, { maxLength: 3 }),
  columns: fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), text, { maxKeys: 4, noNullPrototype: true }),
  json: fc.jsonValue({ maxDepth: 3 }),
  objects: fc.array(fc.object({ maxDepth: 2 }), { maxLength: 2 }).map((lists) => JSON.parse(JSON.stringify(lists)) as object[]),
  rule,
};
/** Fields that mostly have one value, or that hold what texts in general do not. */
const LIKELY: Partial<Record<FieldName, fc.Arbitrary<unknown>>> = {
  status: fc.constantFrom("OK", "OK", ...TYPES.status.words),
  protocolName: fc.oneof(fc.constantFrom("TCP", "UDP", "ICMP"), text),
};

function anyOf(name: FieldName): fc.Arbitrary<unknown> {
  const { type, initial, required } = fieldOf(name);
  const words = wordsOf(type);
  const value = LIKELY[name] ?? (words === undefined ? VALUES[type as Exclude<FieldType, WordType>] : fc.constantFrom(...words));
  return initial === undefined && required === undefined && type !== "strings" ? maybe(value) : value;
}

const anyOfAll = (names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(names.filter(isField).map((name) => [name, anyOf(name)])), { noNullPrototype: true });

const context = anyOfAll(Object.keys(EMPTY_CONTEXT)) as fc.Arbitrary<unknown> as fc.Arbitrary<FlowContext>;
const fields = anyOfAll(Object.keys(new Flow(ORIGIN, 1, CONTEXT, TIME)));

/** Any flow: every field present or not, whatever a log or a lookup table may hold. */
export const anyFlow: fc.Arbitrary<Flow> = fc
  .tuple(context, fc.integer({ min: 1, max: 2 ** 33 }), fc.nat({ max: 3 }), fields)
  .map(([given, record, object, values]) => {
    const flow = new Flow(originOf("s3://host/bucket", `object-${object}`, "etag"), record, given, 0);
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
