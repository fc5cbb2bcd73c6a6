import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { type IpAddress, parseAddress } from "../../../../src/lib/ip/address.ts";
import { type IpPrefix, parsePrefix } from "../../../../src/lib/ip/prefix.ts";
import { ipRanges } from "../../../../src/lib/ip/ranges.ts";
import { runs } from "../../../runs.ts";

const row = (cidr: string) => ({ cidr, prefix: parsePrefix(cidr) as IpPrefix });
const tableOf = (...cidrs: string[]) => ipRanges(cidrs.map(row));
const ip = (text: string) => parseAddress(text) as IpAddress;

/** To ipaddr.js, ::192.0.2.1 is an IPv4-mapped address; RFC 4291 2.5.5.1 says otherwise. */
const ipV6 = fc.ipV6().filter((text) => !/^::(\d+\.){3}\d+$/.test(text));

/** What a table must answer, by trying every network with ipaddr.js: longest first. */
function reference(cidrs: readonly string[]): (address: string) => string[] {
  const ranges = cidrs.map((cidr) => ({ cidr, range: ipaddr.parseCIDR(cidr) }));
  return (address) => {
    const parsed = ipaddr.process(address);
    return ranges
      .filter(({ range: [base, length] }) => base.kind() === parsed.kind() && parsed.match(base, length))
      .sort((a, b) => b.range[1] - a.range[1])
      .map(({ cidr }) => cidr);
  };
}

/** Networks that nest and touch: few different bits, all lengths. */
const v4Network = fc
  .tuple(
    fc.constantFrom(0, 10, 127, 128, 192, 255),
    fc.constantFrom(0, 1, 128, 255),
    fc.nat(3),
    fc.nat(255),
    fc.integer({ min: 0, max: 32 }),
  )
  .map(([a, b, c, d, length]) => network(ipaddr.IPv4, `${a}.${b}.${c}.${d}`, length));
const v6Network = fc
  .tuple(fc.constantFrom("2001:db8", "fe80:0", "ffff:ffff", "0:0"), fc.nat(2), fc.nat(0xffff), fc.integer({ min: 0, max: 128 }))
  .map(([head, a, b, length]) =>
    network(ipaddr.IPv6, `${head}:${a.toString(16)}:ffff:${a.toString(16)}::${b.toString(16)}`, length),
  );

function network(family: typeof ipaddr.IPv4 | typeof ipaddr.IPv6, address: string, length: number): string {
  return `${family.networkAddressFromCIDR(`${address}/${length}`).toString()}/${length}`;
}

function normalized(cidr: string): string {
  const [address, length] = cidr.split("/") as [string, string];
  return network(address.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4, address, Number(length));
}

/** First and last address of a network, and the ones just outside: where a table errs if it errs. */
function edges(cidr: string): string[] {
  const [base, length] = ipaddr.parseCIDR(cidr);
  const bytes = base.toByteArray();
  const first = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  const bits = BigInt(bytes.length * 8);
  const last = first + 2n ** (bits - BigInt(length)) - 1n;
  return [first - 1n, first, first + 1n, last, last + 1n]
    .filter((value) => value >= 0n && value < 2n ** bits)
    .map((value) =>
      ipaddr.fromByteArray(bytes.map((_, i) => Number((value >> (8n * BigInt(bytes.length - 1 - i))) & 255n))).toString(),
    );
}

