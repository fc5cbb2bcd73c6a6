import { PermanentError, RetryableError, TooLargeError } from "../../errors.ts";
import { connectOci } from "../../oci/connection.ts";
import { type Explanation, ociError, policyStatement, refusalOf } from "../../oci/errors.ts";
import type { OciIdentity, OciSurroundings } from "../../oci/identity.ts";
import type { TargetOptions } from "./options.ts";

/** How the body of an event upload is packed. */
export type PayloadType = "JSON" | "GZIP" | "ZIP";

/** Uploads to one log group. An upload with the token of an earlier one is taken once, for 24 hours. */
export interface Uploader {
  uploadEvents(body: Buffer, payloadType: PayloadType, token: string, signal: AbortSignal): Promise<void>;
  uploadOtlp(body: Buffer, token: string, signal: AbortSignal): Promise<void>;
  /** Reaches the service without uploading; resolves to one line about what answered. */
  probe(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** The service no longer says whether the earlier upload with this token stands: only another token gets the records in. */
export class StaleTokenError extends RetryableError {}

const CONTENT_TYPES = { JSON: "application/json", GZIP: "application/gzip", ZIP: "application/zip" } as const;

/** Asks nothing of the network before the first upload. Throws UsageError. */
export async function createUploader(
  options: TargetOptions,
  surroundings: OciSurroundings & { readonly onNotice?: ((message: string) => void) | undefined },
): Promise<Uploader> {
  const { namespace: namespaceName, logGroupId, logSet, metadata } = options;
  const { LogAnalyticsClient } = await import("oci-loganalytics");
  const { client, identity, call, close } = await connectOci(options, surroundings, {
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
    if (refusal?.statusCode === 413) {
      return new TooLargeError("log-analytics-too-large", `${operation}: 413 ${refusal.serviceCode}: ${refusal.message}`);
    }
    const place = records ? `for log group ${logGroupId} of namespace ${namespaceName}` : `${namespaceName}`;
    const error = ociError(failure, {
      operation,
      place,
      endpoint: client.endpoint,
      identity,
      explain: (refusal) => explain(refusal, identity, records),
    });
    return refusal?.serviceCode === "InvalidatedRetryToken"
      ? new StaleTokenError("stale-token", error.message, { cause: refusal })
      : error;
  };

  return {
    async uploadEvents(body, payloadType, opcRetryToken, signal) {
      const { PayloadType } = (await import("oci-loganalytics")).models;
      const type = { JSON: PayloadType.Json, GZIP: PayloadType.Gzip, ZIP: PayloadType.Zip }[payloadType];
      try {
        await call(signal, () =>
          client.uploadLogEventsFile({
            namespaceName,
            // The SDK sends the values of a query as they are.
            logGroupId: encodeURIComponent(logGroupId),
            uploadLogEventsFileDetails: body,
            payloadType: type,
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
    async uploadOtlp(body, opcRetryToken, signal) {
      try {
        await call(signal, () =>
          client.uploadOtlpLogs({
            namespaceName,
            opcMetaLoggrpid: logGroupId,
            uploadOtlpLogsDetails: body,
            contentType: "application/json",
            opcRetryToken,
            ...(opcMetaProperties === undefined ? {} : { opcMetaProperties }),
            ...(logSet === undefined ? {} : { logSet }),
          }),
        );
      } catch (failure) {
        throw failed(failure, "UploadOtlpLogs");
      }
    },
    async probe(signal) {
      let onboarded: boolean;
      let logSets: boolean | undefined;
      try {
        const { result } = await call(signal, () => client.getNamespace({ namespaceName }));
        onboarded = result.namespace.isOnboarded;
        logSets = result.namespace.isLogSetEnabled;
      } catch (failure) {
        throw failed(failure, "GetNamespace", false);
      }
      if (!onboarded) {
        const advice = "open Log Analytics in the console once and choose Start Using Log Analytics";
        throw new PermanentError("not-onboarded", `namespace ${namespaceName} has no Log Analytics yet: ${advice}`);
      }
      if (logSets === true && logSet === undefined) {
        throw new PermanentError("log-set-missing", `namespace ${namespaceName} has log sets enabled: give one as logSet`);
      }
      return `Log Analytics namespace ${namespaceName} at ${new URL(client.endpoint).host}; the log group is tried by the first upload`;
    },
    close,
  };
}

/**
 * What the service says of a missing permission and of a log group that is not there is the same: 404. Both heal when the operator
 * puts them right, and the records wait in the bucket until then; a payload that is refused (400) stays refused.
 */
function explain(
  { statusCode: status, serviceCode }: { statusCode: number; serviceCode: string },
  identity: OciIdentity,
  upload: boolean,
): Explanation | undefined {
  if (status === 403 || status === 404) {
    const permission = upload
      ? "{LOG_ANALYTICS_LOG_GROUP_UPLOAD_LOGS} in compartment <the log group's compartment>"
      : "read loganalytics-features-family in tenancy";
    const check = upload ? "check namespace, logGroupId and the region" : "check namespace and region";
    const advice = `${check}; the policy that is needed: ${policyStatement(identity, permission)}`;
    return { code: "not-authorized", advice, permanent: false };
  }
  if (serviceCode === "InvalidatedRetryToken")
    return { code: "stale-token", advice: "it is sent again under a new token", permanent: false };
  if (status !== 400) return undefined;
  const advice = "check that the log source exists (`flowferry content install`), and logGroupId and logSet";
  return { code: "refused", advice, permanent: true };
}
