import { createHmac, hash } from "node:crypto";

/** What a request is signed with. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

const EMPTY = hash("sha256", "");

/**
 * Signs requests for something, without a query and a body, by Signature Version 4 of AWS for the service `s3` of this region. The key of a
 * day is derived once. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function s3Signer(region: string) {
  let derived: { readonly of: string; readonly key: Buffer } | undefined;

  const keyOf = (secret: string, day: string): Buffer => {
    const of = `${day} ${secret}`;
    if (derived?.of === of) return derived.key;
    let key = hmac(`AWS4${secret}`, day);
    for (const step of [region, "s3", "aws4_request"]) key = hmac(key, step);
    derived = { of, key };
    return key;
  };

  /**
   * The headers with those of the signature. All are signed; their names are in lower case, and `host` is among them. `path` is encoded, `now` in
   * ms since the epoch.
   */
  return (path: string, given: Readonly<Record<string, string>>, keys: Keys, now: number): Record<string, string> => {
    const time = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
    const day = time.slice(0, 8);
    const headers: Record<string, string> = { ...given, "x-amz-content-sha256": EMPTY, "x-amz-date": time };
    if (keys.sessionToken !== undefined) headers["x-amz-security-token"] = keys.sessionToken;
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join("");
    const signed = names.join(";");
    const scope = `${day}/${region}/s3/aws4_request`;
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash("sha256", `GET\n${path}\n\n${lines}\n${signed}\n${EMPTY}`)}`;
    const signature = hmac(keyOf(keys.secretAccessKey, day), text).toString("hex");
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return headers;
  };
}

/** As the signature wants a text in a URL: RFC 3986. The characters of `but` stand. */
export function encoded(text: string, but: "" | "/" = ""): string {
  if (/^[\w.~-]*$/.test(text)) return text;
  if (but !== "")
    return text
      .split(but)
      .map((part) => encoded(part))
      .join(but);
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
