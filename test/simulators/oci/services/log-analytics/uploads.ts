import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { type Call, type Reply, type Route, ServiceError } from "../../service.ts";
import type { State } from "./state.ts";
import { unzip } from "./zip.ts";

/** The documentation says "2 MB" for each JSON; the smaller reading. For OTLP none is documented, and this one is held too. */
const LARGEST_JSON = 2_000_000;
const MOST_FILES = 100;
const LARGEST_DECOMPRESSED = 256 * 1024 * 1024;

/** One record of an event upload, as it was taken. */
export interface TakenRecord {
  readonly upload: string;
  readonly logGroupId: string;
  readonly logSet: string | undefined;
  readonly logSourceName: string;
  readonly entityId: string | undefined;
  readonly logPath: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly text: string;
}

/** One OTLP log record with its resource's attributes, as JSON has them. */
export interface TakenOtlp {
  readonly upload: string;
  readonly logGroupId: string;
  readonly logSet: string | undefined;
  readonly properties: string | undefined;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly record: {
    readonly timeUnixNano: string;
    readonly body?: unknown;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly severityText?: string;
  };
}

export interface TakenFile {
  readonly upload: string;
  readonly uploadName: string;
  readonly logSourceName: string;
  readonly filename: string;
  readonly bytes: Buffer;
}

/** Uploads of events, OTLP and files. An upload is taken whole or refused whole. */
export function uploadRoutes(state: State): Route[] {
  const upload = (take: (call: Call, id: string) => void) => (call: Call) =>
    state.tokens.once(call, () => {
      const id = randomBytes(12).toString("hex");
      take(call, id);
      return taken(id);
    });
  const base = "/20200601/namespaces/{namespace}/actions";
  const route = (kind: string, path: string, take: (call: Call, id: string) => void): Route => ({
    kind,
    method: "POST",
    path: `${base}/${path}`,
    // Bodies of uploads are not signed.
    signed: "headers",
    handle: (call) => {
      state.checkNamespace(call);
      return upload(take)(call);
    },
  });
  return [
    route("upload-events", "uploadLogEventsFile", (call, id) => void state.records.push(...readEvents(state, call, id))),
    route("upload-otlp", "otlp/v1/logs", (call, id) => void state.otlp.push(...readOtlp(state, call, id))),
    route("upload-file", "uploadLogFile", (call, id) => void state.files.push(readFile(state, call, id))),
  ];
}

function taken(id: string): Reply {
  return { status: 200, headers: { "opc-object-id": id, timecreated: new Date().toISOString() } };
}

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}

function readEvents(state: State, call: Call, upload: string): TakenRecord[] {
  const logGroupId = state.logGroup(call.query.get("logGroupId"));
  const type = call.query.get("payloadType") ?? "JSON";
  const records: TakenRecord[] = [];
  for (const { bytes, logSet } of filesOf(call, type)) {
    if (bytes.length > LARGEST_JSON) throw tooLarge(bytes.length);
    state.checkLogSet(logSet);
    const file = parse(bytes) as { metadata?: Record<string, string>; logEvents?: unknown };
    if (!Array.isArray(file.logEvents) || file.logEvents.length === 0) throw refuse("logEvents is missing or empty");
    for (const event of file.logEvents as Record<string, unknown>[]) {
      const { logSourceName, entityId, logPath, logRecords } = event;
      if (typeof logSourceName !== "string") throw refuse("logSourceName is missing");
      if (!state.hasSource(logSourceName)) throw refuse(`Invalid log source name: ${logSourceName}`);
      if (entityId !== undefined && !state.entities.has(String(entityId))) throw refuse(`Invalid entity: ${entityId}`);
      if (!Array.isArray(logRecords) || logRecords.length === 0) throw refuse("logRecords is missing or empty");
      for (const text of logRecords) {
        if (typeof text !== "string" || text === "") throw refuse("a record of logRecords is no text");
        records.push({
          upload,
          logGroupId,
          logSet,
          logSourceName,
          entityId: entityId as string | undefined,
          logPath: logPath as string | undefined,
          metadata: { ...file.metadata, ...(event.metadata as Record<string, string> | undefined) },
          text,
        });
      }
    }
  }
  return records;
}

