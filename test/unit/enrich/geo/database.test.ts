import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { Reader } from "maxmind";
import { describe, expect, test } from "vitest";
import { answerOf, type GeoAnswer } from "../../../../src/enrich/geo/answer.ts";
import { geo } from "../../../../src/enrich/geo/geo.ts";
import { describeIssue } from "../../../../src/enrich/tables/issues.ts";
import { parseTable } from "../../../../src/enrich/tables/tables.ts";
import { parseAddress } from "../../../../src/lib/ip/address.ts";
import { COUNTRIES, mmdb, SYSTEMS, type Value } from "./mmdb.ts";

const read = (bytes: Buffer) => parseTable(geo, { bytes, digest: "" });

async function problems(bytes: Buffer): Promise<string[]> {
  const { table, issues } = await read(bytes);
  expect(table === undefined).toBe(issues.length > 0);
  return issues.map((issue) => describeIssue("x.mmdb", issue));
}

/** The table of these files. */
async function tableOf(...files: Buffer[]) {
  const contents = await Promise.all(
    files.map(async (bytes, i) => {
      const { table } = await read(bytes);
      if (table === undefined) throw new Error("is not good");
      return { path: `${i}.mmdb`, content: table };
    }),
  );
  const table = geo.join(contents);
  return (address: string): GeoAnswer => {
    const ip = parseAddress(address);
    if (ip === undefined) throw new Error(`${address} is no address`);
    return table.find(ip);
  };
}

const sizes = [24, 28, 32] as const;

describe.each(sizes)("a database with records of %i bits", (recordSize) => {
  test("is to the library what it was written as", () => {
    const reader = new Reader(mmdb(COUNTRIES, { recordSize }));
    expect(reader.metadata).toMatchObject({ recordSize, ipVersion: 6, databaseType: "Test" });
    expect(reader.getWithPrefixLength("198.51.100.200")).toEqual([{ country: { iso_code: "AT" } }, 25]);
    expect(reader.getWithPrefixLength("2001:db8:ffff::1")).toEqual([{ country: { iso_code: "FR" } }, 32]);
    expect(reader.get("203.0.113.1")).toBe(null);
  });

  test("says countries, of IPv4 and IPv6, by the longest network", async () => {
    const find = await tableOf(mmdb(COUNTRIES, { recordSize, mapped: true }));
    expect(find("192.0.2.0")).toEqual({ country: "CH", as: undefined });
    expect(find("192.0.2.255").country).toBe("CH");
    expect(find("192.0.3.0").country).toBeUndefined();
    expect(find("198.51.100.127").country).toBe("DE");
    expect(find("198.51.100.128").country).toBe("AT");
    expect(find("2001:db8::").country).toBe("FR");
    expect(find("2001:DB8:ffff:ffff:ffff:ffff:ffff:ffff").country).toBe("FR");
    expect(find("2001:db9::").country).toBeUndefined();
    expect(find("::ffff:192.0.2.7").country).toBe("CH");
  });

  test("of IPv4 alone says nothing of IPv6", async () => {
    const v4 = { "0.0.0.0/1": { country: { iso_code: "CH" } }, "128.0.0.0/1": { country: { iso_code: "DE" } } };
    const find = await tableOf(mmdb(v4, { recordSize, ipVersion: 4 }));
    expect(find("8.8.8.8").country).toBe("CH");
    expect(find("198.51.100.1").country).toBe("DE");
    expect(find("2001:db8::1").country).toBeUndefined();
  });
});

test("a file has as many rows as networks that say something; nodes that several lead to count once", async () => {
  expect((await read(mmdb(COUNTRIES))).rows).toBe(4);
  expect((await read(mmdb(COUNTRIES, { mapped: true }))).rows).toBe(4);
});

test("of several files each says what it knows, and of two that know it the first counts", async () => {
  const both = { "192.0.2.0/25": { country_code: "LI", asn: "AS64499", as_name: "Both" } };
  expect((await tableOf(mmdb(COUNTRIES), mmdb(SYSTEMS)))("192.0.2.1")).toEqual({
    country: "CH",
    as: { number: 64_496, organization: "Example One" },
  });
  expect((await tableOf(mmdb(both), mmdb(COUNTRIES), mmdb(SYSTEMS)))("192.0.2.1").as?.organization).toBe("Both");
  expect((await tableOf(mmdb(SYSTEMS), mmdb(both)))("192.0.2.1")).toEqual({
    country: "LI",
    as: { number: 64_496, organization: "Example One" },
  });
});

