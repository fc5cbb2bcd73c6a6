import { randomBytes } from "node:crypto";
import type { Content } from "./build.ts";

/** What a record that was uploaded became. */
export interface Verified {
  /** A word that stands in that record and in no other. */
  readonly mark: string;
  /** False when the service did not find the record in time. */
  readonly found: boolean;
  /** Titles of the fields that have a value. */
  readonly filled: readonly string[];
  /** Titles of the fields that have none, though the record brings one. */
  readonly empty: readonly string[];
}

export interface VerifySteps {
  /** Uploads an event file, as its text. */
  upload(file: string): Promise<void>;
  /** Asks Log Analytics; resolves to the rows of the answer, their values by title or internal name. */
  query(text: string, from: Date, to: Date): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Waits for a while; resolves to false when the time is up. */
  wait(): Promise<boolean>;
}

const HOUR_MS = 3_600_000;
/** Values that say nothing but that they are there. */
const VALUES: Readonly<Record<string, unknown>> = {
  action: "accept",
  sourceAddress: "192.0.2.1",
  sourcePort: 40_000,
  destinationAddress: "192.0.2.2",
  destinationPort: 443,
  protocolName: "tcp",
  protocol: 6,
  bytes: 1,
  packets: 1,
  bytesReverse: 1,
  status: "OK",
};

/** Uploads one record that fills every field of the content, and asks until the service finds it which of them have a value. */
export async function verifyContent({ parser, source, fields }: Content, now: number, steps: VerifySteps): Promise<Verified> {
  const mark = `flowferryverify${randomBytes(8).toString("hex")}`;
  const numbers = new Set(fields.filter(({ dataType }) => dataType === "LONG").map(({ displayName }) => displayName));
  const record = Object.fromEntries(
    parser.fieldMaps.map(({ structuredColumnInfo, field: { displayName } }) => {
      const key = structuredColumnInfo.slice("$.".length);
      if (key === "time") return [key, new Date(now).toISOString()];
      return [key, VALUES[key] ?? (numbers.has(displayName) ? 1 : mark)];
    }),
  );
  const logEvents = [{ logSourceName: source.name, logPath: mark, logRecords: [JSON.stringify(record)] }];
  await steps.upload(JSON.stringify({ metadata: {}, logEvents }));
  const titles = parser.fieldMaps.map(({ field }) => field.displayName);
  const text = `'Log Source' = '${source.name}' and '${mark}' | fields ${titles.map((title) => `'${title}'`).join(", ")}`;
  do {
    const [row] = await steps.query(text, new Date(now - HOUR_MS), new Date(now + HOUR_MS));
    if (row !== undefined) {
      const filled = titles.filter((title) => row[title] !== undefined && row[title] !== null && row[title] !== "");
      return { mark, found: true, filled, empty: titles.filter((title) => !filled.includes(title)) };
    }
  } while (await steps.wait());
  return { mark, found: false, filled: [], empty: titles };
}

interface Column {
  readonly displayName?: string;
  readonly internalName?: string;
}

/** Rows by title, whether the answer names its values by title or by internal name. */
export function rowsByTitle(
  items: readonly Readonly<Record<string, unknown>>[],
  columns: readonly Column[],
): Readonly<Record<string, unknown>>[] {
  return items.map((item) => {
    const titled = columns.flatMap(({ displayName, internalName }) =>
      displayName === undefined ? [] : [[displayName, item[displayName] ?? item[internalName ?? displayName]] as const],
    );
    return { ...item, ...Object.fromEntries(titled) };
  });
}
