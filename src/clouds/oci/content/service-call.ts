import type { OciError } from "oci-common";
import type { Step } from "../../../install/step.ts";
import { drawerOfStatus } from "../../../lib/http/failures.ts";
import { type RetryPolicy, retryWithin } from "../../../lib/retry.ts";
import type { OciConnection } from "../connection.ts";
import { type Explanation, isAbsent, ociError, policyStatement } from "../errors.ts";

const POLICY: RetryPolicy = { initialMs: 500, maxMs: 5_000 };

/**
 * Runs a call of a client, and resolves to what `request` makes of the answer. What passes or is not understood is tried again for a while;
 * anything else ends with one line, which names the policy where one is missing. `request` throws a TypeError for an answer that lacks what
 * belongs into it.
 */
export interface ServiceCall {
  <T>(operation: string, signal: AbortSignal, request: () => Promise<T>): Promise<T>;
  /** Resolves to undefined for what is not there. */
  orAbsent<T>(operation: string, signal: AbortSignal, request: () => Promise<T>): Promise<T | undefined>;
}

interface ServiceCallOptions {
  /** As in `of namespace mytenancy`. */
  readonly place: string;
  /** Permissions of which one is missing when the service refuses, as in `manage management-dashboard-family in compartment X`. */
  readonly permission: string | readonly string[];
  /** The meaning of other refusals that only this service's calls have; 401 is none of them. */
  readonly explain?: (refusal: OciError) => Explanation | undefined;
  /** What may be wrong where the service knows nothing of the kind, as in `the sink's namespace and region`. */
  readonly check?: string;
  /** How long what may heal is tried again. */
  readonly patienceMs: number;
}

/** Calls with the project's retries and errors. */
export function serviceCall<Client extends { endpoint: string }>(
  { client, identity, ask }: OciConnection<Client>,
  { place, permission, check, patienceMs, explain }: ServiceCallOptions,
): ServiceCall {
  const policies = [permission].flat().map((one) => policyStatement(identity, one));
  const denied: Explanation = {
    code: "not-authorized",
    advice: `the ${policies.length === 1 ? "policy that is" : "policies that are"} needed: ${policies.join("; ")}`,
    drawer: "person",
  };
  // The service says the same of what is not there and of what may not be seen.
  const absent: Explanation = check === undefined ? denied : { ...denied, advice: `check ${check}; ${denied.advice}` };
  const run = async <T>(
    operation: string,
    signal: AbortSignal,
    request: () => Promise<T>,
    mayBeAbsent: boolean,
  ): Promise<T | undefined> => {
    const attempt = async (within: AbortSignal): Promise<T | undefined> => {
      try {
        return (await ask(within, request)).result;
      } catch (failure) {
        if (mayBeAbsent && isAbsent(failure)) return undefined;
        throw ociError(failure, {
          operation,
          place,
          endpoint: client.endpoint,
          identity,
          explain: (refused) => {
            const { statusCode } = refused;
            const known = statusCode === 403 ? denied : statusCode === 404 ? absent : undefined;
            return explain?.(refused) ?? known;
          },
          drawer: drawerOfStatus,
        });
      }
    };
    return retryWithin(patienceMs, `${operation} ${place}`, attempt, POLICY, signal);
  };
  const strict = (async (operation, signal, request) => run(operation, signal, request, false)) as ServiceCall;
  strict.orAbsent = (operation, signal, request) => run(operation, signal, request, true);
  return strict;
}

/**
 * Deletes something. That it is not there is no failure, since the answer to an earlier attempt may have been lost; but the service says
 * the same of what must not be touched, so it is looked for again.
 */
export function removing(
  call: ServiceCall,
  operation: string,
  request: () => Promise<object>,
  { isThere }: { readonly isThere: (signal: AbortSignal) => Promise<boolean> },
): Step["run"] {
  return async (signal) => {
    const done = await call.orAbsent(operation, signal, request);
    if (done === undefined && (await isThere(signal))) await call(operation, signal, request);
  };
}

/** Names of groups that others hang on: what could not be looked at is not known to be gone. */
export const GROUPS = { tasks: "scheduled tasks", subscription: "subscription", alarms: "alarms" } as const;
