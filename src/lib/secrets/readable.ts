import { UsageError } from "../errors.ts";
import { isReadable } from "../urls.ts";
import { isSecretName } from "./of-url.ts";

/** Throws UsageError, without a value in it, for credentials that would go over plain http to another machine. `option` gave the URL. */
export function refuseReadable(option: string, url: URL, headers: Readonly<Record<string, string>>): void {
  if (!isReadable(url)) return;
  const header = Object.entries(headers).find(([name, value]) => isSecretName(name) || hasScheme(value))?.[0];
  const parameter = [...url.searchParams.keys()].find(isSecretName);
  if (header !== undefined) throw insecure(option, url, `the header ${JSON.stringify(header)}`);
  if (parameter !== undefined) throw insecure(option, url, `the parameter ${JSON.stringify(parameter)}`);
}

/** The refusal to send something that can be read on its way. */
export function insecure(option: string, { origin }: URL, what: string): UsageError {
  return new UsageError("insecure", `${option}: ${origin} would send ${what} unencrypted: use https, or set allowInsecure: true`);
}

/** `Bearer …` and its kin. */
function hasScheme(value: string): boolean {
  return /^\s*(?:Bearer|Basic|Digest|Token|Api-?Key|Splunk)\s+\S/i.test(value);
}
