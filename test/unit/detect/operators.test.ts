import { describe, expect, test } from "vitest";
import { detect, detection, errorsOf, type Fields, flowMaker, rulesOf } from "./support.ts";

/** Whether a rule with this one search marks the flow. */
function matches(search: string, fields: Fields): boolean {
  const rules = rulesOf(detection(`  selection:\n    ${search.replaceAll("\n", "\n    ")}\n  condition: selection`));
  return detect(rules, [flowMaker()(0, fields)]).marks[0]?.includes("probe") === true;
}

function problem(search: string): string {
  const errors = errorsOf(detection(`  selection:\n    ${search.replaceAll("\n", "\n    ")}\n  condition: selection`));
  expect(errors).toHaveLength(1);
  return errors[0] ?? "";
}

type Row = readonly [search: string, fields: Fields, expected: boolean];

describe("equality", () => {
  test.each<Row>([
    ["destinationPort: 443", { destinationPort: 443 }, true],
    ["destinationPort: 443", { destinationPort: 444 }, false],
    ["destinationPort: [22, 443]", { destinationPort: 443 }, true],
    ["destinationPort: [22, 443]", { destinationPort: 80 }, false],
    ["destinationPort: 443", { destinationPort: null }, false],
    ["bytes: 9007199254740991", { bytes: "9007199254740991" }, true],
    ["bytes: 9007199254740991", { bytes: "9007199254740992" }, false],
    ["initiated: true", { initiated: true }, true],
    ["initiated: true", { initiated: false }, false],
    ["initiated: true", {}, false],
    ["action: ACCEPT", { action: "accept" }, true],
    ["status: ok", { status: "OK" }, true],
    ["transport: TCP", { protocol: 6 }, true],
    ["transport: tcp", { protocol: 17 }, false],
    ["destinationServer: DB-01", { destinationServer: "db-01" }, true],
    ["destinationServer: [web-01, DB-01]", { destinationServer: "Db-01" }, true],
    ["destinationServer: db-01", { destinationServer: "db-011" }, false],
    ["destinationServer: ''", { destinationServer: "" }, true],
    ["destinationServer: ''", {}, false],
    ["destinationServer: null", {}, true],
    ["destinationServer: null", { destinationServer: "db-01" }, false],
    ["destinationServer: [null, db-01]", {}, true],
    ["destinationServer: [null, db-01]", { destinationServer: "db-01" }, true],
    ["destinationServer: [null, db-01]", { destinationServer: "db-02" }, false],
    ["sourceColumns.owner: Data", { sourceColumns: { owner: "data" } }, true],
    ["sourceColumns.owner: data", { sourceColumns: { team: "data" } }, false],
    ["sourceColumns.owner: data", {}, false],
    ["sourceColumns.toString: data", { sourceColumns: { owner: "data" } }, false],
    ["vnic: ocid1.vnic.x", { vnic: "ocid1.vnic.x" }, true],
  ])("%s with %j: %s", (search, fields, expected) => {
    expect(matches(search, fields)).toBe(expected);
  });
});

describe("wildcards at the ends of a text", () => {
  test.each<Row>([
    ["destinationServer: 'db-*'", { destinationServer: "DB-07" }, true],
    ["destinationServer: 'db-*'", { destinationServer: "a-db-07" }, false],
    ["destinationServer: '*-07'", { destinationServer: "db-07" }, true],
    ["destinationServer: '*-07'", { destinationServer: "db-070" }, false],
    ["destinationServer: '*b-0*'", { destinationServer: "db-07" }, true],
    ["destinationServer: '*'", { destinationServer: "" }, true],
    ["destinationServer: '*'", {}, false],
    ["destinationServer: 'a\\*'", { destinationServer: "a*" }, true],
    ["destinationServer: 'a\\*'", { destinationServer: "ab" }, false],
    ["destinationServer: 'a\\?'", { destinationServer: "a?" }, true],
    ["destinationServer: 'a\\b'", { destinationServer: "a\\b" }, true],
    ["destinationServer: 'a\\\\*'", { destinationServer: "a\\bc" }, true],
    ["destinationServer: ['db-*', web-01]", { destinationServer: "web-01" }, true],
    ["destinationServer: ['db-*', web-01]", { destinationServer: "db-9" }, true],
  ])("%s with %j: %s", (search, fields, expected) => {
    expect(matches(search, fields)).toBe(expected);
  });

  test.each(["'d*b'", "'d?b'", "'*d*b*'", "'?'"])("%s is refused", (value) => {
    expect(problem(`destinationServer: ${value}`)).toContain("has a wildcard within the text: use the modifier 're'");
  });
});

