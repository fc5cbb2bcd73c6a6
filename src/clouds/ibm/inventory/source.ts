import { request } from "undici";
import { z } from "zod";
import { DEFAULT_TIMING } from "../../../enrich/inventory/options.ts";
import type { InventorySource, Listing, OwnerKind } from "../../../enrich/inventory/source.ts";
import type { NetworkSurroundings } from "../../../enrich/rules/cloud.ts";
import { Document } from "../../../enrich/rules/document.ts";
import { describeError, Failure, FlowferryError } from "../../../lib/errors.ts";
import { parseJson, readBody, textOf } from "../../../lib/http/answers.ts";
import { drawerOfStatus, networkFailure, readRetryAfter } from "../../../lib/http/failures.ts";
import { proxyAgent } from "../../../lib/http/proxy-agent.ts";
import { insecure } from "../../../lib/secrets/readable.ts";
import { isReadable, shownUrl } from "../../../lib/urls.ts";
import { ibmIamTokens } from "../iam.ts";
import type { IbmInventoryOptions } from "./options.ts";
import { IbmInventoryReader } from "./reader.ts";

/** The version of the API that the requests are of. */
const VERSION = "2026-01-13";
const PAGE_SIZE = 100;
const MOST_PAGES = 10_000;
const TIMEOUT_MS = 60_000;
/** What is listed, and whose owners are not known without it. Each needs the role Viewer on VPC Infrastructure Services. */
const LISTS: Readonly<Record<string, OwnerKind>> = {
  instances: "instance",
  virtual_network_interfaces: "instance",
  floating_ips: "instance",
  load_balancers: "load-balancer",
  public_gateways: "gateway",
  vpn_gateways: "gateway",
  endpoint_gateways: "gateway",
};

const pageSchema = z.looseObject({ next: z.object({ href: z.string() }).nullish() });
const refusalSchema = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string() })).min(1) });

/** The inventory of IBM Cloud's VPCs. Asks nothing yet. Throws UsageError for an endpoint that would get the token in the clear. */
export async function ibmInventory(options: IbmInventoryOptions, surroundings: NetworkSurroundings): Promise<InventorySource> {
  const { files, cache, api } = options;
  const read = (documents: readonly Document[]) => {
    const reader = new IbmInventoryReader();
    for (const document of documents) reader.document(document);
    return reader.owned();
  };
  const common = { cloud: "ibm", cache, files, read };
  if (api === undefined) return { ...common, ...DEFAULT_TIMING, list: undefined, close: async () => {} };
  const base = (api.endpoint ?? `https://${api.region}.iaas.cloud.ibm.com`).replace(/\/+$/, "");
  if (!api.allowInsecure && isReadable(new URL(base))) {
    throw insecure("enrich.ibm.inventory.api.endpoint", new URL(base), "the token");
  }
  const tokens = ibmIamTokens(api.auth, surroundings);
  const dispatcher = proxyAgent(surroundings.env, { connect: { timeout: TIMEOUT_MS }, maxResponseSize: 64 * 1024 ** 2 });

  const page = async (list: string, start: string | undefined, signal: AbortSignal): Promise<Record<string, unknown>> => {
    const url = new URL(`${base}/v1/${list}`);
    const query = { version: VERSION, generation: "2", limit: String(PAGE_SIZE), ...(start !== undefined && { start }) };
    url.search = new URLSearchParams(query).toString();
    const token = await tokens.token();
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
      const { statusCode, headers: given, body } = await request(url, { dispatcher, headers, signal: limit });
      const header = (name: string): string | undefined => [given[name]].flat()[0];
      const answer = parseJson(textOf(await readBody(body, header("content-encoding"), limit)));
      if (statusCode !== 200) throw refusal(list, url, statusCode, answer, readRetryAfter(header("retry-after")), tokens.refused);
      const parsed = pageSchema.safeParse(answer);
      if (!parsed.success || !Array.isArray(parsed.data[list])) {
        throw new Failure("not-understood", "bad-answer", `${shownUrl(url)} answered without a list of ${list}: check endpoint`);
      }
      return parsed.data;
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof FlowferryError ? error : networkFailure("network", `List ${list}`, shownUrl(url), error);
    }
  };

  const listAll = async (list: string, signal: AbortSignal): Promise<unknown[]> => {
    const all: unknown[] = [];
    let start: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const answer = await page(list, start, signal);
      all.push(...(answer[list] as unknown[]));
      const { next } = answer as z.output<typeof pageSchema>;
      const following = next ? (new URL(next.href, base).searchParams.get("start") ?? undefined) : undefined;
      if (following === undefined) return all;
      if (following === start) break;
      start = following;
    }
    throw new Failure("not-understood", "bad-answer", `the listing of ${list} does not come to an end`);
  };

  const { lifetimeMs, waitMs, historyMs } = api;
  return {
    ...common,
    ...{ lifetimeMs, waitMs, historyMs },
    async list(signal, onFault): Promise<Listing> {
      const reader = new IbmInventoryReader();
      const failed = new Set<OwnerKind>();
      for (const [list, kind] of Object.entries(LISTS)) {
        try {
          const resources = await listAll(list, signal);
          const report = ({ place, reason }: { place: string; reason: string }) =>
            onFault(`${list}: ${place}: ${reason}; the rest is used`);
          const document = new Document(JSON.stringify(resources), report);
          for (const [index, value] of (document.value as unknown[]).entries()) reader.resource(document, value, [index]);
        } catch (error) {
          if (!(error instanceof Failure) || error.code !== "not-authorized") throw error;
          onFault(describeError(error));
          failed.add(kind);
        }
      }
      return { owned: reader.owned(), failed: [...failed] };
    },
    async close() {
      await tokens.close();
      await dispatcher.destroy();
    },
  };
}

function refusal(
  list: string,
  url: URL,
  status: number,
  answer: unknown,
  retryAfterMs: number | undefined,
  refused: () => void,
): Failure {
  const [first] = refusalSchema.safeParse(answer).data?.errors ?? [];
  const said = `List ${list}: ${shownUrl(url)} answered ${status}${first === undefined ? "" : ` ${first.code}: ${first.message}`}`;
  if (status === 401) {
    refused();
    return new Failure("person", "not-authenticated", `${said}: check enrich.ibm.inventory.api.auth`, { retryAfterMs });
  }
  if (status === 403) {
    const advice = "the service ID needs the role Viewer on VPC Infrastructure Services";
    return new Failure("person", "not-authorized", `${said}: ${advice}`, { retryAfterMs });
  }
  const drawer = drawerOfStatus(status) ?? "not-understood";
  const code = drawer === "passing" ? "service-unavailable" : "refused";
  return new Failure(drawer === "batch" ? "person" : drawer, code, said, { retryAfterMs });
}
