import { codeOf, type Drawer, describeError, Failure } from "../lib/errors.ts";
import { oneLine, parseJson } from "../lib/http/answers.ts";
import { drawerOfStatus, networkFailure } from "../lib/http/failures.ts";

/** Where the errors of exporters and HTTP clients keep the status of an answer. */
const STATUS_MEMBERS = ["code", "httpCode", "statusCode", "status", "httpStatusCode", "httpStatus"];

/** By https://grpc.io/docs/guides/status-codes and, for what passes, https://opentelemetry.io/docs/specs/otlp/#failures. */
const OF_GRPC: Readonly<Record<number, Drawer>> = {
  1: "passing",
  3: "batch",
  4: "passing",
  5: "person",
  7: "person",
  8: "passing",
  9: "person",
  10: "passing",
  11: "passing",
  12: "person",
  13: "passing",
  14: "passing",
  15: "passing",
  16: "person",
};

/**
 * What an exporter's failure means, as far as its error says so: one of this program as it is, else by the status of HTTP or gRPC that it
 * carries, or by the code of the network. Anything else is not understood.
 */
export function exporterFailure(name: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const status = numberIn(error);
  const said = oneLine([describeError(error ?? "without a reason"), wordsIn(error)].filter(Boolean).join(": "));
  const message = `${name} failed: ${status !== undefined && status >= 100 ? `${status} ` : ""}${said}`;
  return new Failure(drawerOf(status, error), "exporter-failed", message, { tooLarge: status === 413 });
}

function drawerOf(status: number | undefined, error: unknown): Drawer {
  if (status !== undefined && status >= 100) return drawerOfStatus(status) ?? "not-understood";
  if (status !== undefined) return OF_GRPC[status] ?? "not-understood";
  const { drawer } = networkFailure("", "", "", error);
  return drawer !== "passing" || /^(E[A-Z]|UND_ERR_)/.test(codeOf(error)) ? drawer : "not-understood";
}

/** A status of HTTP (three digits) or gRPC (up to 16) of an error or of one of its causes. */
function numberIn(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const members = error as Record<string, unknown>;
  for (const holder of [members, members.response]) {
    if (typeof holder !== "object" || holder === null) continue;
    for (const name of STATUS_MEMBERS) {
      const value = (holder as Record<string, unknown>)[name];
      const number = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
      if (
        Number.isInteger(number) &&
        ((Number(number) >= 100 && Number(number) < 600) || (Number(number) > 0 && Number(number) <= 16))
      ) {
        return Number(number);
      }
    }
  }
  return numberIn(members.cause);
}

/** The receiver's words, which OpenTelemetry's exporters keep as `data`. */
function wordsIn(error: unknown): string {
  const data = typeof error === "object" && error !== null && "data" in error ? error.data : undefined;
  if (typeof data !== "string") return "";
  const value = parseJson(data);
  const message = typeof value === "object" && value !== null && "message" in value ? value.message : undefined;
  return typeof message === "string" ? message : data;
}
