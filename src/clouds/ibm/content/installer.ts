import { differences } from "../../../install/differences.ts";
import {
  actionFor,
  Conflict,
  type Installation,
  type Installer,
  keyOf,
  lookAll,
  refused,
  type Step,
  stepOrConflict,
} from "../../../install/step.ts";
import { Failure } from "../../../lib/errors.ts";
import type { CloudLogsApi } from "./api.ts";
import type { CloudLogsContent, Named } from "./content.ts";

type Found = Readonly<Record<string, unknown>>;

/** A kind of thing that the instance keeps, by the path of its API. */
interface Kind {
  readonly kind: string;
  readonly path: string;
  /** Member of a listing's answer; undefined for a kind without a listing, whose things have ids that we choose (`href`). */
  readonly list: string | undefined;
  /** Whether what has our name is ours. */
  isOwn(found: Found): boolean;
}

const ALERTS: Kind = {
  kind: "alert definition",
  path: "/v1/alert_definitions",
  list: "alert_definitions",
  isOwn: ({ entity_labels }) => (entity_labels as Found | undefined)?.["managed-by"] === "flowferry",
};
/** These have no labels: their names say whose they are. */
const VIEWS: Kind = { kind: "view", path: "/v1/views", list: "views", isOwn: () => true };
const DASHBOARDS: Kind = { kind: "dashboard", path: "/v1/dashboards", list: undefined, isOwn: () => true };

const WEBHOOK = "outgoing webhook";

/** What is installed into one instance of IBM Cloud Logs. */
export function cloudLogsInstallation(api: CloudLogsApi, content: CloudLogsContent, webhook: number | undefined): Installation {
  const group = (kind: Kind, wanted: readonly Named[], needs: readonly string[] = []): Installer =>
    kindInstaller(api, kind, wanted, needs);
  const told = webhook === undefined ? [] : [keyOf({ kind: WEBHOOK, name: String(webhook) })];
  const webhooks: Installer = {
    what: "outgoing webhooks",
    steps: async (signal) =>
      webhook === undefined || content.alerts.length === 0 ? [] : [await webhookStep(api, webhook, signal)],
    removal: async () => [],
  };
  const inOrder = [
    group(VIEWS, content.views),
    group(DASHBOARDS, content.dashboards),
    webhooks,
    group(ALERTS, content.alerts, told),
  ];
  return {
    steps: (signal) => lookAll(inOrder, (one) => one.steps(signal)),
    removal: (signal) => lookAll(inOrder.toReversed(), (one) => one.removal(signal)),
    close: () => api.close(),
  };
}

/** Looks whether there is such a webhook; it is made in the console, with what it tells. */
async function webhookStep(api: CloudLogsApi, webhook: number, signal: AbortSignal): Promise<Step> {
  const name = String(webhook);
  const all = listOf(await api.call("GET", "/v1/outgoing_webhooks", signal), "outgoing_webhooks");
  const there = all.some(({ external_id }) => external_id === webhook);
  if (there) return { kind: WEBHOOK, name, action: "none", differences: [], run: async () => undefined };
  const known = all.map(({ external_id, name }) => `${external_id} (${name})`).join(", ");
  const message = `there is no outgoing webhook with the external_id ${webhook}; there are: ${known === "" ? "none" : known}`;
  return refused(WEBHOOK, name, new Failure("person", "webhook-missing", message));
}

function kindInstaller(api: CloudLogsApi, of: Kind, wanted: readonly Named[], needs: readonly string[]): Installer {
  const { kind, path, list } = of;
  /** Ids by name: of our own before others'. */
  const idsOf = async (signal: AbortSignal): Promise<Map<string, string>> => {
    const ids = new Map<string, string>();
    if (list === undefined) {
      for (const { name, href } of wanted) {
        if (await api.orAbsent("GET", `${path}/${href}`, signal)) ids.set(name, String(href));
      }
      return ids;
    }
    const all = listOf(await api.call("GET", path, signal), list);
    for (const one of all.toSorted((a, b) => Number(of.isOwn(a)) - Number(of.isOwn(b)))) ids.set(String(one.name), idOf(one));
    return ids;
  };
  const stepOf = async (one: Named, id: string | undefined, signal: AbortSignal): Promise<Step> => {
    const { name } = one;
    // A listing may leave out what a thing is made of.
    const found = id === undefined ? undefined : await api.call("GET", `${path}/${id}`, signal);
    if (found !== undefined && !of.isOwn(found)) {
      throw new Conflict("content-conflict", "something that flowferry did not make is called so: rename or delete it");
    }
    const changed = found === undefined ? [] : differences(one, found);
    let notice: string | undefined;
    return {
      kind,
      name,
      action: actionFor(found, changed),
      differences: changed,
      needs,
      async run(signal) {
        if (id !== undefined) {
          await api.call("PUT", `${path}/${id}`, signal, one);
          return;
        }
        const made = await api.call("POST", path, signal, one);
        if (list === undefined && made.href !== one.href) {
          notice = `${kind} "${name}" has the id ${made.href} instead of ${one.href}: delete it before you install again`;
        }
      },
      notice: () => notice,
    };
  };
  return {
    what: `${kind}s`,
    async steps(signal) {
      if (wanted.length === 0) return [];
      const ids = await idsOf(signal);
      const steps: Step[] = [];
      for (const one of wanted) steps.push(await stepOrConflict(kind, one.name, () => stepOf(one, ids.get(one.name), signal)));
      return steps;
    },
    async removal(signal) {
      const ids = wanted.length === 0 ? new Map<string, string>() : await idsOf(signal);
      const steps: Step[] = [];
      for (const { name } of wanted) {
        const id = ids.get(name);
        const found = id === undefined ? undefined : await api.orAbsent("GET", `${path}/${id}`, signal);
        if (found === undefined || !of.isOwn(found)) continue;
        const run = async (signal: AbortSignal): Promise<void> => {
          await api.orAbsent("DELETE", `${path}/${id}`, signal);
        };
        steps.push({ kind, name, action: "delete", differences: [], run });
      }
      return steps;
    },
  };
}

/** The objects of a listing. Throws a Failure for an answer that is none. */
function listOf(answer: Found, name: string): Found[] {
  const list = answer[name];
  if (!Array.isArray(list)) throw new Failure("not-understood", "ibm-cloud-logs-bad-answer", `a listing has no ${name}`);
  return list as Found[];
}

/** Views are numbered. */
function idOf({ id }: Found): string {
  if (typeof id === "string" || typeof id === "number") return encodeURIComponent(id);
  throw new Failure("not-understood", "ibm-cloud-logs-bad-answer", "a listing names something without its id");
}
