import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Live } from "../../../src/live/live.ts";
import { Passing, type Tap } from "../../../src/live/passing.ts";
import { askTap, askTop, serveSocket, socketOf } from "../../../src/live/socket.ts";

const AT = Date.UTC(2026, 0, 5, 12);
const ORIGIN = originOf("s3://flows", "key", "etag");
const signal = new AbortController().signal;

/** Tells when somebody has begun to look. */
class Watched extends Passing {
  readonly tapped = Promise.withResolvers<void>();
  readonly untapped = Promise.withResolvers<void>();
  override tap(tap: Tap): () => void {
    const end = super.tap(tap);
    this.tapped.resolve();
    return () => {
      end();
      this.untapped.resolve();
    };
  }
}

function flow(record: number, fields: Partial<Flow>): Flow {
  return Object.assign(new Flow(ORIGIN, record, EMPTY_CONTEXT, AT), { status: "OK", ...fields });
}

const flows = [
  flow(1, { action: "accept", sourceAddress: "10.0.0.1", destinationAddress: "10.0.0.2", destinationPort: 443, bytes: 1500 }),
  flow(2, { action: "reject", sourceAddress: "192.0.2.9", destinationAddress: "10.0.0.2", destinationPort: 22, bytes: 40 }),
];

let folder: string;
let passing: Watched;
let server: { close(): void };
let ledger: ReturnType<typeof openLedger>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-socket-"));
  ledger = openLedger({ path: ":memory:", sources: [{ name: "flows", store: "s3://flows" }], scrub: (text) => text });
  passing = new Watched();
  const live = new Live({ version: "1.2.3", startedAt: AT, problems: () => [], ledger, tables: () => [], topics: () => [] });
  server = await serveSocket(join(folder, "x.sock"), live, passing);
});

afterEach(() => {
  server.close();
  ledger.close();
  rmSync(folder, { recursive: true });
});

/** The first thing that a tap is told of these flows. */
async function firstOf(filter: string | undefined, format: string): Promise<string> {
  const told = askTap(join(folder, "x.sock"), { filter, format }, signal);
  const first = told.next();
  await passing.tapped.promise;
  passing.passed(flows, AT);
  const { value } = await first;
  await told.return(undefined);
  return (value as { line: string }).line;
}

test("the socket is its user's alone, and a dead worker's does no harm", async () => {
  expect(statSync(join(folder, "x.sock")).mode & 0o777).toBe(0o600);
  const live = new Live({ version: "2", startedAt: AT, problems: () => [], ledger, tables: () => [], topics: () => [] });
  server.close();
  server = await serveSocket(join(folder, "x.sock"), live, passing);
  expect(await askTop(join(folder, "x.sock"), signal)).toMatchObject({ version: "2" });
  expect(socketOf(":memory:")).toBeUndefined();
  expect(socketOf(`/${"x".repeat(120)}`)).toBeUndefined();
});

test("a tap shows the flows that its filter wants, for people and for programs, until it goes", async () => {
  expect(await firstOf("action: reject, destinationPort: 22", "text")).toBe(
    "2026-01-05T12:00:00  reject  -      192.0.2.9 -> 10.0.0.2:22  40 B",
  );
  await passing.untapped.promise;
});

test("a filter may be searches with a condition, and a schema names the fields", async () => {
  const line = await firstOf("web: { destinationPort: 443 }, condition: not web", "otel");
  expect(JSON.parse(line)).toMatchObject({ attributes: { "source.address": "192.0.2.9" } });
});

test("a wrong filter, and nobody who listens, are told", async () => {
  await expect(firstWrong("destinationPrt: 22")).rejects.toThrow(/destinationPrt/);
  server.close();
  await expect(askTop(join(folder, "x.sock"), signal)).rejects.toThrow("no worker listens at");
});

const firstWrong = (filter: string) => askTap(join(folder, "x.sock"), { filter, format: "text" }, signal).next();

test("talkers are added up from when somebody looks, over a minute", () => {
  passing.passed(flows, AT);
  expect(passing.talkers(AT)).toEqual({ pairs: [], ports: [] });
  passing.passed(flows, AT + 1000);
  passing.passed(flows, AT + 11_000);
  expect(passing.talkers(AT + 12_000)).toEqual({
    pairs: [
      { name: "10.0.0.1 -> 10.0.0.2", flows: 2, bytes: 3000 },
      { name: "192.0.2.9 -> 10.0.0.2", flows: 2, bytes: 80 },
    ],
    ports: [
      { name: "443/-", flows: 2, bytes: 3000 },
      { name: "22/-", flows: 2, bytes: 80 },
    ],
  });
  // Nobody has looked for longer than a minute.
  expect(passing.talkers(AT + 80_000).pairs).toEqual([]);
});