describe("parts of a text", () => {
  test.each<Row>([
    ["destinationServer|contains: B-0", { destinationServer: "db-07" }, true],
    ["destinationServer|contains: b-1", { destinationServer: "db-07" }, false],
    ["destinationServer|startswith: DB", { destinationServer: "db-07" }, true],
    ["destinationServer|startswith: b", { destinationServer: "db-07" }, false],
    ["destinationServer|endswith: '07'", { destinationServer: "db-07" }, true],
    ["destinationServer|endswith: '0'", { destinationServer: "db-07" }, false],
    ["destinationServer|contains: [x, '7']", { destinationServer: "db-07" }, true],
    ["destinationServer|contains|all: [db, '7']", { destinationServer: "db-07" }, true],
    ["destinationServer|contains|all: [db, '8']", { destinationServer: "db-07" }, false],
    ["destinationServer|contains: 'a\\*'", { destinationServer: "xa*y" }, true],
    ["destinationServer|contains: x", {}, false],
  ])("%s with %j: %s", (search, fields, expected) => {
    expect(matches(search, fields)).toBe(expected);
  });

  test("what is refused", () => {
    expect(problem("destinationPort|contains: '4'")).toContain("'contains' looks into text, and destinationPort is no text");
    expect(problem("destinationServer|startswith: ''")).toContain("'startswith' takes a text, not ''");
    expect(problem("destinationServer|contains: 'a*'")).toContain("has a wildcard: 'contains' takes plain text");
    expect(problem("destinationServer|contains|all: db")).toContain("'all' needs a list of at least two values");
  });
});

describe("comparison", () => {
  test.each<Row>([
    ["bytes|gt: 1000", { bytes: 1001 }, true],
    ["bytes|gt: 1000", { bytes: 1000 }, false],
    ["bytes|gte: 1000", { bytes: 1000 }, true],
    ["bytes|gte: 1000", { bytes: 999 }, false],
    ["bytes|lt: 1000", { bytes: 999 }, true],
    ["bytes|lt: 1000", { bytes: 1000 }, false],
    ["bytes|lte: 1000", { bytes: 1000 }, true],
    ["bytes|lte: 1000", { bytes: 1001 }, false],
    ["bytes|lt: 1000", { bytes: null }, false],
    ["bytes|gte: 0", { bytes: null }, false],
    ["bytes|gt: 9007199254740991", { bytes: "18446744073709551615" }, true],
    ["bytes|lt: 9007199254740991", { bytes: "18446744073709551615" }, false],
    ["destinationPort|gte: 1\ndestinationPort|lte: 1023", { destinationPort: 22 }, true],
    ["destinationPort|gte: 1\ndestinationPort|lte: 1023", { destinationPort: 0 }, false],
    ["destinationPort|gt: [70, 90]", { destinationPort: 80 }, true],
    ["destinationPort|gt|all: [70, 90]", { destinationPort: 80 }, false],
  ])("%j with %j: %s", (search, fields, expected) => {
    expect(matches(search, fields)).toBe(expected);
  });

  test("what is refused", () => {
    expect(problem("sourceServer|gt: 4")).toContain("'gt' compares numbers, and sourceServer is no number");
    expect(problem("bytes|gt: much")).toContain("takes a number, not 'much'");
    expect(problem("bytes|gt: 9007199254740993")).toContain("is too large to be exact");
    expect(problem("bytes|gt: .inf")).toContain("takes a number");
  });
});

