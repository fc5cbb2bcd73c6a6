import { type Drawer, Failure, FlowferryError } from "../../lib/errors.ts";
import { drawerOfObjectStatus, drawerOfStatus, networkFailure, readRetryAfter } from "../../lib/http/failures.ts";

export interface S3Call {
  /** `ListObjectsV2`, `GetObject <key>`. */
  readonly operation: string;
  /** Whether it speaks of one object, or of the bucket. */
  readonly of: "object" | "bucket";
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

/** The failure of a failed call, by the code of the store's error, else by its status. */
export function s3Failure(failure: unknown, call: S3Call): FlowferryError {
  if (failure instanceof FlowferryError) return failure;
  if (isServiceError(failure)) return serviceFailure(failure, call);
  if (failure instanceof Error && CREDENTIALS_ERRORS.has(failure.name)) {
    const message = `${call.operation}: no credentials were found: ${CREDENTIALS_ADVICE}`;
    return new Failure("person", "not-authenticated", message, { cause: failure });
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

function serviceFailure(cause: ServiceError, call: S3Call): Failure {
  const { httpStatusCode: status, requestId } = cause.$metadata;
  const headers = cause.$response?.headers;
  const { drawer, code, advice } = BY_CODE[cause.name] ?? kmsMeaning(cause.name, call) ?? meaningOf(status, call);
  const id = requestId === undefined ? "" : ` (request ${requestId})`;
  const line = `${call.operation} in bucket ${call.bucket} at ${call.endpoint}: ${said(cause, headers?.["content-type"])}${id}`;
  return new Failure(drawer, code, advice === "" ? line : `${line}; ${advice}`, {
    cause,
    retryAfterMs: readRetryAfter(headers?.["retry-after"]),
  });
}

/** Names that the SDK gives to what is no error of the S3 protocol: a page, nothing, JSON. Its words then are about itself. */
const NAMES_OF_THE_SDK = new Set(["Error", "TypeError", "SyntaxError", "Unknown", "UnknownError", "NotFound"]);
const LONGEST_WORDS = 300;

/** Status, code and words of the store. */
function said(cause: ServiceError, type: string | undefined): string {
  const { httpStatusCode: status } = cause.$metadata;
  if (NAMES_OF_THE_SDK.has(cause.name)) return `${status} with a body that is not of the S3 protocol (${type ?? "of no type"})`;
  const words = cause.message === cause.name ? "" : cause.message.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_WORDS);
  return [status, cause.name, words].filter(Boolean).join(" ");
}

interface Meaning {
  readonly drawer: Drawer;
  /** Stable code of the failure. */
  readonly code: string;
  readonly advice: string;
}

const passing = (code: string): Meaning => ({ drawer: "passing", code, advice: "" });
const person = (code: string, advice: string): Meaning => ({ drawer: "person", code, advice });
const object = (code: string, advice: string): Meaning => ({ drawer: "object", code, advice });

function meaningOf(status: number, { of }: S3Call): Meaning {
  if (of === "object" && drawerOfObjectStatus(status) === "object") {
    if (status === 403)
      return object("object-denied", "its owner, a policy or its key forbids it: allow the credentials to get it");
    if (status === 404) return object("object-missing", "the listing still names it: a store may show an object late");
    return object("object-refused", "");
  }
  const drawer = drawerOfStatus(status);
  if (drawer === "passing") return passing(status === 429 ? "too-many-requests" : "service-unavailable");
  if (drawer === undefined || drawer === "not-understood") {
    return { drawer: "not-understood", code: "bad-answer", advice: "check endpoint, and what stands between" };
  }
  if (status === 401) return person("not-authenticated", CREDENTIALS_ADVICE);
  if (status === 403)
    return person("not-authorized", "the credentials must be allowed to list the bucket and to get its objects");
  if (status < 400) return person("wrong-region", "set region and endpoint to the bucket's");
  if (status === 404) return person("bucket-not-found", "check bucket and endpoint");
  // A listing brings nothing that could be wrong but how it is asked for.
  return person("refused", "check bucket, endpoint and region");
}

/** A key of encryption that is switched off or deleted is the trouble of the objects that it encrypts. */
function kmsMeaning(name: string, { of }: S3Call): Meaning | undefined {
  if (of === "bucket" || !/^kms/i.test(name) || /throttl|unavailable|internal/i.test(name)) return undefined;
  return object("object-undecryptable", "the key that encrypts it has to be enabled, and the credentials allowed to use it");
}

/**
 * Where the code of the S3 error says more than the status: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList.
 * What it says of the bucket or of the credentials holds of each object, too.
 */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: person("bucket-not-found", "check bucket and endpoint"),
  InvalidBucketName: person("bucket-not-found", "check bucket"),
  AllAccessDisabled: person("not-authorized", "the store has disabled all access to the bucket"),
  AccountProblem: person("not-authorized", "there is a problem with the account: see what its provider says"),
  InvalidAccessKeyId: person(
    "not-authenticated",
    "the store does not know accessKeyId: check it, and that it belongs to this endpoint",
  ),
  SignatureDoesNotMatch: person("not-authenticated", "check secretAccessKey, and region if the store wants its own"),
  ExpiredToken: person("not-authenticated", "the session token has expired: renew the credentials"),
  InvalidToken: person("not-authenticated", "the session token is refused: renew the credentials"),
  TokenRefreshRequired: person("not-authenticated", "the session token has expired: renew the credentials"),
  RequestTimeTooSkewed: person("not-authenticated", "this machine's clock is off: start its time synchronisation"),
  RequestExpired: person("not-authenticated", "this machine's clock is off: start its time synchronisation"),
  AuthorizationHeaderMalformed: person("wrong-region", "set region to the bucket's"),
  PermanentRedirect: person("wrong-region", "set region and endpoint to the bucket's"),
  IllegalLocationConstraintException: person("wrong-region", "set region and endpoint to the bucket's"),
  SlowDown: passing("too-many-requests"),
  Throttling: passing("too-many-requests"),
  ThrottlingException: passing("too-many-requests"),
  RequestLimitExceeded: passing("too-many-requests"),
  // A 400 that says that this client was too slow.
  RequestTimeout: passing("service-unavailable"),
  InternalError: passing("service-unavailable"),
  InvalidObjectState: object("object-archived", "it is in an archive class: restore it, and it is read"),
};
