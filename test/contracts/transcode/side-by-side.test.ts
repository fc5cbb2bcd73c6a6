import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../runs.ts";
import { tablesOf } from "../../unit/enrich/snapshot.ts";
import { event } from "../../unit/transcode/events.ts";
import { asRead, byFlows, expectOutcome, newTranscoder, SCHEMAS, type Settings } from "../../unit/transcode/reading.ts";

const SERVERS = ["a", "b"].map((name) => `address,server,owner\n10.0.0.0/8,${name},ü${name}\n2001:db8::/32,${name}6,\n`);
const SUBNETS = "subnet,cidr,name\nfront,10.0.1.0/24,Front\n";
const states = await Promise.all(SERVERS.map((servers) => tablesOf({ servers, subnets: SUBNETS })));
const [before, after] = states as [(typeof states)[number], (typeof states)[number]];

/** Mostly what the kernel takes. */
const seldom = (value: string, usual: string) =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(value) });
const port = fc.constantFrom(0, 22, 53, 443, 40_000, 51_514, 65_535).map(String);
const address = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 20 }).map((index) => `10.0.${index % 3}.${index}`) },
  { weight: 1, arbitrary: fc.constantFrom("198.51.100.23", "2001:db8::1", "::ffff:1.2.3.4") },
);
const events = fc
  .record({
    data: fc.record({
      action: fc.constantFrom('"ACCEPT"', '"REJECT"'),
      destinationAddress: address.map((text) => `"${text}"`),
      destinationPort: port,
      sourceAddress: address.map((text) => `"${text}"`),
      sourcePort: port,
      status: seldom('"NODATA"', '"OK"'),
      bytesOut: seldom("18.0", "18"),
    }),
    block: fc.record({ vnicocid: fc.constantFrom('"a"', '"b"'), vnicsubnetocid: seldom('"back"', '"front"') }),
    behind: seldom("x", ""),
  })
  .map(({ data, block, behind }) => event(data, block) + behind);

const objects = fc.record({
  text: fc.array(events, { minLength: 20, maxLength: 80, size: "max" }).map((all) => all.join("\n")),
  isZipped: fc.boolean(),
  chunk: fc.constantFrom(3000, 20_000, 1_000_000),
  /** The chunk from which on there are other tables. */
  change: fc.constantFrom(0, 1, 3, 100),
  skip: fc.nat({ max: 4 }),
  /** In each such chunk somebody looks. */
  looks: fc.constantFrom(2, 100),
});

test.each(SCHEMAS)(
  "objects of one kernel, side by side, while tables change and somebody looks now and then: %s",
  async (schema) => {
    const transcoder = newTranscoder({ schema });
    let [round, taken] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(objects, { minLength: 1, maxLength: 3, size: "max" }), async (all) => {
        round += 1;
        const settingsOf = ({ chunk, change, skip, looks }: (typeof all)[number], index: number): Settings => {
          let at = 0;
          return {
            ...{ schema, skip, key: `${round} ${index}`, chunks: [chunk], batch: 37 },
            before: (next) => {
              at = next;
            },
            tables: () => (at < change ? before : after),
            needsFlows: () => at % looks === looks - 1,
          };
        };
        const bytes = all.map(({ text, isZipped }) => (isZipped ? gzipSync(text) : Buffer.from(text)));
        const read = await Promise.all(
          all.map((one, index) => asRead(bytes[index] as Buffer, settingsOf(one, index), transcoder)),
        );
        for (const [index, one] of all.entries()) {
          const { taken: own, ...outcome } = read[index] as (typeof read)[number];
          taken += own;
          expectOutcome(outcome, await byFlows(bytes[index] as Buffer, settingsOf(one, index)));
        }
      }),
      { numRuns: runs(60, 4) },
    );
    expect(taken).toBeGreaterThan(round * 10);
  },
);
