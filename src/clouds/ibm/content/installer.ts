import { OURS } from "../../../dialects/ibm-cloud-logs/searches.ts";
import { differences } from "../../../install/differences.ts";
import {
  actionFor,
  allSteps,
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

/** Something that is there, as far as a listing tells. */
interface Thing {
  readonly id: string;
  readonly name: string;
  readonly own: boolean;
}

/** A kind of thing that the instance keeps, by the path of its API. */
interface Kind {
  readonly kind: string;
  readonly path: string;
  isOwn(found: Found): boolean;
  /** Those that are there; of a kind without a listing, those that may be ours. */
  things(api: CloudLogsApi, signal: AbortSignal): Promise<Thing[]>;
}

/** A kind whose things are listed in a member of the answer. */
function listed(kind: string, member: string, isOwn: Kind["isOwn"]): Kind {
  const path = `/v1/${member}`;
  return {
    kind,
    path,
    isOwn,
    things: async (api, signal) =>
      listOf(await api.call("GET", path, signal), member).map((one) => ({
        id: idOf(one),
        name: String(one.name),
        own: isOwn(one),
      })),
  };
}

const ALERTS = listed(
  "alert definition",
  "alert_definitions",
  ({ entity_labels }) => (entity_labels as Found | undefined)?.["managed-by"] === "flowferry",
);
/** These have no labels: their names say whose they are. */
const VIEWS = listed("view", "views", ({ name }) => String(name).startsWith(OURS));

/** The service has no listing of them, and takes ids of our choosing: what has one is ours. */
function dashboardsOf({ dashboards, formerDashboards }: CloudLogsContent): Kind {
  const path = "/v1/dashboards";
  return {
    kind: "dashboard",
    path,
    isOwn: () => true,
    async things(api, signal) {
      const there: Thing[] = [];
      for (const { id, name } of [...dashboards, ...formerDashboards])
        if (await api.orAbsent("GET", `${path}/${id}`, signal)) there.push({ id, name, own: true });
      return there;
    },
  };
}

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
    group(dashboardsOf(content), content.dashboards),
    webhooks,
    group(ALERTS, content.alerts, told),
  ];
  return {
    steps: (signal) => allSteps(inOrder, signal),
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
  const { kind, path } = of;
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
        if (one.id !== undefined && made.id !== one.id) {
          notice = `${kind} "${name}" has the id ${made.id} instead of ${one.id}: delete it before you install again`;
        }
      },
      notice: () => notice,
    };
  };
  const deletions = (things: readonly Thing[]): Step[] =>
    things.map(({ name, id }) => {
      const run = async (signal: AbortSignal): Promise<void> => {
        await api.orAbsent("DELETE", `${path}/${id}`, signal);
      };
      return { kind, name, action: "delete", differences: [], run };
    });
  /** Of several things of a name, one of our own counts. */
  const chosen = (things: readonly Thing[]): Map<string, Thing> =>
    new Map(things.toSorted((a, b) => Number(a.own) - Number(b.own)).map((one) => [one.name, one]));
  return {
    what: `${kind}s`,
    async steps(signal) {
      if (wanted.length === 0) return [];
      const things = chosen(await of.things(api, signal));
      const steps: Step[] = [];
      for (const one of wanted)
        steps.push(await stepOrConflict(kind, one.name, () => stepOf(one, things.get(one.name)?.id, signal)));
      return steps;
    },
    async outdated(signal) {
      if (wanted.length === 0) return [];
      const things = await of.things(api, signal);
      const kept = chosen(things);
      const isWanted = (thing: Thing): boolean =>
        kept.get(thing.name) === thing && wanted.some(({ name }) => name === thing.name);
      return deletions(things.filter((one) => one.own && !isWanted(one)));
    },
    async removal(signal) {
      if (wanted.length === 0) return [];
      return deletions((await of.things(api, signal)).filter(({ own }) => own));
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
