import { FlowferryError, PermanentError, RetryableError } from "../../errors.ts";
import { networkFailure, readRetryAfter } from "../../http-failures.ts";

export interface S3Call {
  /** `ListObjectsV2`, `GetObject <key>`. */
  readonly operation: string;
  readonly bucket: string;
  readonly endpoint: string;
}

/** What the SDK puts on the errors that it throws for an answer of the store. */
interface ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The store's answer in an error; undefined when there was none. */
export function statusOf(failure: unknown): number | undefined {
  return isServiceError(failure) ? failure.$metadata.httpStatusCode : undefined;
}

/**
 * The error of the contract for a failed call. What may heal is retryable, and that includes credentials and buckets that are not
 * there: a policy, a key or a bucket may come a moment later.
 */
export function s3Error(failure: unknown, call: S3Call): FlowferryError {
  if (failure instanceof FlowferryError) return failure;
  if (isServiceError(failure)) return serviceError(failure, call);
  if (failure instanceof Error && CREDENTIALS_ERRORS.has(failure.name)) {
    return new RetryableError("not-authenticated", `${call.operation}: no credentials were found: ${CREDENTIALS_ADVICE}`, {
      cause: failure,
    });
  }
  return networkFailure("network", `${call.operation} in bucket ${call.bucket}`, call.endpoint, failure);
}

const CREDENTIALS_ERRORS = new Set(["CredentialsProviderError", "ProviderError", "TokenProviderError"]);
const CREDENTIALS_ADVICE =
  "set accessKeyId and secretAccessKey, or auth, or what the AWS SDK looks for (AWS_ACCESS_KEY_ID, AWS_PROFILE, an instance role)";

function isServiceError(failure: unknown): failure is ServiceError {
  if (!(failure instanceof Error) || !("$metadata" in failure)) return false;
  return typeof (failure as ServiceError).$metadata?.httpStatusCode === "number";
}

function serviceError(cause: ServiceError, { operation, bucket, endpoint }: S3Call): FlowferryError {
  const { httpStatusCode: status, requestId } = cause.$metadata;
  const id = requestId === undefined ? "" : ` (request ${requestId})`;
  const said = [status, cause.name, cause.message === cause.name ? "" : cause.message.trim()].filter(Boolean).join(" ");
  const line = (advice: string) =>
    `${operation} in bucket ${bucket} at ${endpoint}: ${said}${id}${advice === "" ? "" : `; ${advice}`}`;
  const retryable = (code: string, advice: string) =>
    new RetryableError(code, line(advice), { cause, retryAfterMs: readRetryAfter(cause.$response?.headers?.["retry-after"]) });

  if (cause.name === "InvalidObjectState") {
    return new PermanentError(
      "object-archived",
      line("the object is in an archive class: restore it, then replay its dead letter"),
      { cause },
    );
  }
  const advice = ADVICE[cause.name];
  if (advice !== undefined) return retryable(...advice);
  if (status === 401) return retryable("not-authenticated", CREDENTIALS_ADVICE);
  if (status === 403)
    return retryable("not-authorized", `the credentials must be allowed to list the bucket and to get its objects`);
  if (status === 301 || status === 307) return retryable("wrong-region", "set region and endpoint to the bucket's");
  if (status === 404) return retryable("bucket-not-found", "check bucket and endpoint");
  if (status === 408 || status === 409 || status === 429 || status >= 500) return retryable("service-unavailable", "");
  return new PermanentError("refused", line(""), { cause });
}

/** By the code of the S3 error: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const ADVICE: Readonly<Record<string, [string, string]>> = {
  NoSuchBucket: ["bucket-not-found", "check bucket and endpoint"],
  InvalidAccessKeyId: [
    "not-authenticated",
    "the store does not know accessKeyId: check it, and that it belongs to this endpoint",
  ],
  SignatureDoesNotMatch: ["not-authenticated", "check secretAccessKey, and region if the store wants its own"],
  ExpiredToken: ["not-authenticated", "the session token has expired: renew the credentials"],
  InvalidToken: ["not-authenticated", "the session token is refused: renew the credentials"],
  RequestTimeTooSkewed: ["not-authenticated", "this machine's clock is off: start its time synchronisation"],
  AuthorizationHeaderMalformed: ["wrong-region", "set region to the bucket's"],
  PermanentRedirect: ["wrong-region", "set region and endpoint to the bucket's"],
  SlowDown: ["too-many-requests", ""],
};
