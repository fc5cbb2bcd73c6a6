import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { IpAddress, parseAddress } from "../../../../src/lib/ip/address.ts";
import { contains, type IpPrefix, parsePrefix, prefixKey } from "../../../../src/lib/ip/prefix.ts";
import { runs } from "../../../runs.ts";

/** Tells the forms that ipaddr.js reads against RFC 4291 2.5.5.1: to it, ::192.0.2.1 is an IPv4-mapped address. */
const readAlike = (text: string) => !/^::(\d+\.){3}\d+$/.test(text);

/** The address as ipaddr.js has it, in our words; an IPv4-mapped IPv6 address as its IPv4 address. */
function reference(text: string): IpAddress {
  const bytes = ipaddr.process(text.split("%")[0] ?? "").toByteArray();
  const word = (i: number) =>
    ((bytes[i] ?? 0) << 24) | ((bytes[i + 1] ?? 0) << 16) | ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0);
  return bytes.length === 4 ? new IpAddress(4, word(0), 0, 0, 0) : new IpAddress(6, word(0), word(4), word(8), word(12));
}

describe("parseAddress", () => {
  test("reads every IPv4 address as ipaddr.js does", () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => void expect(parseAddress(text)).toEqual(reference(text))),
      { numRuns: runs(1000) },
    );
  });

  test("reads every IPv6 address as ipaddr.js does, in all forms", () => {
    fc.assert(
      fc.property(fc.ipV6().filter(readAlike), (text) => void expect(parseAddress(text)).toEqual(reference(text))),
      { numRuns: runs(3000) },
    );
  });

  test("takes for an address what Node takes for one, and nothing else", () => {
    const part = fc.oneof(
      fc.constantFrom(":", "::", ".", "/", " ", "0", "1", "255", "256", "ffff", "10000", "g", "A", "01", "-1"),
      fc.nat(300).map(String),
      fc.nat(0x1ffff).map((n) => n.toString(16)),
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 18 }).map((parts) => parts.join("")),
      fc.ipV4(),
      fc.ipV6(),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        fc.pre(!candidate.includes("%"));
        expect(parseAddress(candidate) !== undefined).toBe(isIPv4(candidate) || isIPv6(candidate));
      }),
      { numRuns: runs(5000) },
    );
  });

  // RFC 4291 2.2 and RFC 5952 write these as the same address.
  test.each([
    ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
    ["FF01:0:0:0:0:0:0:101", "FF01::101"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:13.1.68.3", "::13.1.68.3"],
    ["2001:db8:0:0:1:0:0:1", "2001:0db8::1:0:0:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
    ["fe80::1%eth0", "fe80::1"],
    ["::%1", "::"],
  ])("%s is %s", (a, b) => {
    expect(parseAddress(a)).toEqual(parseAddress(b));
    expect(parseAddress(a)).toBeDefined();
  });

  test.each([
    ["::FFFF:129.144.52.38", "129.144.52.38"],
    ["0:0:0:0:0:ffff:8190:3426", "129.144.52.38"],
    ["::ffff:0.0.0.0%2", "0.0.0.0"],
  ])("IPv4-mapped %s is the IPv4 address %s (RFC 4291 2.5.5.2)", (mapped, plain) => {
    expect(parseAddress(mapped)).toEqual(parseAddress(plain));
    expect(parseAddress(mapped)?.family).toBe(4);
  });

  test.each([
    "",
    ":",
    ":::",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "10.100.xx.197",
    "256.1.1.1",
    "1.2.3.04",
    "010.0.0.1",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.4/32",
    "0x7f.0.0.1",
    "1.2.3.4%eth0",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1::2::3",
    "12345::",
    "g::",
    ":1::",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3",
    "::1.2.3.4.5",
    "1.2.3.4::",
    "fe80::1%",
    "[::1]",
    "::ffff:1.2.3.256",
    `${"0".repeat(200)}::`,
  ])("%j is no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("parsePrefix", () => {
  test.each([
    ["10.0.0.0/8", "4:167772160/8"],
    ["0.0.0.0/0", "4:0/0"],
    ["::/0", "6:0:0:0:0/0"],
    ["2001:db8::/32", "6:536939960:0:0:0/32"],
    ["::ffff:10.0.0.0/104", "4:167772160/8"],
    ["::ffff:0:0/96", "4:0/0"],
  ])("%s is the network %s", (text, key) => {
    const prefix = parsePrefix(text);
    expect(typeof prefix === "string" ? prefix : prefixKey(prefix)).toBe(key);
  });

  test("takes a lone address only where it may stand", () => {
    expect(parsePrefix("10.0.0.7", true)).toMatchObject({ length: 32 });
    expect(parsePrefix("2001:db8::7", true)).toMatchObject({ length: 128 });
    expect(parsePrefix("10.0.0.7")).toContain("write 10.0.0.7/32");
    expect(parsePrefix("2001:db8::7")).toContain("write 2001:db8::7/128");
    expect(parsePrefix("::ffff:10.0.0.7")).toContain("write ::ffff:10.0.0.7/128");
  });

  test.each([
    ["10.0.0.5/24", "write 10.0.0.0/24"],
    ["10.0.0.1/0", "write 0.0.0.0/0"],
    ["2001:db8::5/64", "write 2001:db8::/64"],
    ["2001:db8:0:0:8000::/64", "write 2001:db8::/64"],
    ["10.0.0.0/33", "from 0 to 32"],
    ["2001:db8::/129", "from 0 to 128"],
    ["::ffff:10.0.0.0/24", "from 96 to 128"],
    ["10.0.0.0/", "from 0 to 32"],
    ["10.0.0.0/08", "from 0 to 32"],
    ["10.0.0.0/-1", "from 0 to 32"],
    ["10.0.0.0/255.0.0.0", "from 0 to 32"],
    ["10.0.0/8", "no IPv4 or IPv6 address"],
    ["fe80::1%eth0/64", "no IPv4 or IPv6 address"],
    ["", "no IPv4 or IPv6 address"],
  ])("refuses %j and says %j", (text, advice) => {
    expect(parsePrefix(text)).toContain(advice);
  });
});

describe("contains", () => {
  test("agrees with ipaddr.js", () => {
    const cases = fc.oneof(
      fc.tuple(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(fc.ipV6().filter(readAlike), fc.ipV6().filter(readAlike), fc.integer({ min: 0, max: 128 })),
    );
    fc.assert(
      fc.property(cases, fc.boolean(), ([network, other, length], near) => {
        const base = ipaddr.parse(network);
        fc.pre(base.kind() === "ipv4" || !(base as ipaddr.IPv6).isIPv4MappedAddress() || length >= 96);
        const cidr = networkOf(network, length);
        const address = near ? network : other;
        const prefix = parsePrefix(cidr) as IpPrefix;
        const [referenceBase, referenceLength] = mappedAware(cidr);
        const ip = ipaddr.process(address);
        const expected = ip.kind() === referenceBase.kind() && ip.match(referenceBase, referenceLength);
        expect(contains(prefix, parseAddress(address) as IpAddress)).toBe(expected);
      }),
      { numRuns: runs(3000) },
    );
  });
});

function networkOf(address: string, length: number): string {
  const family = address.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4;
  return `${family.networkAddressFromCIDR(`${address}/${length}`).toString()}/${length}`;
}

function mappedAware(cidr: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [address, length] = ipaddr.parseCIDR(cidr);
  const mapped = address.kind() === "ipv6" && (address as ipaddr.IPv6).isIPv4MappedAddress();
  return mapped && length >= 96 ? [(address as ipaddr.IPv6).toIPv4Address(), length - 96] : [address, length];
}