describe("cidr", () => {
  test.each<Row>([
    ["sourceAddress|cidr: 10.0.0.0/8", { sourceAddress: "10.255.255.255" }, true],
    ["sourceAddress|cidr: 10.0.0.0/8", { sourceAddress: "11.0.0.0" }, false],
    ["sourceAddress|cidr: 192.168.1.128/25", { sourceAddress: "192.168.1.128" }, true],
    ["sourceAddress|cidr: 192.168.1.128/25", { sourceAddress: "192.168.1.127" }, false],
    ["sourceAddress|cidr: 0.0.0.0/0", { sourceAddress: "203.0.113.7" }, true],
    ["sourceAddress|cidr: 0.0.0.0/0", { sourceAddress: "2001:db8::1" }, false],
    ["sourceAddress|cidr: 203.0.113.7/32", { sourceAddress: "203.0.113.7" }, true],
    ["sourceAddress|cidr: 203.0.113.7/32", { sourceAddress: "203.0.113.8" }, false],
    ["sourceAddress|cidr: 2001:db8::/32", { sourceAddress: "2001:db8:ffff::1" }, true],
    ["sourceAddress|cidr: 2001:db8::/32", { sourceAddress: "2001:db9::1" }, false],
    ["sourceAddress|cidr: ::/0", { sourceAddress: "2001:db8::1" }, true],
    ["sourceAddress|cidr: ::/0", { sourceAddress: "10.0.0.1" }, false],
    ["sourceAddress|cidr: 10.0.0.0/8", { sourceAddress: "::ffff:10.1.2.3" }, true],
    ["sourceAddress|cidr: '::ffff:10.0.0.0/104'", { sourceAddress: "10.1.2.3" }, true],
    ["sourceAddress|cidr: '::ffff:10.0.0.0/104'", { sourceAddress: "11.1.2.3" }, false],
    ["sourceAddress|cidr: fe80::/10", { sourceAddress: "fe80::1%eth0" }, true],
    ["sourceAddress|cidr: fe80::1/128", { sourceAddress: "FE80:0:0:0:0:0:0:1" }, true],
    ["sourceAddress|cidr: [192.0.2.0/24, 'fd00::/8', 10.1.0.0/16]", { sourceAddress: "fd12::1" }, true],
    ["sourceAddress|cidr: [192.0.2.0/24, 'fd00::/8', 10.1.0.0/16]", { sourceAddress: "10.1.2.3" }, true],
    ["sourceAddress|cidr: [192.0.2.0/24, 'fd00::/8', 10.1.0.0/16]", { sourceAddress: "10.2.2.3" }, false],
    ["sourceAddress|cidr: 0.0.0.0/0", { sourceAddress: "10.100.xx.197" }, false],
    ["sourceAddress|cidr: 0.0.0.0/0", { sourceAddress: null }, false],
  ])("%s with %j: %s", (search, fields, expected) => {
    expect(matches(search, fields)).toBe(expected);
  });

  test.each([
    ["10.0.0.0", "'10.0.0.0': a prefix length is missing"],
    ["10.0.0.0/33", "'10.0.0.0/33': no prefix length: write a number from 0 to 32"],
    ["10.0.0.1/8", "'10.0.0.1/8': bits are set after the prefix: write 10.0.0.0/8"],
    ["192.168.1.129/25", "bits are set after the prefix: write 192.168.1.128/25"],
    ["2001:db8::/129", "no prefix length: write a number from 0 to 128"],
    ["2001:db8::1/64", "bits are set after the prefix: write 2001:db8::/64"],
    ["10.0.0/8", "no IPv4 or IPv6 address"],
    ["0x0a.0.0.0/8", "no IPv4 or IPv6 address"],
    ["office/8", "'office/8': no IPv4 or IPv6 address"],
  ])("%s is refused", (network, message) => {
    expect(problem(`sourceAddress|cidr: ${network}`)).toContain(message);
  });

  test("on a field that is no address", () => {
    expect(problem("sourceServer|cidr: 10.0.0.0/8")).toContain("'cidr' belongs to an address, and sourceServer is none");
  });
});

