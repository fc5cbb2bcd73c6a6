import { randomUUID } from "node:crypto";
import type { models } from "oci-monitoring";
import { differences } from "../../../install/differences.ts";
import { actionFor, type Installer, type Step, stepOrConflict } from "../../../install/step.ts";
import { Failure } from "../../../lib/errors.ts";
import { allPages, listOf, resourceOf } from "../answers.ts";
import type { Alarm } from "./alarms.ts";
import { OWN_TAGS } from "./build.ts";
import { isOwn, refuseForeign } from "./dashboards-installer.ts";
import type { MonitoringClient } from "./monitoring-client.ts";
import type { ServiceCall } from "./service-call.ts";
import { GROUPS, removing } from "./service-call.ts";
import { TOPIC_KEY, type TopicFinder } from "./topic-installer.ts";

/** Stand in built alarms for what is known when they are installed. */
const PLACEHOLDER = /\$\{(compartmentId|topicId)\}/g;
const PAGE = 1000;

/** Alarms that tell a topic of the detections, found by their titles. What others made is left alone. */
export function alarmsInstaller(
  client: MonitoringClient,
  compartmentId: string,
  alarms: readonly Alarm[],
  call: ServiceCall,
  topicId: TopicFinder,
): Installer {
  const listAll = (signal: AbortSignal): Promise<models.AlarmSummary[]> =>
    allPages("ListAlarms", (page) => {
      const request = { compartmentId, limit: PAGE, ...(page === undefined ? {} : { page: encodeURIComponent(page) }) };
      return call("ListAlarms", signal, async () => {
        const { items, next } = await client.listAlarms(request);
        return { items: listOf(items), next };
      });
    });
  /** Titles need not be unique: of several, our own counts. */
  const byTitle = (all: readonly models.AlarmSummary[]): Map<string, models.AlarmSummary> =>
    new Map(all.toSorted((a, b) => Number(isOwn(a)) - Number(isOwn(b))).map((one) => [one.displayName, one]));
  const filledIn = (alarm: Alarm, topic: string): Alarm => {
    const values: Record<string, string> = { compartmentId, topicId: topic };
    return JSON.parse(JSON.stringify(alarm).replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? ""));
  };

  const alarmStep = async (alarm: Alarm, summary: models.AlarmSummary | undefined, signal: AbortSignal): Promise<Step> => {
    const { displayName } = alarm;
    if (summary !== undefined) refuseForeign("alarm", summary);
    // A list shows neither body nor duration.
    const get = async (alarmId: string) => resourceOf(await client.getAlarm(alarmId), alarmId);
    const found = summary && (await call("GetAlarm", signal, () => get(summary.id)));
    const changed = found === undefined ? [] : differences(filledIn(alarm, (await topicId(signal)) ?? ""), found);
    return {
      kind: "alarm",
      name: displayName,
      action: actionFor(found, changed),
      differences: changed,
      needs: [TOPIC_KEY],
      async run(signal) {
        const topic = await topicId(signal);
        if (topic === undefined) throw new Failure("person", "topic-missing", `there is no topic for the alarm "${displayName}"`);
        const details = { ...filledIn(alarm, topic), freeformTags: { ...found?.freeformTags, ...OWN_TAGS } };
        if (found === undefined) {
          const token = randomUUID();
          await call("CreateAlarm", signal, async () => resourceOf(await client.createAlarm(details, token)));
        } else {
          await call("UpdateAlarm", signal, async () => resourceOf(await client.updateAlarm(found.id, details), found.id));
        }
      },
    };
  };

  /** Deletes those of our own that are meant; none where nobody asks for detections. */
  const deletions = async (
    isMeant: (one: models.AlarmSummary, all: readonly models.AlarmSummary[]) => boolean,
    signal: AbortSignal,
  ): Promise<Step[]> => {
    if (alarms.length === 0) return [];
    const all = await listAll(signal);
    const own = all.filter((one) => isOwn(one) && isMeant(one, all));
    return own.map(({ id, displayName: name }) => {
      const remove = removing(call, "DeleteAlarm", () => client.deleteAlarm(id), {
        isThere: async (signal) => (await listAll(signal)).some((one) => one.id === id),
      });
      return { kind: "alarm", name, action: "delete", differences: [], run: remove };
    });
  };

  return {
    what: GROUPS.alarms,
    async steps(signal) {
      if (alarms.length === 0) return [];
      const found = byTitle(await listAll(signal));
      const steps: Step[] = [];
      for (const alarm of alarms) {
        const { displayName } = alarm;
        steps.push(await stepOrConflict("alarm", displayName, () => alarmStep(alarm, found.get(displayName), signal)));
      }
      return steps;
    },
    removal: (signal) => deletions(() => true, signal),
    outdated: (signal) =>
      deletions((one, all) => {
        const isWanted = alarms.some(({ displayName }) => displayName === one.displayName);
        return !isWanted || byTitle(all).get(one.displayName) !== one;
      }, signal),
  };
}
