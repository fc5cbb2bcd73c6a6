import { randomUUID } from "node:crypto";
import type { MonitoringClient, models } from "oci-monitoring";
import { PermanentError } from "../errors.ts";
import type { Alarm } from "./alarms.ts";
import { OWN_TAGS } from "./build.ts";
import { isOwn, refuseForeign } from "./dashboards-installer.ts";
import { differences } from "./differences.ts";
import type { ServiceCall } from "./service-call.ts";
import { actionFor, type Installer, removing, type Step } from "./step.ts";
import type { TopicFinder } from "./topic-installer.ts";

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
  /** Titles need not be unique: of several, our own counts. */
  const list = async (signal: AbortSignal): Promise<Map<string, models.AlarmSummary>> => {
    const found = new Map<string, models.AlarmSummary>();
    let page: string | undefined;
    do {
      const request = { compartmentId, limit: PAGE, ...(page === undefined ? {} : { page: encodeURIComponent(page) }) };
      const answer = await call("ListAlarms", signal, () => client.listAlarms(request));
      for (const one of answer.items) {
        const earlier = found.get(one.displayName);
        if (earlier === undefined || !isOwn(earlier)) found.set(one.displayName, one);
      }
      page = answer.opcNextPage || undefined;
    } while (page !== undefined);
    return found;
  };
  const filledIn = (alarm: Alarm, topic: string): Alarm => {
    const values: Record<string, string> = { compartmentId, topicId: topic };
    return JSON.parse(JSON.stringify(alarm).replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? ""));
  };

  const alarmStep = async (alarm: Alarm, summary: models.AlarmSummary | undefined, signal: AbortSignal): Promise<Step> => {
    const { displayName } = alarm;
    if (summary !== undefined) refuseForeign("alarm", summary);
    // A list shows neither body nor duration.
    const found = summary && (await call("GetAlarm", signal, () => client.getAlarm({ alarmId: summary.id }))).alarm;
    const changed = found === undefined ? [] : differences(filledIn(alarm, (await topicId(signal)) ?? ""), found);
    return {
      kind: "alarm",
      name: displayName,
      action: actionFor(found, changed),
      differences: changed,
      async run(signal) {
        const topic = await topicId(signal);
        if (topic === undefined) throw new PermanentError("topic-missing", `there is no topic for the alarm "${displayName}"`);
        const details = {
          ...filledIn(alarm, topic),
          freeformTags: { ...found?.freeformTags, ...OWN_TAGS },
        } as unknown as models.CreateAlarmDetails;
        if (found === undefined) {
          const request = { createAlarmDetails: details, opcRetryToken: randomUUID() };
          await call("CreateAlarm", signal, () => client.createAlarm(request));
        } else {
          const request = { alarmId: found.id, updateAlarmDetails: details as unknown as models.UpdateAlarmDetails };
          await call("UpdateAlarm", signal, () => client.updateAlarm(request));
        }
      },
    };
  };

  return {
    async steps(signal) {
      if (alarms.length === 0) return [];
      const found = await list(signal);
      const steps: Step[] = [];
      for (const alarm of alarms) steps.push(await alarmStep(alarm, found.get(alarm.displayName), signal));
      return steps;
    },
    async removal(signal) {
      if (alarms.length === 0) return [];
      const found = await list(signal);
      return alarms.flatMap(({ displayName }): Step[] => {
        const one = found.get(displayName);
        if (one === undefined || !isOwn(one)) return [];
        const remove = removing(call, "DeleteAlarm", () => client.deleteAlarm({ alarmId: one.id }), {
          isThere: async (signal) => (await list(signal)).has(displayName),
        });
        return [{ kind: "alarm", name: displayName, action: "delete", differences: [], run: remove }];
      });
    },
  };
}