function filesOf(call: Call, type: string): { bytes: Buffer; logSet: string | undefined }[] {
  const logSet = call.query.get("logSet") ?? undefined;
  if (type === "JSON") return [{ bytes: call.body, logSet }];
  if (type === "GZIP") return [{ bytes: gunzip(call.body), logSet }];
  if (type !== "ZIP") throw refuse(`payloadType ${type} is not valid`);
  const members = unzip(call.body);
  if (members.length === 0 || members.length > MOST_FILES) {
    throw refuse(`The archive has ${members.length} files, 1 to ${MOST_FILES} are allowed`);
  }
  if (members.reduce((sum, { bytes }) => sum + bytes.length, 0) > LARGEST_DECOMPRESSED) throw tooLarge(LARGEST_DECOMPRESSED);
  return members.map(({ name, bytes }) => {
    const found = /^[^/]+?(?:_logSet=(.+))?\.json$/.exec(name);
    if (found === null) throw refuse(`The file name ${name} is not valid: <filename>_logSet=<logset>.json`);
    return { bytes, logSet: found[1] };
  });
}

function gunzip(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: LARGEST_DECOMPRESSED });
  } catch {
    throw refuse("The payload is not a valid GZIP file");
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refuse("The payload is not valid JSON");
  }
}

function tooLarge(bytes: number): ServiceError {
  return new ServiceError(413, "PayloadTooLarge", `The JSON has ${bytes} bytes, ${LARGEST_JSON} are allowed`);
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Record<string, unknown>;
}

function readOtlp(state: State, call: Call, upload: string): TakenOtlp[] {
  const header = (name: string): string | undefined => {
    const value = call.headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const logGroupId = state.logGroup(header("opc-meta-loggrpid") ?? null);
  const logSet = header("log-set");
  state.checkLogSet(logSet);
  if (!/^application\/json\b/.test(header("content-type") ?? "")) {
    throw new ServiceError(415, "UnsupportedMediaType", "OTLP is taken as application/json only");
  }
  if (call.body.length > LARGEST_JSON) throw tooLarge(call.body.length);
  const { resourceLogs } = parse(call.body) as { resourceLogs?: Record<string, unknown>[] };
  if (!Array.isArray(resourceLogs)) throw refuse("resourceLogs is missing");
  return resourceLogs.flatMap(({ resource, scopeLogs }) =>
    (scopeLogs as { logRecords: Record<string, unknown>[] }[]).flatMap(({ logRecords }) =>
      logRecords.map((record) => ({
        upload,
        logGroupId,
        logSet,
        properties: header("opc-meta-properties"),
        resource: attributesOf((resource as { attributes?: OtlpAttribute[] } | undefined)?.attributes),
        record: { ...record, attributes: attributesOf(record.attributes as OtlpAttribute[]) } as TakenOtlp["record"],
      })),
    ),
  );
}

/** Values as OTLP/JSON writes them: integers are decimal strings, kept as strings. */
function attributesOf(list: readonly OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    list.map(({ key, value }) => {
      const [kind, content] = Object.entries(value)[0] ?? [];
      if (kind !== "arrayValue") return [key, content];
      return [key, (content as { values: Record<string, unknown>[] }).values.map((item) => Object.values(item)[0])];
    }),
  );
}

function readFile(state: State, call: Call, upload: string): TakenFile {
  state.logGroup((call.headers["opc-meta-loggrpid"] as string | undefined) ?? null);
  const need = (name: string): string => {
    const value = call.query.get(name);
    if (value === null || value === "") throw refuse(`${name} is required`);
    return value;
  };
  const logSourceName = need("logSourceName");
  if (!state.hasSource(logSourceName)) throw refuse(`Invalid log source name: ${logSourceName}`);
  return { upload, uploadName: need("uploadName"), logSourceName, filename: need("filename"), bytes: call.body };
}
