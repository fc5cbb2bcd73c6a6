import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import type { SlackMessage } from "../alerts/slack.ts";

export interface DemoRecord {
  readonly severityText: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * A receiver of OTLP/HTTP JSON, gzipped, on loopback that keeps what it gets in memory, and refuses the first `refusals` requests with
 * 503. Under `/slack` it takes what would go to a channel.
 */
export async function startDemoReceiver(refusals: number) {
  const records = new Map<string, DemoRecord>();
  const messages: SlackMessage[] = [];
  let [requests, refused, repeated] = [0, 0, 0];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === "/slack") {
      messages.push(JSON.parse(Buffer.concat(chunks).toString("utf8")) as SlackMessage);
      response.end("ok");
      return;
    }
    requests += 1;
    if (requests <= refusals) {
      refused += 1;
      response
        .writeHead(503, { "content-type": "application/json" })
        .end(JSON.stringify({ message: "the demo refuses this one on purpose" }));
      return;
    }
    if (request.headers["content-encoding"] !== "gzip") {
      response.writeHead(415, { "content-type": "application/json" }).end(JSON.stringify({ message: "the demo reads gzip" }));
      return;
    }
    for (const record of recordsOf(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString("utf8")))) {
      const uid = String(record.attributes["log.record.uid"]);
      if (records.has(uid)) repeated += 1;
      records.set(uid, record);
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    messages,
    counts: () => ({ requests, refused, repeated }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

interface ExportRequest {
  readonly resourceLogs?: {
    readonly scopeLogs?: {
      readonly logRecords?: {
        readonly severityText?: string;
        readonly attributes?: { readonly key: string; readonly value: AnyValue }[];
      }[];
    }[];
  }[];
}

function* recordsOf({ resourceLogs = [] }: ExportRequest): Generator<DemoRecord> {
  for (const { scopeLogs = [] } of resourceLogs) {
    for (const { logRecords = [] } of scopeLogs) {
      for (const { severityText = "", attributes = [] } of logRecords) {
        yield { severityText, attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)])) };
      }
    }
  }
}

function plain({ stringValue, intValue, doubleValue, boolValue, arrayValue }: AnyValue): unknown {
  if (arrayValue !== undefined) return arrayValue.values?.map(plain) ?? [];
  return intValue === undefined ? (stringValue ?? doubleValue ?? boolValue) : Number(intValue);
}
