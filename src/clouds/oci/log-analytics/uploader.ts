import type { WriteResult } from "../../../contracts/sink.ts";
import { Failure } from "../../../lib/errors.ts";
import { type AnswerBody, oneLine, parseJson, textOf } from "../../../lib/http/answers.ts";
import { drawerOfStatus } from "../../../lib/http/failures.ts";
import { NoExportResponse, readExportResponse } from "../../../sinks/otlp/export-response.ts";
import { connectOci } from "../connection.ts";
import { type Explanation, ociError, policyStatement, refusalOf } from "../errors.ts";
import type { OciIdentity, OciSurroundings } from "../identity.ts";
import type { TargetOptions } from "./options.ts";

/** How the body of an event upload is packed. */
export type PayloadType = "JSON" | "GZIP" | "ZIP";

/** Uploads to one log group. An upload with the token of an earlier one is taken once, for 24 hours. */
export interface Uploader {
  uploadEvents(body: Buffer, payloadType: PayloadType, token: string, signal: AbortSignal): Promise<void>;
  /** Resolves to how many of the records were refused, where the answer says so. */
  uploadOtlp(body: Buffer, records: number, token: string, signal: AbortSignal): Promise<WriteResult>;
  /** Reaches the service without uploading; resolves to one line about what answered. */
  probe(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** The service no longer says whether the earlier upload with this token stands: only another token gets the records in. */
export class StaleTokenError extends Failure {}

const CONTENT_TYPES = { JSON: "application/json", GZIP: "application/gzip", ZIP: "application/zip" } as const;

/** Asks nothing of the network before the first upload. Throws UsageError. */
export async function createUploader(
  options: TargetOptions,
  surroundings: OciSurroundings & { readonly onNotice?: ((message: string) => void) | undefined },
): Promise<Uploader> {
  const { namespace: namespaceName, logGroupId, logSet, metadata } = options;
  const { LogAnalyticsClient } = await import("../log-analytics.ts");
  const { client, identity, ask, close } = await connectOci(options, surroundings, {
    what: `Log Analytics namespace ${namespaceName}`,
    create: (params, configuration) => new LogAnalyticsClient(params, configuration),
    onRenewed: () =>
      surroundings.onNotice?.(
        "Log Analytics refused the credentials (401); they were read again, and the upload goes on with them",
      ),
  });
  const properties = Object.entries(metadata).map(([name, value]) => `${name}:${value}`);
  const opcMetaProperties = properties.length === 0 ? undefined : properties.join(";");

  const failed = (failure: unknown, operation: string, records = true): Error => {
    const refusal = refusalOf(failure);
    const place = records ? `for log group ${logGroupId} of namespace ${namespaceName}` : `${namespaceName}`;
    const error = ociError(failure, {
      operation,
      place,
      endpoint: client.endpoint,
      identity,
      explain: (refusal) => explain(refusal, identity, records),
      drawer: records ? drawerOfStatus : undefined,
    });
    return error instanceof Failure && refusal?.serviceCode === "InvalidatedRetryToken"
      ? new StaleTokenError("passing", "stale-token", error.message, { cause: refusal, retryAfterMs: error.retryAfterMs })
      : error;
  };

  return {
    async uploadEvents(body, payloadType, opcRetryToken, signal) {
      try {
        await ask(signal, () =>
          client.uploadLogEventsFile({
            namespaceName,
            // Values of a query go out as they are.
            logGroupId: encodeURIComponent(logGroupId),
            body,
            payloadType,
            contentType: CONTENT_TYPES[payloadType],
            opcRetryToken,
            // In a ZIP the names of the entries say it.
            ...(logSet === undefined || payloadType === "ZIP" ? {} : { logSet: encodeURIComponent(logSet) }),
          }),
        );
      } catch (failure) {
        throw failed(failure, "UploadLogEventsFile");
      }
    },
    async uploadOtlp(body, records, opcRetryToken, signal) {
      try {
        const { rest } = await ask(signal, () =>
          client.uploadOtlpLogs({
            namespaceName,
            opcMetaLoggrpid: logGroupId,
            body,
            contentType: "application/json",
            opcRetryToken,
            ...(opcMetaProperties === undefined ? {} : { opcMetaProperties }),
            ...(logSet === undefined ? {} : { logSet }),
          }),
        );
        return resultOf(rest, records);
      } catch (failure) {
        throw failed(failure, "UploadOtlpLogs");
      }
    },
    async probe(signal) {
      let onboarded: boolean;
      let logSets: boolean | undefined;
      try {
        const { result } = await ask(signal, async () => {
          const namespace = await client.getNamespace({ namespaceName });
          if (typeof namespace?.isOnboarded !== "boolean") throw new TypeError("it does not tell isOnboarded");
          return namespace;
        });
        onboarded = result.isOnboarded;
        logSets = result.isLogSetEnabled;
      } catch (failure) {
        throw failed(failure, "GetNamespace", false);
      }
      if (!onboarded) {
        const advice = "open Log Analytics in the console once and choose Start Using Log Analytics";
        throw new Failure("person", "not-onboarded", `namespace ${namespaceName} has no Log Analytics yet: ${advice}`);
      }
      if (logSets === true && logSet === undefined) {
        const message = `namespace ${namespaceName} has log sets enabled: give one as logSet`;
        throw new Failure("person", "log-set-missing", message);
      }
      return `Log Analytics namespace ${namespaceName} at ${new URL(client.endpoint).host}; the log group is tried by the first upload`;
    },
    close,
  };
}

/** The service defines no answer to an upload; where it is OTLP's own, that counts. */
function resultOf(rest: AnswerBody, records: number): WriteResult {
  const value = parseJson(textOf(rest));
  if (typeof value !== "object" || value === null || !("partialSuccess" in value)) return { rejected: 0 };
  try {
    const { rejected, message } = readExportResponse(rest, records);
    const reason = oneLine(message);
    return reason === "" ? { rejected } : { rejected, reason };
  } catch (error) {
    if (!(error instanceof NoExportResponse)) throw error;
    throw new Failure("not-understood", "bad-answer", `UploadOtlpLogs: the answer ${oneLine(error.message)}`);
  }
}

/**
 * What the service says of a missing permission and of a log group that is not there is the same: 404. Both heal when the operator
 * puts them right, and the records wait in the bucket until then. A payload that is refused (400) stays refused, unless it is refused for
 * what all uploads of the sink have in common.
 */
function explain(
  { statusCode: status, serviceCode, message }: { statusCode: number; serviceCode: string; message: string },
  identity: OciIdentity,
  upload: boolean,
): Explanation | undefined {
  if (status === 403 || status === 404) {
    const permission = upload
      ? "{LOG_ANALYTICS_LOG_GROUP_UPLOAD_LOGS} in compartment <the log group's compartment>"
      : "read loganalytics-features-family in tenancy";
    const check = upload ? "check namespace, logGroupId and the region" : "check namespace and region";
    const advice = `${check}; the policy that is needed: ${policyStatement(identity, permission)}`;
    return { code: "not-authorized", advice, drawer: "person" };
  }
  if (serviceCode === "InvalidatedRetryToken") {
    return { code: "stale-token", advice: "it is sent again under a new token", drawer: "passing" };
  }
  if (!upload) return undefined;
  if (status === 413) return { code: "log-analytics-too-large", advice: "", drawer: "batch" };
  if (status !== 400) return undefined;
  const advice = "check that the log source exists (`flowferry content install`), and logGroupId and logSet";
  return { code: "refused", advice, drawer: /log ?(source|group|set)/i.test(message) ? "person" : "batch" };
}
