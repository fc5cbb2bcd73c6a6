import { describeError, PermanentError } from "../errors.ts";
import type { OciConnection } from "../oci/connection.ts";
import { ociError, policyStatement, refusalOf } from "../oci/errors.ts";
import { type RetryPolicy, retry } from "../retry.ts";

const POLICY: RetryPolicy = { initialMs: 500, maxMs: 5_000 };

/** Runs a call of a client; resolves to undefined for what is not there, if `absent` says that it may not be. */
export interface ServiceCall {
  <T>(operation: string, signal: AbortSignal, request: () => Promise<T>): Promise<T>;
  orAbsent<T>(operation: string, signal: AbortSignal, request: () => Promise<T>): Promise<T | undefined>;
}

interface ServiceCallOptions {
  /** As in `of namespace mytenancy`. */
  readonly place: string;
  /** Permission that is missing when the service refuses, as in `manage management-dashboard-family in compartment X`. */
  readonly permission: string;
  /** How long what may heal is tried again. */
  readonly patienceMs: number;
}

/** Calls with the project's retries and errors. */
export function serviceCall<Client extends { endpoint: string }>(
  { client, identity, call }: OciConnection<Client>,
  { place, permission, patienceMs }: ServiceCallOptions,
): ServiceCall {
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
        return (await call(within, request)).result;
      } catch (failure) {
        if (mayBeAbsent && refusalOf(failure)?.statusCode === 404) return undefined;
        throw ociError(failure, {
          operation,
          place,
          endpoint: client.endpoint,
          identity,
          explain: ({ statusCode }) =>
            statusCode === 403 || statusCode === 404
              ? {
                  code: "not-authorized",
                  advice: `the policy that is needed: ${policyStatement(identity, permission)}`,
                  permanent: true,
                }
              : undefined,
        });
      }
    };
    try {
      return await retry(attempt, POLICY, within, ({ error }) => {
        last = error;
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!late.aborted) throw error;
      const seconds = Math.round(patienceMs / 1000);
      throw new PermanentError("no-success", `given up after ${seconds} s: ${describeError(last ?? error)}`, { cause: last });
    }
  };
  const strict = (async (operation, signal, request) => run(operation, signal, request, false)) as ServiceCall;
  strict.orAbsent = (operation, signal, request) => run(operation, signal, request, true);
  return strict;
}
