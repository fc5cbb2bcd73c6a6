import { expect, test } from "vitest";
import { comparableAddress, comparableRange } from "../../../../src/lib/ip/comparable.ts";
import { type IpPrefix, parsePrefix } from "../../../../src/lib/ip/prefix.ts";

const rangeOf = (text: string) => comparableRange(parsePrefix(text, true) as IpPrefix);

test("addresses of both families in one order", () => {
  expect(comparableAddress("10.0.1.255")).toBe("00000000000000000000ffff0a0001ff");
  expect(comparableAddress("::ffff:10.0.1.255")).toBe("00000000000000000000ffff0a0001ff");
  expect(comparableAddress("2001:db8::7")).toBe("20010db8000000000000000000000007");
  expect(comparableAddress("nowhere")).toBe(undefined);
});

test("networks from their first to their last address", () => {
  expect(rangeOf("10.0.1.7")).toEqual(["00000000000000000000ffff0a000107", "00000000000000000000ffff0a000107"]);
  expect(rangeOf("172.16.0.0/12")).toEqual(["00000000000000000000ffffac100000", "00000000000000000000ffffac1fffff"]);
  expect(rangeOf("0.0.0.0/0")).toEqual(["00000000000000000000ffff00000000", "00000000000000000000ffffffffffff"]);
  expect(rangeOf("2001:db8::/36")).toEqual(["20010db8000000000000000000000000", "20010db80fffffffffffffffffffffff"]);
  expect(rangeOf("2001:db8:0:1::/64")).toEqual(["20010db8000000010000000000000000", "20010db800000001ffffffffffffffff"]);
});
