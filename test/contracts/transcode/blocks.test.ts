import fc from "fast-check";
import { expect, test } from "vitest";
import { isThorough } from "../../runs.ts";
import { BLOCK, event, eventWith, type Members, objectOf } from "../../unit/transcode/events.ts";
import { expectSame, newTranscoder } from "../../unit/transcode/reading.ts";

const lines = (events: readonly string[]) => events.map((one) => `${one}\n`).join("");
const whole = objectOf(BLOCK);

test("a block that differs in one byte, wherever that is", async () => {
  for (const [turn, change] of ["X", '"', "}", "{", "\\", "\0", ",", " ", "ü"].entries()) {
    const events = [event()];
    // Each place is changed in three of the ways where somebody waits.
    for (let at = isThorough ? 0 : turn % 3; at < whole.length; at += isThorough ? 1 : 3) {
      events.push(eventWith(whole.slice(0, at) + change + whole.slice(at + 1)));
      if (at % 50 === 0) events.push(event());
    }
    await expectSame(lines([...events, event()]));
  }
});

test("a block that is a byte longer or shorter, wherever that is", async () => {
  const events = [event()];
  for (let at = 0; at <= whole.length; at++) {
    events.push(eventWith(`${whole.slice(0, at)}x${whole.slice(at)}`), eventWith(whole.slice(0, at) + whole.slice(at + 1)));
  }
  await expectSame(lines([...events, event()]));
});

test.each<[string, Members[]]>([
  ["without the text that changes", [{ ingestedtime: undefined }]],
  ["with that text empty", [{ ingestedtime: '""' }]],
  ["with that text as a number", [{ ingestedtime: "7" }, { ingestedtime: "8" }]],
  ["with escapes in it", [{ ingestedtime: '"\\u0041"' }, { ingestedtime: '"\\"}"' }]],
  ["with braces in it", [{ ingestedtime: '"a}b"' }, { ingestedtime: '"a{b"' }, { ingestedtime: '"},"' }]],
  [
    "with that text longer and shorter",
    ["", "a", "a".repeat(100), "a".repeat(1000)].map((text) => ({ ingestedtime: `"${text}"` })),
  ],
  ["with that text in other letters", [{ ingestedtime: '"ü"' }, { ingestedtime: '"\x7f"' }, { ingestedtime: '"\t"' }]],
  ["with that text twice", [{ more: `"x","ingestedtime":"2"` }, { more: `"x","ingestedtime":"3"` }]],
  ["with that text within another", [{ more: `"\\"ingestedtime\\":\\"2\\""` }, { more: `"\\"ingestedtime\\":\\"3\\""` }]],
  [
    "with that text last",
    [
      { ingestedtime: undefined, zz: '"x","ingestedtime":"1"' },
      { ingestedtime: undefined, zz: '"x","ingestedtime":"2"' },
    ],
  ],
  ["with other letters", [{ vnicsubnetname: '"Büro"' }, { vnicsubnetname: '"\u{1f600}"' }, { vnicsubnetname: '"\\u00fc"' }]],
  [
    "with values of other kinds",
    [{ managed: "true" }, { managed: '"true"' }, { managed: "null" }, { vnicocid: "null" }, { vnicocid: "7" }],
  ],
  ["with a member twice", [{ more: '"x","vnicocid":"ocid1.vnic.oc1.iad.other"' }]],
  ["with a list", [{ more: '["}"]' }, { more: "[1,2]" }]],
  ["with an object", [{ more: '{"ingestedtime":"x"}' }, { more: "{}" }, { aa: "{}" }]],
])("blocks %s", async (_, changes) => {
  const events = changes.flatMap((change) => Array<string>(3).fill(event({}, change)));
  await expectSame(lines([event(), ...events, event(), ...events, event()]));
});

test("blocks of any length", async () => {
  const transcoder = newTranscoder();
  for (let length = 0; length < 400; length += 3) {
    const block = `{"ingestedtime":"1","vnicocid":"${"x".repeat(length)}"}`;
    const other = `{"vnicocid":"${"x".repeat(length)}","ingestedtime":"1"}`;
    await expectSame(lines([block, block, other, other].map((one) => eventWith(one))), {}, transcoder);
  }
});

test("an object whose block goes on where another one would end", async () => {
  const within = `{"a":{"ingestedtime":"1","vnicocid":"${"x".repeat(300)}"}`;
  const type = '"type":"com.oraclecloud.vcn.flowlogs.DataEvent"';
  const tail = `"source":"-","specversion":"1.0","time":"2024-09-06T14:26:08.000Z",${type}}`;
  const start = event().slice(0, event().indexOf('"oracle":'));
  const nested = `${start}"oracle":${within},${tail},${type}}`;
  expect(JSON.parse(nested)).toMatchObject({ oracle: { source: "-" } });
  await expectSame(lines([event(), nested, nested, nested, event(), nested]));
});

test("names and values from a block of any length", async () => {
  const transcoder = newTranscoder();
  for (const member of ["vnicsubnetname", "vnicocid", "instanceOcid", "tenantid", "vcnOcid", "publicIpv4", "resourceId"]) {
    for (const length of [0, 1, 100, 127, 128, 2048, 8191, 8192, 8193, 16_383, 16_384, 20_000, 70_000, 300_000]) {
      const changed = event({}, { [member]: `"${"x".repeat(length)}"` });
      await expectSame(lines([event(), changed, changed, changed, event()]), {}, transcoder);
    }
  }
});

test("blocks of many kinds, by turns", async () => {
  const transcoder = newTranscoder();
  const blocks = fc.array(
    fc.record({
      vnicocid: fc.constantFrom('"a"', '"b"', '"ocid1.vnic.oc1.phx.x"', undefined),
      vnicsubnetname: fc.constantFrom('"front"', '"Büro"', undefined),
      managed: fc.constantFrom("true", '"false"', undefined),
      ingestedtime: fc.constantFrom('"1"', '"22"', '"2024-09-06T14:33:31Z"', '""'),
    }),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(blocks, async (changes) => {
      await expectSame(lines(changes.map((block) => event({}, block))), {}, transcoder);
    }),
  );
});
