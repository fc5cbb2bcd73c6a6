import type { Flow } from "../../../flow/flow.ts";
import type { Origin } from "../../../flow/origin.ts";
import { bytesOf } from "../../../lib/bytes.ts";
import { Failure } from "../../../lib/errors.ts";
import { MOST_FILES } from "./options.ts";

/** Records of one source that share entity and path. */
interface EventGroup {
  readonly head: string;
  readonly records: string[];
}

export interface EventFileOptions {
  readonly logSource: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The entity of a flow, or undefined for none. */
  readonly entityOf: (flow: Flow) => string | undefined;
  /** The text that the source's parser reads. */
  readonly print: (flow: Flow, observed: number) => string;
  /** Largest file, in bytes. */
  readonly maxBytes: number;
  /** Most files. */
  readonly maxFiles: number;
}

/** What closes a group, and a file. */
const GROUP_END = "]}";
const FILE_END = "]}";

/**
 * Packs flows, in their order, into as few event files as their measured bytes allow:
 * `{"metadata":{…},"logEvents":[{"entityId":…,"logSourceName":…,"logPath":…,"logRecords":["<record>",…]}]}`.
 * The path of a record is its object's address in the bucket. Throws a Failure (`batch`, too large) when one record fits no file, or the
 * flows fit no `maxFiles` files. `observed` is in ms since the epoch.
 */
export function packEvents(flows: readonly Flow[], observed: number, options: EventFileOptions): Uint8Array<ArrayBuffer>[] {
  const { maxBytes, maxFiles } = options;
  const start = `{${members({ metadata: options.metadata })}"logEvents":[`;
  const emptyBytes = Buffer.byteLength(start) + FILE_END.length;
  const headOf = groupHeads(options);
  const files: Uint8Array<ArrayBuffer>[] = [];
  let groups = new Map<string, EventGroup>();
  let bytes = emptyBytes;
  const finish = (): void => {
    files.push(bytesOf(start + [...groups.values()].map(printGroup).join(",") + FILE_END));
    groups = new Map();
    bytes = emptyBytes;
  };
  /** What a record adds to the file at hand: itself, a comma, and its group if that is new. */
  const costOf = (head: string, recordBytes: number): number => {
    if (groups.has(head)) return recordBytes + 1;
    return recordBytes + Buffer.byteLength(head) + GROUP_END.length + (groups.size === 0 ? 0 : 1);
  };

  for (const flow of flows) {
    const record = JSON.stringify(options.print(flow, observed));
    const recordBytes = Buffer.byteLength(record);
    const head = headOf(flow);
    if (groups.size > 0 && bytes + costOf(head, recordBytes) > maxBytes) finish();
    if (files.length === maxFiles) throw tooMany(flows.length, maxFiles, maxBytes);
    bytes += costOf(head, recordBytes);
    if (bytes > maxBytes) throw recordTooLarge(flow, recordBytes, maxBytes);
    const group = groups.get(head);
    if (group === undefined) groups.set(head, { head, records: [record] });
    else group.records.push(record);
  }
  if (groups.size > 0) finish();
  return files;
}

function printGroup({ head, records }: EventGroup): string {
  return head + records.join(",") + GROUP_END;
}

/** What stands before a group's records. Flows of one object and one entity have one. */
function groupHeads({ logSource, entityOf }: EventFileOptions): (flow: Flow) => string {
  let lastOrigin: Origin | undefined;
  let lastEntity: string | undefined;
  let head = "";
  return (flow) => {
    const entityId = entityOf(flow);
    if (flow.origin !== lastOrigin || entityId !== lastEntity) {
      lastOrigin = flow.origin;
      lastEntity = entityId;
      const { store, key } = flow.origin;
      head = `{${members({ entityId, logSourceName: logSource, logPath: `${store}/${key}` })}"logRecords":[`;
    }
    return head;
  };
}

/** Members of an object, each followed by a comma; without those that are undefined or empty. */
function members(values: Readonly<Record<string, string | object | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && (typeof value === "string" || Object.keys(value).length > 0))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`)
    .join("");
}

function recordTooLarge(flow: Flow, bytes: number, maxBytes: number): Failure {
  const which = `record ${flow.record} of ${flow.origin.key}`;
  return tooLarge(`${which} takes ${bytes} bytes, a JSON for Log Analytics holds ${maxBytes} in all`);
}

function tooMany(records: number, maxFiles: number, maxBytes: number): Failure {
  const what = maxFiles === MOST_FILES ? `${maxFiles} JSONs, which is all that a ZIP may hold` : "one JSON";
  return tooLarge(`${records} records do not fit into ${what} (${maxBytes} bytes each)`);
}

/** What is found out before anything is sent. */
export function tooLarge(message: string): Failure {
  return new Failure("batch", "log-analytics-too-large", message, { tooLarge: true, certain: true });
}
