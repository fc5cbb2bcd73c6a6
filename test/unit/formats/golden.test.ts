import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FORMATS } from "../../../src/registry.ts";
import { decode, type Outcome, plain } from "./decoding.ts";
import { FORMATS as SPECIMENS } from "./specimens.ts";

/** What stands beside `case.log`: everything that is to come out of it. */
interface Expected {
  /** Key of the object, where the format reads it. */
  key?: string;
  /** False where `auto` cannot tell the format. */
  auto?: boolean;
  maxRecordBytes?: number;
  flows: Record<string, unknown>[];
  bad: { record: string; code: string }[];
  quality: { kind: string; after: number; message: string }[];
  skipped: Record<string, number>;
  through: number;
}

const FOLDER = fileURLToPath(new URL("../../fixtures/decoders/", import.meta.url));

const formats = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test("every format that is built in has records from its documentation, and specimens that are damaged", () => {
  const names = FORMATS.map(({ name }) => name).sort();
  expect(formats.map(({ name }) => name).sort()).toEqual(names);
  expect([...new Set(SPECIMENS.map(({ format }) => format))].sort()).toEqual(names);
});

for (const format of formats.map(({ name }) => name)) {
  describe(format, () => {
    const files = readdirSync(`${FOLDER}${format}`).filter((file) => file.endsWith(".log"));
    test.each(files.map((file) => file.slice(0, -".log".length)))("%s", async (name) => {
      const bytes = readFileSync(`${FOLDER}${format}/${name}.log`);
      const {
        auto = true,
        key,
        maxRecordBytes,
        ...expected
      } = JSON.parse(readFileSync(`${FOLDER}${format}/${name}.expected.json`, "utf8")) as Expected;
      const settings = { ...(key === undefined ? {} : { key }), ...(maxRecordBytes === undefined ? {} : { maxRecordBytes }) };
      expect(asExpected(await decode(format, bytes, settings))).toEqual(expected);
      expect(asExpected(await decode(format, bytes, { ...settings, chunks: [1] }))).toEqual(expected);
      for (let skip = 0; skip <= expected.through; skip += 1) {
        const { quality } = await decode(format, bytes, { ...settings, skip });
        expect(quality).toEqual(expected.quality.filter(({ after }) => after >= skip));
      }
      expect(asExpected(await decode(auto ? "auto" : format, gzipSync(bytes), settings))).toEqual(expected);
    });
  });
}

function asExpected({ flows, bad, quality, skipped, through }: Outcome): Omit<Expected, "key" | "auto" | "maxRecordBytes"> {
  return {
    flows: flows.map(plain),
    bad: bad.map(([record, code]) => ({ record, code })),
    quality,
    skipped,
    through,
  } as Omit<Expected, "key" | "auto" | "maxRecordBytes">;
}
