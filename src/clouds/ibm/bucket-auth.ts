import type { TokenAuth } from "../../intake/s3/options.ts";
import { checkTokenUrl, type IbmIamOptions, ibmIamOptions } from "./iam-options.ts";

/** Access to a bucket by an IBM Cloud API key. */
export const ibmIam: TokenAuth<IbmIamOptions> = {
  options: ibmIamOptions,
  check: checkTokenUrl,
  open: async (options, surroundings) => (await import("./iam.ts")).ibmIamTokens(options, surroundings),
};
