import { addCredentials, isSecretName } from "./of-url.ts";
import type { Secrets } from "./secrets.ts";
import { isWordy } from "./words.ts";

/** Adds the value of a request header: as it stands, the token after the scheme, and what Basic is made of. */
export function addHeader(secrets: Secrets, name: string, value: string): void {
  if (PUBLIC_HEADER.test(name)) return;
  const [, scheme = "", token] = /^\s*([A-Za-z][\w-]*)\s+(\S.*?)\s*$/.exec(value) ?? [];
  if (token === undefined && !isSecretName(name) && isWordy(value)) {
    secrets.addWords(value, name);
    return;
  }
  secrets.add(value, name);
  if (token === undefined) return;
  secrets.add(token, name);
  if (/^basic$/i.test(scheme)) addCredentials(secrets, Buffer.from(token, "base64").toString());
}

/** Headers whose values are the vocabulary of HTTP. */
const PUBLIC_HEADER = /^(?:accept(?:-.*)?|content-.*|cache-control|user-agent|connection|host)$/i;