test("private addresses have none, whatever a database says", async () => {
  const everywhere: Value = { country: { iso_code: "CH" } };
  const find = await tableOf(mmdb({ "::/1": everywhere, "8000::/1": everywhere }));
  for (const address of [
    "10.0.0.1",
    "172.31.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "127.0.0.1",
    "fd00::1",
    "fe80::1",
    "::1",
  ])
    expect(find(address).country, address).toBeUndefined();
  for (const address of ["11.0.0.1", "2001:db8::1"]) expect(find(address).country, address).toBe("CH");
});

/** By MaxMind's, DB-IP's, IPinfo's and ip-location-db's descriptions of their files. */
test.each<[string, Value, string | undefined, number | undefined, string | undefined]>([
  [
    "GeoLite2-City",
    { city: { names: { en: "X" } }, country: { iso_code: "US" }, registered_country: { iso_code: "CA" } },
    "US",
    undefined,
    undefined,
  ],
  ["GeoLite2-ASN", { autonomous_system_number: 15_169, autonomous_system_organization: "GOOGLE" }, undefined, 15_169, "GOOGLE"],
  [
    "IPinfo Lite",
    { asn: "AS15169", as_name: "Google LLC", country: "United States", country_code: "US" },
    "US",
    15_169,
    "Google LLC",
  ],
  ["IPinfo country", { country: "US", country_name: "United States" }, "US", undefined, undefined],
  ["ip-location-db", { country_code: "us" }, "US", undefined, undefined],
  ["a number alone", { autonomous_system_number: 4_294_967_295 }, undefined, 4_294_967_295, undefined],
  ["no country", { country: { iso_code: "" }, country_code: "USA" }, undefined, undefined, undefined],
  ["no number", { autonomous_system_number: 0, asn: "AS" }, undefined, undefined, undefined],
  ["a text", "US", undefined, undefined, undefined],
])("%s", (_, record, country, number, organization) => {
  const answer = answerOf(record);
  expect([answer.country, answer.as?.number, answer.as?.organization]).toEqual([country, number, organization]);
});

describe("a file is refused", () => {
  test.each<[string, Buffer, RegExp]>([
    ["that is empty", Buffer.alloc(0), /^x\.mmdb: is no MaxMind database \(\.mmdb\), or is cut short: fetch it again$/],
    ["that is a table", Buffer.from("cidr,zone\n10.0.0.0/8,internal\n"), /is no MaxMind database/],
    ["that is compressed", gzipSync(mmdb(COUNTRIES)), /: is compressed: unpack it$/],
    ["of another format", mmdb(COUNTRIES, { format: 3 }), /: is in format 3: name a database in the MaxMind DB format 2$/],
    [
      "that says other things",
      mmdb({ "192.0.2.0/24": { domain: "example.com" } }, { type: "Domain" }),
      /says neither .* \(it is Domain\)/,
    ],
  ])("%s", async (_, bytes, message) => {
    expect(await problems(bytes)).toEqual([expect.stringMatching(message)]);
  });

  test("wherever it is cut", async () => {
    const whole = mmdb(COUNTRIES);
    expect(await problems(whole)).toEqual([]);
    // The last byte is half of what says how long records are.
    for (let length = 0; length < whole.length; length++) {
      expect(await problems(whole.subarray(0, length)), `${length} bytes`).toHaveLength(1);
    }
  });

  test("when a piece of its tree is missing", async () => {
    const whole = mmdb(SYSTEMS, { recordSize: 24 });
    const holed = Buffer.concat([whole.subarray(0, 60), whole.subarray(120)]);
    expect(await problems(holed)).toEqual([expect.stringMatching(/^x\.mmdb: is damaged: .*: fetch it again$/)]);
  });

  test("when its tree has no end", async () => {
    const bytes = mmdb(
      { "0.0.0.0/1": { country_code: "CH" }, "128.0.0.0/1": { country_code: "DE" } },
      { ipVersion: 4, recordSize: 24 },
    );
    bytes.writeUIntBE(0, 0, 3);
    // One node, whose left record is itself.
    expect((await read(bytes)).rows).toBe(1);
    const deep = mmdb({ "192.0.2.1/32": { country_code: "CH" } }, { ipVersion: 4, recordSize: 24 });
    // The last of 32 nodes leads to another one, where an address has ended.
    deep.writeUIntBE(5, 31 * 6, 3);
    expect(await problems(deep)).toEqual(["x.mmdb: is damaged: its networks are not complete: fetch it again"]);
  });

  test("nothing that it holds is thrown", async () => {
    const whole = mmdb({ ...COUNTRIES, ...SYSTEMS });
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const { table } = await read(bytes);
        // What was taken can be asked.
        const ip = parseAddress("198.51.100.200");
        if (table !== undefined && ip !== undefined) expect(table.find(ip).length).toBeLessThanOrEqual(128);
      }),
    );
  });
});