describe("re", () => {
  test.each<Row>([
    ["destinationServer|re: '^db-[0-9]+$'", { destinationServer: "db-07" }, true],
    ["destinationServer|re: '^db-[0-9]+$'", { destinationServer: "DB-07" }, false],
    ["destinationServer|re|i: '^db-[0-9]+$'", { destinationServer: "DB-07" }, true],
    ["destinationServer|re: 'b-0'", { destinationServer: "db-07" }, true],
    ["destinationServer|re: '^b'", { destinationServer: "a\nb" }, false],
    ["destinationServer|re|m: '^b'", { destinationServer: "a\nb" }, true],
    ["destinationServer|re: 'a.b'", { destinationServer: "a\nb" }, false],
    ["destinationServer|re|s: 'a.b'", { destinationServer: "a\nb" }, true],
    ["destinationServer|re: [x, '^db']", { destinationServer: "db-07" }, true],
    ["destinationServer|re: '^db'", {}, false],
  ])("%s with %j: %s", (search, fields, expected) => {
    expect(matches(search, fields)).toBe(expected);
  });

  test.each(["(a+)+$", "(a|a)*$", "(a|aa)+$", "a*a*a*a*a*a*a*a*a*a*b", "(.*a){20}"])(
    "%s takes no time that grows out of bounds",
    (pattern) => {
      const text = `${"a".repeat(4_000)}!`;
      const began = process.threadCpuUsage();
      matches(`destinationServer|re: '${pattern}'`, { destinationServer: text });
      const { user, system } = process.threadCpuUsage(began);
      // A backtracking matcher would need longer than the universe has lasted.
      expect(user + system).toBeLessThan(20_000_000);
    },
  );

  test.each([
    ["(?=a)", "is no pattern of RE2"],
    ["(a)\\1", "is no pattern of RE2"],
    ["(a", "is no pattern of RE2"],
    ["a{2000}", "is no pattern of RE2"],
    ["x".repeat(513), "longer than 512 characters"],
  ])("%s is refused", (pattern, message) => {
    expect(problem(`destinationServer|re: '${pattern}'`)).toContain(message);
  });

  test("on a number, empty, or with a flag but without re", () => {
    expect(problem("destinationPort|re: '4'")).toContain("'re' looks into text, and destinationPort is no text");
    expect(problem("destinationServer|re: ''")).toContain("an empty pattern would match everything");
    expect(problem("destinationServer|i: db")).toContain("modifier 'i' belongs after 're'");
  });
});

describe("exists and fieldref", () => {
  test.each<Row>([
    ["destinationServer|exists: true", { destinationServer: "" }, true],
    ["destinationServer|exists: true", {}, false],
    ["destinationServer|exists: false", {}, true],
    ["destinationServer|exists: false", { destinationServer: "db" }, false],
    ["sourceColumns.owner|exists: true", { sourceColumns: { owner: "data" } }, true],
    ["sourceColumns.owner|exists: true", { sourceColumns: {} }, false],
    ["sourcePort|fieldref: destinationPort", { sourcePort: 123, destinationPort: 123 }, true],
    ["sourcePort|fieldref: destinationPort", { sourcePort: 123, destinationPort: 124 }, false],
    ["sourceServer|fieldref: destinationServer", { sourceServer: "DB", destinationServer: "db" }, true],
    ["sourceServer|fieldref: destinationServer", {}, false],
    ["bytes|fieldref: packets", { bytes: "18446744073709551615", packets: "18446744073709551615" }, true],
  ])("%s with %j: %s", (search, fields, expected) => {
    expect(matches(search, fields)).toBe(expected);
  });

  test("what is refused", () => {
    expect(problem("destinationServer|exists: maybe")).toContain("'exists' takes true or false, not 'maybe'");
    expect(problem("sourcePort|fieldref: destinationPrt")).toContain(
      "unknown field 'destinationPrt'; did you mean 'destinationPort'?",
    );
    expect(problem("sourcePort|fieldref: sourceServer")).toContain(
      "sourcePort (number) and sourceServer (text) cannot be compared",
    );
  });
});
