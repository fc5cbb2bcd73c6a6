import fc from "fast-check";
import { expect, test } from "vitest";
import { AddressBook } from "../../../../src/enrich/tables/address-book.ts";
import { parseAddress } from "../../../../src/lib/ip/address.ts";
import { runs } from "../../../runs.ts";
import { tablesOf } from "../snapshot.ts";

test("a book of two places answers as the tables do, whatever was asked before", async () => {
  const { servers, networks, approvedDestinations } = await tablesOf({
    servers: "address,server\n10.0.0.0/30,A\n10.0.0.1,B\n2001:db8::/127,C\n",
    networks: "cidr,zone,name\n10.0.0.2/31,external,N\n",
    approvedDestinations: "cidr,name\n10.0.0.1/32,P\n2001:db8::/126,Q\n",
  });
  const address = fc.oneof(
    fc.nat(5).map((n) => `10.0.0.${n}`),
    fc.nat(3).map((n) => `2001:db8::${n}`),
    fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => `2001:db8:${a}::${b}`),
    fc.constantFrom("0.0.0.0", "::", "::a00:1", "a00:1::", "no address", "10.0.0.1.", "::ffff:10.0.0.1"),
  );
  fc.assert(
    fc.property(fc.array(address, { maxLength: 200 }), (asked) => {
      const book = new AddressBook(servers, networks, approvedDestinations, 2);
      for (const text of asked) {
        const ip = parseAddress(text);
        const known = book.get(text);
        const network = ip && networks.find(ip);
        expect(known.zone).toBe(ip === undefined ? "invalid" : (network?.zone ?? "external"));
        expect(known.network).toBe(network?.name);
        expect(known.approved).toBe(ip && approvedDestinations.find(ip)?.name);
        expect(known.server).toBe(ip && servers.find(ip)?.server);
      }
    }),
    { numRuns: runs(300) },
  );
});
