import type { OciError } from "oci-common";
import { codeOf, type Drawer, Failure } from "../../lib/errors.ts";
import { drawerOfStatus, networkFailure } from "../../lib/http/failures.ts";
import type { OciIdentity } from "./identity.ts";
import { type Answer, OciCallFailure, withoutSignature } from "./transport.ts";

const LONGEST_MESSAGE = 300;
/** What the SDK says of a refusal that is not in the form of the service. */
const NO_CODE = "None";

/** What to make of a refusal that only this call can explain. */
export interface Explanation {
  /** Stable code of the failure. */
  readonly code: string;
  /** What to do about it; may be empty. */
  readonly advice: string;
  readonly drawer: Drawer;
}

export interface OciCall {
  /** What was asked for: `ListObjects`, `GetObject <key>`, `UploadLogEventsFile`. */
  readonly operation: string;
  /** Of what it was asked, as in `in bucket flows of namespace mytenancy`. */
  readonly place: string;
  readonly endpoint: string;
  readonly identity: OciIdentity;
  /** The meaning of a refusal other than 401, by status and service code. Undefined leaves it to the common rules. */
  explain(refusal: OciError): Explanation | undefined;
  /**
   * The drawer by status, for what is not explained: `drawerOfStatus` for a call that brings records, `drawerOfObjectStatus` for one that
   * reads an object. By default the call brings nothing, and a 400 speaks of how it is asked, which a person has to put right.
   */
  readonly drawer?: ((status: number) => Drawer | undefined) | undefined;
}

/** Service codes of https://docs.oracle.com/iaas/Content/API/References/apierrors.htm that speak of the tenancy, below a 400. */
const OF_THE_TENANCY: ReadonlySet<string> = new Set(["LimitExceeded", "QuotaExceeded", "RelatedResourceNotAuthorizedOrNotFound"]);

/** The Failure of a failed call; what is none passes as it is. */
export function ociError(failure: unknown, call: OciCall): Error {
  if (!(failure instanceof OciCallFailure)) return failure instanceof Error ? failure : new Error(String(failure));
  const refusal = refusalOf(failure);
  if (refusal !== undefined) return serviceError(refusal, failure.answer, call);
  if (failure.answer !== undefined && codeOf(failure.cause) !== "UND_ERR_BODY_TIMEOUT") {
    return answerError(failure.cause, failure.answer, call);
  }
  return networkFailure("network", call.operation, call.endpoint, failure.cause);
}

/** What the service answered to a failed call, as the SDK's error; undefined if it did not answer. */
export function refusalOf(failure: unknown): OciError | undefined {
  const cause = failure instanceof OciCallFailure ? failure.cause : undefined;
  return cause instanceof Error && "statusCode" in cause && "serviceCode" in cause ? (cause as OciError) : undefined;
}

/** Whether the service says that there is no such thing; a 404 in other words comes from something in between. */
export function isAbsent(failure: unknown): boolean {
  const refusal = refusalOf(failure);
  return refusal?.statusCode === 404 && refusal.serviceCode !== NO_CODE;
}

/** There was an answer, and the SDK could make nothing of it: it breaks off, is a page, or lacks what belongs into it. */
function answerError(cause: unknown, { status, retryAfterMs }: Answer, call: OciCall): Failure {
  const byStatus = drawerOfStatus(status);
  const drawer = byStatus === "passing" || byStatus === "person" ? byStatus : "not-understood";
  const host = URL.canParse(call.endpoint) ? new URL(call.endpoint).host : call.endpoint;
  const message = `${call.operation} ${call.place}: ${host} answers ${status} with something other than the service's answer; check endpoint, and what stands between`;
  return new Failure(drawer, "bad-answer", message, { cause, retryAfterMs });
}

function serviceError(cause: OciError, answer: Answer | undefined, call: OciCall): Failure {
  const { statusCode: status, serviceCode, opcRequestId } = cause;
  // A gateway answers with a page, the service with a sentence.
  cause.message = withoutSignature(cause.message.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_MESSAGE));
  const { code, advice, drawer } = explanationOf(cause, call);
  const id = opcRequestId ? ` (opc-request-id ${opcRequestId})` : "";
  const said = `${call.operation} ${call.place}: ${status} ${serviceCode}: ${cause.message}${id}`;
  const line = advice === "" ? said : `${said}; ${advice}`;
  return new Failure(drawer, code, line, { cause, retryAfterMs: answer?.retryAfterMs, tooLarge: status === 413 });
}

function explanationOf(refusal: OciError, call: OciCall): Explanation {
  const { statusCode: status, serviceCode, message } = refusal;
  if (status === 401) return { code: "not-authenticated", advice: authenticationAdvice(message, call), drawer: "person" };
  if (status === 400 && OF_THE_TENANCY.has(serviceCode)) return { code: "refused", advice: "", drawer: "person" };
  const explained = call.explain(refusal);
  if (explained !== undefined) return explained;
  const drawer = (call.drawer ?? drawerOfAsking)(status) ?? "not-understood";
  const code = status === 429 ? "too-many-requests" : drawer === "passing" ? "service-unavailable" : "refused";
  return { code, advice: "", drawer };
}

function drawerOfAsking(status: number): Drawer | undefined {
  const drawer = drawerOfStatus(status);
  return drawer === "batch" ? "person" : drawer;
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