describe("ipRanges", () => {
  test("answers as ipaddr.js does when it tries every network, at every edge", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(v4Network, v6Network), { maxLength: 40 }),
        fc.array(fc.oneof(fc.ipV4(), ipV6), { maxLength: 10 }),
        (cidrs, others) => {
          const table = tableOf(...cidrs);
          expect(table.size).toBe(cidrs.length);
          const answer = reference(cidrs);
          for (const address of [...cidrs.flatMap(edges), ...others]) {
            const expected = answer(address);
            expect(table.covering(ip(address)).map(({ cidr }) => cidr)).toEqual(expected);
            expect(table.find(ip(address))?.cidr).toBe(expected[0]);
          }
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("longest prefix wins however the lines are ordered", () => {
    const cidrs = ["10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24", "10.0.0.255/32", "0.0.0.0/0"];
    for (const table of [tableOf(...cidrs), tableOf(...cidrs.toReversed())]) {
      expect(table.find(ip("10.0.0.255"))?.cidr).toBe("10.0.0.255/32");
      expect(table.find(ip("10.0.0.254"))?.cidr).toBe("10.0.0.0/24");
      expect(table.find(ip("10.0.1.0"))?.cidr).toBe("10.0.0.0/16");
      expect(table.find(ip("10.1.0.0"))?.cidr).toBe("10.0.0.0/8");
      expect(table.find(ip("11.0.0.0"))?.cidr).toBe("0.0.0.0/0");
    }
  });

  test("the ends of both address spaces belong to their networks", () => {
    const table = tableOf("255.255.255.255/32", "0.0.0.0/32", "ffff::/16", "::/128");
    expect(table.find(ip("255.255.255.255"))?.cidr).toBe("255.255.255.255/32");
    expect(table.find(ip("255.255.255.254"))).toBeUndefined();
    expect(table.find(ip("0.0.0.0"))?.cidr).toBe("0.0.0.0/32");
    expect(table.find(ip("0.0.0.1"))).toBeUndefined();
    expect(table.find(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))?.cidr).toBe("ffff::/16");
    expect(table.find(ip("::"))?.cidr).toBe("::/128");
    expect(table.find(ip("::2"))).toBeUndefined();
  });

  test("an IPv4-mapped IPv6 address is found in IPv4 networks, and not in ::/0", () => {
    const table = tableOf("10.0.0.0/8", "::/0");
    expect(table.find(ip("::ffff:10.1.2.3"))?.cidr).toBe("10.0.0.0/8");
    expect(table.find(ip("::ffff:11.1.2.3"))).toBeUndefined();
    expect(table.find(ip("::10.1.2.3"))?.cidr).toBe("::/0");
  });

  test("the same network twice is refused, however it is written", () => {
    expect(() => tableOf("10.0.0.0/8", "192.168.0.0/16", "::ffff:10.0.0.0/104")).toThrow("twice");
    expect(() => tableOf("2001:db8::/32", "2001:0DB8:0::/32")).toThrow("twice");
  });

  test("reports each repetition with the row that stays", () => {
    const seen: string[][] = [];
    const rows = ["10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/8", "10.0.0.0/8"].map((cidr, i) => ({
      ...row(cidr),
      name: `${cidr} ${i}`,
    }));
    const table = ipRanges(rows, (kept, repeated) => seen.push([kept.name, repeated.name]));
    expect(seen).toEqual([
      ["10.0.0.0/8 0", "10.0.0.0/8 2"],
      ["10.0.0.0/8 0", "10.0.0.0/8 3"],
    ]);
    expect(table.size).toBe(2);
    expect(table.find(ip("10.200.0.0"))?.name).toBe("10.0.0.0/8 0");
    expect(table.covering(ip("10.0.0.0")).map(({ name }) => name)).toEqual(["10.0.0.0/9 1", "10.0.0.0/8 0"]);
  });

  test("a large table answers as ipaddr.js does", () => {
    const v4 = Array.from(
      { length: 1_500 },
      (_, i) => `${10 + (i % 3) * 60}.${i % 7}.${i % 256}.${(i * 8) % 256}/${27 + (i % 5)}`,
    );
    const v6 = Array.from({ length: 1_500 }, (_, i) => `2001:db8:${(i % 40).toString(16)}:${i.toString(16)}::/${60 + (i % 69)}`);
    const cidrs = [...new Set([...v4, ...v6].map((cidr) => normalized(cidr)))];
    const table = tableOf(...cidrs);
    expect(table.size).toBe(cidrs.length);
    const answer = reference(cidrs);
    for (const address of cidrs.filter((_, i) => i % 40 === 0).flatMap(edges)) {
      expect(table.covering(ip(address)).map(({ cidr }) => cidr)).toEqual(answer(address));
    }
  });

  test("an empty table holds nothing", () => {
    expect(tableOf().find(ip("10.0.0.1"))).toBeUndefined();
    expect(tableOf().find(ip("::1"))).toBeUndefined();
    expect(tableOf().covering(ip("::1"))).toEqual([]);
  });
});
