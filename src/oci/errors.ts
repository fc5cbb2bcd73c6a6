import type { OciError } from "oci-common";
import { type FlowferryError, PermanentError, RetryableError } from "../errors.ts";
import { networkFailure } from "../http-failures.ts";
import type { OciIdentity } from "./identity.ts";
import { type Answer, OciCallFailure } from "./transport.ts";

const LONGEST_MESSAGE = 300;

/** What to make of a refusal that only this call can explain. */
export interface Explanation {
  /** Stable code of the error. */
  readonly code: string;
  /** What to do about it; may be empty. */
  readonly advice: string;
  readonly permanent: boolean;
}

export interface OciCall {
  /** What was asked for: `ListObjects`, `GetObject <key>`, `UploadLogEventsFile`. */
  readonly operation: string;
  /** Of what it was asked, as in `in bucket flows of namespace mytenancy`. */
  readonly place: string;
  readonly endpoint: string;
  readonly identity: OciIdentity;
  /**
   * The meaning of a refusal other than 401, by status and service code. Undefined leaves it to the common rules: 429, 408, 409 and
   * 5xx may heal, anything else is permanent.
   */
  explain(refusal: OciError): Explanation | undefined;
}

/** The error of the contract for a failed call. Failures of the network and refused signatures are retryable. */
export function ociError(failure: unknown, call: OciCall): Error {
  if (!(failure instanceof OciCallFailure)) return failure instanceof Error ? failure : new Error(String(failure));
  const refusal = refusalOf(failure);
  return refusal === undefined
    ? networkFailure("network", call.operation, call.endpoint, failure.cause)
    : serviceError(refusal, failure.answer, call);
}

/** What the service answered to a failed call, as the SDK's error; undefined if it did not answer. */
export function refusalOf(failure: unknown): OciError | undefined {
  const cause = failure instanceof OciCallFailure ? failure.cause : undefined;
  return cause instanceof Error && "statusCode" in cause && "serviceCode" in cause ? (cause as OciError) : undefined;
}

function serviceError(cause: OciError, answer: Answer | undefined, call: OciCall): FlowferryError {
  const { statusCode: status, serviceCode, opcRequestId } = cause;
  // A gateway answers with a page, the service with a sentence.
  cause.message = cause.message.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_MESSAGE);
  const { code, advice, permanent } = explanationOf(cause, call);
  const id = opcRequestId ? ` (opc-request-id ${opcRequestId})` : "";
  const said = `${call.operation} ${call.place}: ${status} ${serviceCode}: ${cause.message}${id}`;
  const line = advice === "" ? said : `${said}; ${advice}`;
  if (permanent) return new PermanentError(code, line, { cause });
  return new RetryableError(code, line, { cause, retryAfterMs: answer?.retryAfterMs });
}

function explanationOf(refusal: OciError, call: OciCall): Explanation {
  const { statusCode: status, message } = refusal;
  if (status === 401) return { code: "not-authenticated", advice: authenticationAdvice(message, call), permanent: false };
  const explained = call.explain(refusal);
  if (explained !== undefined) return explained;
  if (status === 429) return { code: "too-many-requests", advice: "", permanent: false };
  if (status === 408 || status === 409 || status >= 500) return { code: "service-unavailable", advice: "", permanent: false };
  return { code: "refused", advice: "", permanent: true };
}

function authenticationAdvice(message: string, { identity }: OciCall): string {
  const current = /not within allowed clock skew\. Current '([^']+)'/.exec(message)?.[1];
  if (current === undefined) return identity.authenticationAdvice;
  const behind = Math.round((Date.parse(current) - Date.now()) / 1000);
  const measure = `this machine's clock is ${Math.abs(behind)} s ${behind > 0 ? "behind" : "ahead"}`;
  return `${measure}, and OCI allows 300 s: start its time synchronisation (chronyd, systemd-timesyncd)`;
}

/** The statement that lets the identity do something, as in `Allow group X to read objects in compartment Y where …`. */
export function policyStatement({ policy }: OciIdentity, permission: string, where: readonly string[] = []): string {
  const all = [...where, ...policy.conditions];
  const conditions = all.length === 0 ? "" : ` where ${all.length === 1 ? all[0] : `all {${all.join(", ")}}`}`;
  return `Allow ${policy.subject} to ${permission}${conditions}`;
}
