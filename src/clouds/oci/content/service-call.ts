import type { OciError } from "oci-common";
import type { Step } from "../../../install/step.ts";
import { describeError, drawerOf, Failure } from "../../../lib/errors.ts";
import { drawerOfStatus } from "../../../lib/http/failures.ts";
import { type RetryPolicy, retryBriefly } from "../../../lib/retry.ts";
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
  /** How long what may heal is tried again. */
  readonly patienceMs: number;
}

/** Calls with the project's retries and errors. */
export function serviceCall<Client extends { endpoint: string }>(
  { client, identity, ask }: OciConnection<Client>,
  { place, permission, patienceMs, explain }: ServiceCallOptions,
): ServiceCall {
  const policies = [permission].flat().map((one) => policyStatement(identity, one));
  const denied: Explanation = {
    code: "not-authorized",
    advice: `the ${policies.length === 1 ? "policy that is" : "policies that are"} needed: ${policies.join("; ")}`,
    drawer: "person",
  };
  const run = async <T>(
    operation: string,
    signal: AbortSignal,
    request: () => Promise<T>,
    mayBeAbsent: boolean,
  ): Promise<T | undefined> => {
    const late = AbortSignal.timeout(patienceMs);
    const within = AbortSignal.any([signal, late]);
    let last: unknown;
    const attempt = async (): Promise<T | undefined> => {
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
            return explain?.(refused) ?? (statusCode === 403 || statusCode === 404 ? denied : undefined);
          },
          drawer: drawerOfStatus,
        });
      }
    };
    try {
      return await retryBriefly(attempt, POLICY, within, ({ error }) => {
        last = error;
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!late.aborted) throw error;
      const seconds = Math.round(patienceMs / 1000);
      const message = `given up after ${seconds} s: ${describeError(last ?? error)}`;
      throw new Failure(last === undefined ? "passing" : drawerOf(last), "no-success", message, { cause: last });
    }
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
