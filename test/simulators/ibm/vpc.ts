import type { Reply } from "./iam.ts";

type Resource = Readonly<Record<string, unknown>>;

const LISTS = [
  "instances",
  "virtual_network_interfaces",
  "floating_ips",
  "load_balancers",
  "public_gateways",
  "vpn_gateways",
  "endpoint_gateways",
] as const;
type List = (typeof LISTS)[number];

/** The lists of the VPC API, by its reference: a version (a date), generation 2, pages of up to 100, the next one by the token in `next.href`. */
export class Vpc {
  readonly resources = Object.fromEntries(LISTS.map((list) => [list, [] as Resource[]])) as Record<List, Resource[]>;
  /** Lists that the service ID may not see. */
  readonly forbidden = new Set<string>();
  /** Paths and queries, in the order in which they were asked for. */
  readonly requests: string[] = [];

  /** Whether the path is of a list that there is; the simulator has other services behind the same endpoint. */
  serves(path: string): boolean {
    return LISTS.some((list) => path.split("?", 1)[0] === `/v1/${list}`);
  }

  answer(method: string | undefined, path: string, isAdmitted: boolean): Reply {
    this.requests.push(path);
    const url = new URL(path, "https://us-south.iaas.cloud.ibm.com");
    if (!isAdmitted) return refusal(401, "not_authenticated", "The token is not valid");
    const list = LISTS.find((name) => url.pathname === `/v1/${name}`);
    if (method !== "GET" || list === undefined) return refusal(404, "not_found", "The resource was not found");
    if (this.forbidden.has(list)) return refusal(403, "not_authorized", "The request is not authorized");
    const { version, generation, limit = "50", start = "0", ...unknown } = Object.fromEntries(url.searchParams);
    if (!/^20\d\d-\d\d-\d\d$/.test(version ?? "") || Date.parse(version ?? "") > Date.now()) {
      return refusal(400, "bad_field", "version is required: a date that is not in the future");
    }
    if (generation !== "2") return refusal(400, "bad_field", "generation has to be 2");
    if (!(Number(limit) >= 1 && Number(limit) <= 100)) return refusal(400, "bad_field", "limit has to be from 1 to 100");
    if (Object.keys(unknown).length > 0) return refusal(400, "bad_field", `unknown: ${Object.keys(unknown)}`);
    const [from, size] = [Number(start), Number(limit)];
    const all = this.resources[list];
    const next =
      from + size < all.length ? { next: { href: `${url.origin}/v1/${list}?limit=${limit}&start=${from + size}` } } : {};
    return { status: 200, body: { limit: size, ...next, total_count: all.length, [list]: all.slice(from, from + size) } };
  }
}

function refusal(status: number, code: string, message: string): Reply {
  return { status, body: { errors: [{ code, message }], trace: "t" } };
}
