import type { Flow } from "../../../flow/flow.ts";
import { bytesOf } from "../../../lib/bytes.ts";
import { Failure } from "../../../lib/errors.ts";
import type { LinePrinter } from "../../../schemas/line.ts";
import { recordClassOf } from "../../../schemas/record.ts";
import { LARGEST_LOG_BYTES } from "./options.ts";

export interface RequestOptions {
  readonly applicationName: string;
  readonly subsystemName: string;
  readonly print: LinePrinter;
  /** Largest request, in bytes. */
  readonly maxBytes: number;
}

/** Severities of the service: 1 debug, 2 verbose, 3 info, 4 warning, 5 error, 6 critical. */
const INFO = 3;
const WARNING = 4;
/** The first severity number of OpenTelemetry that is a warning. */
const OTEL_WARN = 13;

/**
 * The body of a request: an array of logs in the order of the flows. The text of each is the flow as a JSON string, its computer the
 * instance or else the VNIC. Throws a Failure (`batch`, too large) when the body or one log is larger than the service
 * takes. `observed` is in ms since the epoch.
 */
export function printRequest(flows: readonly Flow[], observed: number, options: RequestOptions): Uint8Array<ArrayBuffer> {
  const { applicationName, subsystemName, print, maxBytes } = options;
  const head = `{"applicationName":${JSON.stringify(applicationName)},"subsystemName":${JSON.stringify(subsystemName)}`;
  const logs = flows.map((flow) => {
    const log = printLog(head, flow, print(flow, observed));
    const bytes = Buffer.byteLength(log);
    if (bytes > LARGEST_LOG_BYTES) {
      const which = `record ${flow.record} of ${flow.origin.key}`;
      throw tooLarge(`${which} makes a log of ${bytes} bytes, IBM Cloud Logs takes ${LARGEST_LOG_BYTES}`);
    }
    return log;
  });
  const body = bytesOf(`[${logs.join(",")}]`);
  if (body.length > maxBytes) {
    throw tooLarge(`${flows.length} records make a request of ${body.length} bytes, it may have ${maxBytes}`);
  }
  return body;
}

function tooLarge(message: string): Failure {
  return new Failure("batch", "ibm-cloud-logs-too-large", message, { tooLarge: true, certain: true });
}

function printLog(head: string, flow: Flow, text: string): string {
  const computer = flow.context.instance ?? flow.context.vnic;
  const severity = recordClassOf(flow).severityNumber < OTEL_WARN ? INFO : WARNING;
  const time = Math.trunc(flow.time);
  return (
    `${head},"severity":${severity},"timestamp":${time},"hiResTimestamp":"${BigInt(time) * 1_000_000n}"` +
    (computer === undefined ? "" : `,"computerName":${JSON.stringify(computer.toWellFormed())}`) +
    `,"text":${JSON.stringify(text)}}`
  );
}
