import { gunzipSync } from "node:zlib";
import { type GeneratedObject, type Generation, generate } from "../../../src/generator/generate.ts";
import type { GenerateOptions } from "../../../src/generator/options.ts";

/** A flow as a reader of the bucket sees it who knows nothing of the generator. */
export interface Row {
  readonly key: string;
  readonly record: number;
  /** Seconds since the epoch; undefined where the log leaves it empty. */
  readonly time: number | undefined;
  readonly accepted: boolean;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly port: number;
  readonly protocol: number;
  readonly bytes: number;
  readonly bytesReverse: number;
}

export interface Recount {
  readonly rows: readonly Row[];
  readonly noData: number;
  readonly skipData: number;
  readonly countMismatch: number;
  readonly records: number;
}

export interface Collected {
  readonly generation: Generation;
  readonly objects: readonly GeneratedObject[];
}

export async function collect(options: GenerateOptions): Promise<Collected> {
  const generation = generate(options);
  return { generation, objects: await Array.fromAsync(generation) };
}

/** Reads undamaged objects with nothing but gunzip, split and JSON.parse. */
export function recount(format: GenerateOptions["format"], objects: readonly GeneratedObject[]): Recount {
  const counts = { noData: 0, skipData: 0, countMismatch: 0, records: 0 };
  const rows: Row[] = [];
  for (const { key, bytes } of objects) {
    const text = gunzipSync(bytes).toString("utf8");
    if (format === "ibm") readIbm(key, JSON.parse(text), rows, counts);
    else {
      const lines = text.split("\n");
      if (lines.pop() !== "") throw new Error(`${key} does not end with a line end`);
      const names = format === "aws" ? placesIn(lines[0] ?? "") : new Map();
      lines.forEach((line, index) => {
        if (format === "oci") readOci(key, index + 1, JSON.parse(line), rows, counts);
        else if (format === "aws") readAws(key, index, names, line, rows, counts);
        else readText(key, index + 1, line, rows, counts);
      });
      counts.records += format === "aws" ? lines.length - 1 : lines.length;
    }
  }
  return { rows, ...counts };
}

type Counts = { noData: number; skipData: number; countMismatch: number; records: number };

function readOci(key: string, record: number, line: Record<string, unknown>, rows: Row[], counts: Counts): void {
  const event = (line.logContent ?? line) as { type: string; data: Record<string, never> };
  if (event.type.endsWith(".QualityEvent.NoData")) counts.noData++;
  else if (event.type.endsWith(".QualityEvent.SkipData")) counts.skipData++;
  else {
    const { data } = event;
    rows.push({
      key,
      record,
      time: data.startTime,
      accepted: data.action === "ACCEPT",
      source: data.sourceAddress as unknown as string,
      destination: data.destinationAddress as unknown as string,
      sourcePort: data.sourcePort as unknown as number,
      port: data.destinationPort as unknown as number,
      protocol: data.protocol as unknown as number,
      bytes: data.bytesOut as unknown as number,
      bytesReverse: 0,
    });
  }
}

function readText(key: string, record: number, line: string, rows: Row[], counts: Counts): void {
  const fields = line.split(" ");
  if (fields.length !== 12) throw new Error(`${fields.length} fields: ${line}`);
  const [, source = "", destination = "", sourcePort, port, protocol, , bytes, start, , action, status] = fields;
  if (status === "NODATA") counts.noData++;
  else if (status === "SKIPDATA") counts.skipData++;
  else {
    rows.push({
      ...{ key, record, source, destination },
      time: Number(start),
      accepted: action !== "REJECT",
      sourcePort: Number(sourcePort),
      port: Number(port),
      protocol: Number(protocol),
      bytes: Number(bytes),
      bytesReverse: 0,
    });
  }
}

type Names = ReadonlyMap<string, number>;

/** Where the values of each name stand in a line. */
const placesIn = (heading: string): Names => new Map(heading.split(" ").map((name, place) => [name, place]));

/** By the names in the first line, which is no record. */
function readAws(key: string, record: number, names: Names, line: string, rows: Row[], counts: Counts): void {
  if (record === 0) return;
  const values = line.split(" ");
  if (values.length !== names.size) throw new Error(`${values.length} values for ${names.size} names: ${line}`);
  const value = (name: string) => values[names.get(name) ?? -1] ?? "";
  if (value("log-status") === "NODATA") counts.noData++;
  else if (value("log-status") === "SKIPDATA") counts.skipData++;
  else {
    rows.push({
      ...{ key, record, source: value("srcaddr"), destination: value("dstaddr") },
      time: Number(value("start")),
      accepted: value("action") === "ACCEPT",
      sourcePort: Number(value("srcport")),
      port: Number(value("dstport")),
      protocol: Number(value("protocol")),
      bytes: Number(value("bytes")),
      bytesReverse: 0,
    });
  }
}

interface IbmObject {
  readonly state: string;
  readonly number_of_flow_logs: number;
  readonly flow_logs: readonly {
    readonly start_time: string;
    readonly action: string;
    readonly initiator_ip: string;
    readonly target_ip: string;
    readonly initiator_port: number;
    readonly target_port: number;
    readonly transport_protocol: number;
    readonly bytes_from_initiator: number;
    readonly bytes_from_target: number;
  }[];
}

function readIbm(key: string, object: IbmObject, rows: Row[], counts: Counts): void {
  if (object.state !== "ok") counts.skipData++;
  if (object.number_of_flow_logs !== object.flow_logs.length) counts.countMismatch++;
  counts.records += object.flow_logs.length;
  object.flow_logs.forEach((flow, index) => {
    rows.push({
      key,
      record: index + 1,
      time: flow.start_time === "" ? undefined : Date.parse(flow.start_time) / 1000,
      accepted: flow.action === "accepted",
      source: flow.initiator_ip,
      destination: flow.target_ip,
      sourcePort: flow.initiator_port,
      port: flow.target_port,
      protocol: flow.transport_protocol,
      bytes: flow.bytes_from_initiator,
      bytesReverse: flow.bytes_from_target,
    });
  });
}

/** RFC 1918, the only private IPv4 space in these buckets, and the network's own IPv6 prefix. */
export function isInside(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^2001:db8:20:/.test(address);
}

export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, keyOf);
}
