import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isAddress } from "../../../src/formats/addresses.ts";
import { runs } from "../../runs.ts";

test.each(["0.0.0.0", "10.240.0.5", "255.255.255.255", "::", "2001:db8::1", "::ffff:10.0.0.1"])("takes %s", (text) =>
  expect(isAddress(text)).toBe(true),
);

test.each([
  "",
  "10.100.xx.197",
  "10.0.0",
  "10.0.0.0.0",
  "10.0.0.256",
  "10.0.0.01",
  "10..0.1",
  " 10.0.0.1",
  "10.0.0.1 ",
  "10.0.0.1/32",
  "0x0a000001",
  "fe80::1%eth0",
  "2001:db8:::1",
  "host",
])("refuses %j", (text) => expect(isAddress(text)).toBe(false));

test("agrees with node:net", () => {
  const texts = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9.]{5,17}$/),
    fc.stringMatching(/^[0-9a-f:.]{2,40}$/),
    fc.array(fc.integer({ min: 0, max: 299 }), { minLength: 3, maxLength: 5 }).map((parts) => parts.join(".")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(isAddress(text)).toBe(isIP(text) !== 0);
    }),
    { numRuns: runs(1000) },
  );
});
