import type { AlertLink } from "../contracts/alert.ts";
import { describeError } from "../lib/errors.ts";
import { proxyAgent } from "../lib/http/proxy-agent.ts";
import { type LinkTemplates, linksOf } from "./links.ts";

const TIMEOUT_MS = 5_000;
/** Answers of pages that are there: who asks without a browser may not see them, or not by HEAD. */
const PRESENT = new Set([401, 403, 405, 429, 501]);
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
    const reasons = await Promise.all(all.map(({ url }) => reasonOf(url, agent, signal)));
    signal.throwIfAborted();
    const dead = all.flatMap((link, index) => (reasons[index] === undefined ? [] : [{ ...link, reason: reasons[index] }]));
    return { asked: all.length, dead };
  } finally {
    await agent.destroy();
  }
}

/** Why the address leads nowhere; undefined where something answers. */
async function reasonOf(
  url: string,
  dispatcher: ReturnType<typeof proxyAgent>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { request } = await import("undici");
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const { statusCode, body } = await request(url, {
      method: "HEAD",
      dispatcher,
      signal: AbortSignal.any([signal, timeout]),
    });
    await body.dump();
    return statusCode < 400 || PRESENT.has(statusCode) ? undefined : `answers ${statusCode}`;
  } catch (error) {
    return timeout.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : describeError(error);
  }
}
