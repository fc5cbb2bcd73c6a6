import { z } from "zod";
import { secret } from "../../lib/secrets/mark.ts";
import { insecure } from "../../lib/secrets/readable.ts";
import { allowInsecure, isReadable, urlWithoutUser } from "../../lib/urls.ts";

export const ibmIamOptions = z.strictObject({
  type: z.literal("ibm-iam").describe("An IBM Cloud API key, exchanged for tokens that are renewed before they expire"),
  apiKey: secret(z.string().min(1)).describe(
    "The API key of a user or a service ID; better as a variable of the environment than in the file",
  ),
  tokenUrl: urlWithoutUser(z.url(), "the key is apiKey")
    .default("https://iam.cloud.ibm.com/identity/token")
    .describe("Where the key is exchanged"),
  allowInsecure,
});

export type IbmIamOptions = z.output<typeof ibmIamOptions>;

/** Throws UsageError for a token URL that would send the key in the clear. */
export function checkTokenUrl({ tokenUrl, allowInsecure }: IbmIamOptions): void {
  const url = new URL(tokenUrl);
  if (!allowInsecure && isReadable(url)) throw insecure("auth.tokenUrl", url, "the key");
}
