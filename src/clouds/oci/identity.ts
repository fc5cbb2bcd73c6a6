import type { AuthenticationDetailsProvider } from "oci-common";
import type { Secrets } from "../../lib/secrets/secrets.ts";

/** Where relative paths start, the environment, and who is told of secrets. */
export interface OciSurroundings {
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets?: Secrets | undefined;
}

/** Who signs the requests. */
export interface OciIdentity {
  /** Key and key id for the SDK's signer. */
  readonly provider: AuthenticationDetailsProvider;
  /** Makes sure that key and token are there and not about to expire. To be awaited before each signature. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Gets a newer token than the refused one; false if there is none, so that the refusal stands. */
  renew(refusedKeyId: string, signal: AbortSignal): Promise<boolean>;
  /** The principal's own region: known, unknown, or to be asked for. */
  readonly region: string | undefined | ((signal: AbortSignal) => Promise<string>);
  /** What to look at when the service refuses the signature. */
  readonly authenticationAdvice: string;
  /** Who the policy has to name that is missing when access is refused, and under which conditions. */
  readonly policy: { readonly subject: string; readonly conditions: readonly string[] };
  close(): Promise<void>;
}
