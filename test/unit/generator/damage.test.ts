import { hash } from "node:crypto";
import { constants, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { damageKinds } from "../../../src/generator/damage/kinds.ts";
import { FORMATS } from "../../../src/generator/options.ts";
import { collect } from "./recount.ts";

/** What can be read of an object: its text, and its records as the separators of the format cut them. */
function read(format: string, bytes: Uint8Array): { readonly text: string; readonly records: string[] } {
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = (packed ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : Buffer.from(bytes)).toString("latin1");
  if (format !== "ibm") return { text, records: text.split("\n").filter((line) => line !== "" && !isHeading(line)) };
  const list = text.slice(text.indexOf("[") + 1).replace(/\]\}$/, "");
  return { text, records: list === "" ? [] : list.split(/,(?=\{)/) };
}

/** The first line of AWS's form is no record. */
const isHeading = (line: string) => /^(\xef\xbb\xbf)?version /.test(line);

const SIGNS: Readonly<Record<string, RegExp>> = {
  "long-line": /x{999}/,
  nul: /10\.20\.\0\.7/,
  "invalid-utf8": /10\.20\.\xff\xfe\.7/,
  "bad-address": /10\.100\.xx\.197/,
  "bad-port": /\b70000\b/,
  "null-field": /":null|^2 - |eni-\w+ - \d/,
  "wrong-type": /^\[/,
  "other-type": /objectstorage/,
  "big-counter": /18446744073709551615/,
};

describe.each(FORMATS)("damage in %s", (format) => {
  it("is placed once each and described", async () => {
    const kinds = damageKinds(format);
    const options = { format, flows: 3_000, vnics: 8, spanMs: 3_600_000 };
    const { generation, objects } = await collect({ ...options, damage: kinds });
    const { damage, ...total } = generation.truth();
    expect(damage.map(({ kind }) => kind)).toEqual(kinds);
    expect(new Set(damage.map(({ key }) => key)).size).toBe(kinds.length);
    const byKey = new Map(objects.map((object) => [object.key, object]));
    for (const { kind, key, record, outcome, goodRecords } of damage) {
      const object = byKey.get(key);
      const { records } = read(format, object?.bytes ?? Buffer.alloc(0));
      const { truth } = object ?? {};
      const expectation = { bad: 0, broken: 0, skipped: 0, [outcome]: 1 };
      const skipped = Object.values(truth?.skipped ?? {}).length;
      expect([kind, truth?.bad, truth?.broken, skipped]).toEqual([
        kind,
        expectation.bad,
        expectation.broken,
        expectation.skipped,
      ]);
      expect((truth?.accept ?? 0) + (truth?.reject ?? 0)).toBe(goodRecords);
      if (outcome === "broken") expect([kind, record]).toEqual([kind, goodRecords + 1]);
      else expect([kind, truth?.records]).toEqual([kind, records.length]);
      const sign = SIGNS[kind];
      if (sign !== undefined) {
        const found = records.flatMap((text, index) => (sign.test(text) ? [index + 1] : []));
        expect([kind, found]).toEqual([kind, [record]]);
      }
    }
    const count = (outcome: string) => damage.filter((each) => each.outcome === outcome).length;
    expect([total.bad, total.broken]).toEqual([count("bad"), count("broken")]);
    expect(BigInt(total.bytes)).toBeGreaterThan(2n ** 64n - 1n);
  });

  it("leaves the other objects as they are", async () => {
    const options = { format, flows: 2_000, vnics: 8, spanMs: 3_600_000 };
    const whole = await collect(options);
    const damaged = await collect({ ...options, damage: damageKinds(format).filter((kind) => kind !== "long-line") });
    const broken = new Set(damaged.generation.truth().damage.map(({ key }) => key));
    const rest = damaged.objects.filter(({ key }) => !broken.has(key));
    if (format !== "ibm") expect(rest.map(({ key }) => key)).toEqual(whole.objects.map(({ key }) => key));
    expect(rest.map(({ bytes }) => hash("sha256", bytes))).toEqual(whole.objects.map(({ bytes }) => hash("sha256", bytes)));
  });
});

it("truncated objects end inside a record, everything before which can be read", async () => {
  const { generation, objects } = await collect({ format: "oci", flows: 2_000, spanMs: 3_600_000, damage: ["truncated-gzip"] });
  const [damage] = generation.truth().damage;
  const object = objects.find(({ key }) => key === damage?.key);
  const { text } = read("oci", object?.bytes ?? Buffer.alloc(0));
  const lines = text.split("\n");
  expect(() => JSON.parse(lines.at(-1) ?? "")).toThrow(SyntaxError);
  expect(lines.slice(0, -1).map((line) => JSON.parse(line))).toHaveLength(damage?.goodRecords ?? -1);
});

it("a header that miscounts says one flow too few", async () => {
  const options = { format: "ibm", flows: 2_000, vnics: 8, spanMs: 3_600_000, quality: false } as const;
  const { generation, objects } = await collect({ ...options, damage: ["wrong-count", "empty-flow-logs"] });
  const headers = generation.truth().damage.map(({ key }) => {
    const object = objects.find((each) => each.key === key);
    const { number_of_flow_logs: count, flow_logs: flows } = JSON.parse(read("ibm", object?.bytes ?? Buffer.alloc(0)).text);
    return [flows.length - count, flows.length > 0];
  });
  expect(headers).toEqual([
    [1, true],
    [0, false],
  ]);
  expect(generation.truth().quality.countMismatch).toBe(1);
});
