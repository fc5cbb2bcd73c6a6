import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoints } from "../../unit/code-points.ts";
import { event, type Members } from "../../unit/transcode/events.ts";
import { expectSame, newTranscoder } from "../../unit/transcode/reading.ts";

const text = (value: string) => JSON.stringify(value);
const lines = (events: readonly string[]) => events.map((one) => `${one}\n`).join("");

test("events as Connector Hub writes them are taken, but for the first of each block of metadata", async () => {
  const ports = [443, 22, 0, 65_535].map((port) => event({ sourcePort: String(port) }));
  expect(await expectSame(lines(ports))).toBe(3);
});

const ADDRESSES = [
  ...["10.0.0.7", "198.51.100.23", "0.0.0.0", "255.255.255.255", "10.0.0.256", "010.0.0.1", "10.0.0", "10.0.0.1 ", "1.2.3.4.5"],
  ...["::", "::1", "2001:db8::1", "2001:DB8::A", "::ffff:1.2.3.4", "::FFFF:10.0.0.7", "::1.2.3.4", "64:ff9b::1.2.3.4"],
  ...["fe80::1%eth0", "fe80::1%25", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8:::1", "1:2:3:4:5:6:7:8:9", ":"],
  ...["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0000:0000:0000:0000:0000:ffff:255.255.255.255", "", "-", "localhost"],
];
const numbers = ["0", "1", "18", "00", "01", "-1", "-0", "18.0", "1e3", "1E3", "null", '"7"', '""', "true", "[]", "{}"];
const huge = [
  "999999999999999",
  "1000000000000000",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551615",
  "18446744073709551616",
];
const integer = (...more: string[]) => fc.constantFrom(...numbers, ...more);
const times = integer(
  ...["1725632768", "253402300799", "253402300800", "18446744073", "18446744074", "4102444800", "8640000000000", "8640000000001"],
  ...huge,
);
const ids = [
  "a",
  "x".repeat(31),
  "x".repeat(32),
  "x".repeat(33),
  "ü",
  'a"b',
  "a\\b",
  "a}b",
  "a{b",
  "a\0b",
  "a\x7fb",
  "a\u2028b",
  "",
];
const anyText = fc.oneof(fc.constantFrom(...ids), codePoints(40)).map(text);
const sometimes = <T>(value: fc.Arbitrary<T>, usual: T, weight = 6) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: value });
const protocols = fc.oneof(
  fc.constantFrom<[string, string]>(["6", "TCP"], ["17", "UDP"], ["1", "ICMP"], ["58", "IPv6-ICMP"]),
  fc.constantFrom<[string, string]>(
    ["132", "SCTP"],
    ["33", "DCCP"],
    ["136", "UDPLite"],
    ["6", "tcp"],
    ["6", "Tcp"],
    ["17", "TCP"],
  ),
  fc.tuple(
    fc.integer({ min: 0, max: 256 }).map(String),
    fc.constantFrom("A", "a-b", "A B", "ü", "IPv6-Frag/1", "x".repeat(12), "x".repeat(13), "x".repeat(16), "x".repeat(17), ""),
  ),
);
const port = fc.oneof(
  integer("65535", "65536", "443", "22", "80", "51514", "32768", "512", "511", "68", "546"),
  fc.integer({ min: 0, max: 65_536 }).map(String),
);

const address = fc.oneof(fc.constantFrom(...ADDRESSES), fc.ipV4(), fc.constantFrom("10.0.0.7", "198.51.100.23")).map(text);

const data: fc.Arbitrary<Members> = fc
  .record({
    action: sometimes(fc.constantFrom('"REJECT"', '"accept"', '"Accept"', '"DROP"', "null", '""'), '"ACCEPT"', 3),
    bytesOut: sometimes(integer(...huge), "1840"),
    destinationAddress: address,
    destinationPort: port,
    endTime: sometimes(times, "1725632770"),
    flowid: sometimes(anyText, '"fe75a27e"'),
    packets: sometimes(integer(...huge), "12"),
    protocol: protocols,
    sourceAddress: address,
    sourcePort: port,
    startTime: sometimes(times, "1725632768"),
    status: sometimes(fc.constantFrom('"NODATA"', '"SKIPDATA"', '"ok"', '"BAD"', "null", '""'), '"OK"', 12),
    version: sometimes(anyText, '"2"'),
  })
  .map(({ protocol: [number, name], ...rest }) => ({ ...rest, protocol: number, protocolName: text(name) }));

test("whatever stands in the members of events", async () => {
  const transcoder = newTranscoder();
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(data, { minLength: 1, maxLength: 30 }), async (events) => {
      taken += await expectSame(lines([event(), ...events.map((members) => event(members)), event()]), {}, transcoder);
    }),
  );
  expect(taken).toBeGreaterThan(0);
});

/** Alone, so that no other member is the reason why the event is left. */
const odd = fc.oneof(
  fc
    .constantFrom(...ADDRESSES)
    .chain((address) =>
      fc.constantFrom<Members>(
        { sourceAddress: text(address) },
        { destinationAddress: text(address) },
        { sourceAddress: text(address), destinationAddress: text(address) },
      ),
    ),
  fc.tuple(fc.constantFrom("bytesOut", "packets"), integer(...huge)).map(([name, value]): Members => ({ [name]: value })),
  fc.tuple(fc.constantFrom("startTime", "endTime"), times).map(([name, value]): Members => ({ [name]: value })),
  fc.tuple(fc.constantFrom("sourcePort", "destinationPort"), port).map(([name, value]): Members => ({ [name]: value })),
  fc.tuple(protocols, fc.constantFrom("0", "7"), fc.constantFrom("0", "9")).map(
    ([[protocol, name], source, destination]): Members => ({
      protocol,
      protocolName: text(name),
      sourcePort: source,
      destinationPort: destination,
    }),
  ),
  anyText.map((flowid): Members => ({ flowid })),
  anyText.map((version): Members => ({ version })),
  fc
    .tuple(
      fc.constantFrom("action", "status", "flowid", "protocolName", "sourcePort", "bytesOut"),
      fc.constantFrom("null", undefined, '""'),
    )
    .map(([name, value]): Members => ({ [name]: value })),
);

test("one odd member among good ones", async () => {
  const transcoder = newTranscoder();
  await fc.assert(
    fc.asyncProperty(fc.array(odd, { minLength: 1, maxLength: 20 }), async (events) => {
      await expectSame(lines([event(), ...events.map((members) => event(members)), event()]), {}, transcoder);
    }),
  );
});

test("members around the data", async () => {
  const rest = fc.record({
    id: anyText,
    source: sometimes(anyText, '"-"'),
    specversion: sometimes(anyText, '"1.0"'),
    time: sometimes(fc.oneof(anyText, fc.constantFrom("null", '"2024-13-06T14:26:08Z"', "7")), '"2024-09-06T14:26:08.000Z"'),
    type: sometimes(
      fc.constantFrom(
        "null",
        '"x"',
        '"com.oraclecloud.vcn.flowlogs.QualityEvent.NoData"',
        '"com.oraclecloud.vcn.flowlogs.QualityEvent.SkipData"',
      ),
      '"com.oraclecloud.vcn.flowlogs.DataEvent"',
    ),
    more: sometimes(fc.constantFrom<string | undefined>('"x"', "{}"), undefined),
  });
  const transcoder = newTranscoder();
  await fc.assert(
    fc.asyncProperty(fc.array(rest, { minLength: 1, maxLength: 10 }), async (members) => {
      await expectSame(lines([event(), ...members.map((one) => event({}, {}, one)), event()]), {}, transcoder);
    }),
  );
});
