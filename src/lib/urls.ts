import { type ZodType, z } from "zod";

/** A URL as it may be shown: without user, password, query and fragment. */
export function shownUrl(text: string | URL): string {
  if (!URL.canParse(String(text))) return "(not a URL)";
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}

/** A URL that holds no user and no password; `instead` says where those belong. */
export function urlWithoutUser(schema: ZodType<string, string>, instead: string): ZodType<string, string> {
  return schema.refine((text) => !hasUser(text), `a user and a password have no place in this URL: ${instead}`);
}

function hasUser(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}

/** Whether what is sent to the URL can be read on its way: plain http to another machine. */
export function isReadable({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && !isLoopback(hostname);
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The option of a part that sends credentials. */
export const allowInsecure = z
  .boolean()
  .default(false)
  .describe("Send credentials over plain http to another machine, where whoever is on the way can read them");
