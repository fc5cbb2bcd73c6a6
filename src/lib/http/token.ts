import { createHash, timingSafeEqual } from "node:crypto";

/** Whether both texts are the same, in a time that does not tell where they differ. */
export function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Whether the header `authorization` is `Bearer <token>`, or Basic with the token as its password. */
export function presents(token: string, authorization = ""): boolean {
  const [, scheme = "", value = ""] = /^(bearer|basic) (\S+)$/i.exec(authorization) ?? [];
  const given = /^basic$/i.test(scheme)
    ? Buffer.from(value, "base64")
        .toString()
        .replace(/^[^:]*:/, "")
    : value;
  return isSame(given, token);
}
