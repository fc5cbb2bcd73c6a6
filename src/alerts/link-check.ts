import type { AlertLink } from "../contracts/alert.ts";
import { codeOf, describeError } from "../lib/errors.ts";
import { proxyAgent } from "../lib/http/proxy-agent.ts";
import { type LinkTemplates, linksOf } from "./links.ts";

const TIMEOUT_MS = 5_000;
/** Answers of pages that are there: who asks without a browser may not see them, or not by HEAD. */
const PRESENT = new Set([401, 403, 405, 429, 501]);
/** A name that is not found, which is so for all its pages. */
const NAMELESS = new Set(["ENOTFOUND", "EAI_AGAIN"]);
/** What is put into placeholders, so that a search asks for an example; addresses of documentation (RFC 5737). */
const EXAMPLE = {
  key: "check",
  title: "",
  level: "informational",
  summary: "",
  facts: [],
  labels: {},
  subject: { source: "192.0.2.1", destination: "192.0.2.2", port: "443", uid: "check", object: "check" },
} as const;

/** One that leads nowhere, and why. */
export interface DeadLink extends AlertLink {
  readonly reason: string;
}

export interface CheckedLinks {
  readonly asked: number;
  readonly dead: readonly DeadLink[];
}

/**
 * Asks once for each link of the templates (HEAD, without credentials, at most five seconds) as an alert of one of these rules would have it.
 * Rejects with the signal's reason alone.
 */
export async function checkLinks(
  templates: LinkTemplates,
  rules: readonly { readonly name: string; readonly runbook: string | undefined }[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<CheckedLinks> {
  const now = Date.now();
  const links = new Map<string, AlertLink>();
  for (const { name, runbook } of rules) {
    // The templates' own links differ by the rule alone: one stands for all.
    const of = links.size === 0 ? templates : { ...templates, links: [] };
    for (const link of linksOf(of, { ...EXAMPLE, rule: name, runbook, firstSeen: now, lastSeen: now })) links.set(link.url, link);
  }
  const all = [...links.values()];
  if (all.length === 0) return { asked: 0, dead: [] };
  const agent = proxyAgent(env, { connections: 16 });
  try {
    const hosts = Map.groupBy(all, ({ url }) => URL.parse(url)?.host);
    const dead = await Promise.all([...hosts.values()].map((links) => deadOf(links, agent, signal)));
    signal.throwIfAborted();
    return { asked: all.length, dead: dead.flat() };
  } finally {
    await agent.destroy();
  }
}

/** Those of one host that lead nowhere. A name that is not found is looked up for the first alone. */
async function deadOf(
  links: readonly AlertLink[],
  dispatcher: ReturnType<typeof proxyAgent>,
  signal: AbortSignal,
): Promise<DeadLink[]> {
  const ask = ({ url }: AlertLink): Promise<Found> => answerOf(url, dispatcher, signal);
  const [first] = await Promise.all(links.slice(0, 1).map(ask));
  const others = links.slice(1);
  const found = [first, ...(first?.nameless ? others.map(() => first) : await Promise.all(others.map(ask)))];
  return links.flatMap((link, index) => {
    const reason = found[index]?.reason;
    return reason === undefined ? [] : [{ ...link, reason }];
  });
}

interface Found {
  /** Why the address leads nowhere; undefined where something answers. */
  readonly reason: string | undefined;
  readonly nameless: boolean;
}

async function answerOf(url: string, dispatcher: ReturnType<typeof proxyAgent>, signal: AbortSignal): Promise<Found> {
  const { request } = await import("undici");
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const { statusCode, body } = await request(url, {
      method: "HEAD",
      dispatcher,
      signal: AbortSignal.any([signal, timeout]),
    });
    await body.dump();
    const present = statusCode < 400 || PRESENT.has(statusCode);
    return { reason: present ? undefined : `answers ${statusCode}`, nameless: false };
  } catch (error) {
    if (timeout.aborted) return { reason: `no answer within ${TIMEOUT_MS / 1000} s`, nameless: false };
    return { reason: describeError(error), nameless: NAMELESS.has(codeOf(error)) };
  }
}
