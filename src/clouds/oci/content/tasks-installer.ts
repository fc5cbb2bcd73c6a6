import { randomUUID } from "node:crypto";
import type { models } from "oci-loganalytics";
import { differences } from "../../../install/differences.ts";
import { actionFor, type Installer, keyOf, type Step, stepOrConflict } from "../../../install/step.ts";
import { Failure } from "../../../lib/errors.ts";
import { allPages, listOf, resourceOf } from "../answers.ts";
import type { LogAnalyticsClient } from "../log-analytics.ts";
import { type Content, OWN_TAGS, type ScheduledTask } from "./build.ts";
import { isOwn, refuseForeign, type SearchFinder } from "./dashboards-installer.ts";
import type { ServiceCall } from "./service-call.ts";
import { GROUPS } from "./service-call.ts";

/** Stand in built tasks for what is known when they are installed. */
const PLACEHOLDER = /\$\{(compartmentId|savedSearchId)\}/g;

/** Scheduled tasks that run the saved searches of detections, found by their titles. What others made is left alone. */
export function tasksInstaller(
  client: LogAnalyticsClient,
  { namespaceName, compartmentId }: { readonly namespaceName: string; readonly compartmentId: string },
  { tasks }: Content,
  call: ServiceCall,
  searchId: SearchFinder,
): Installer {
  /** Of that name, or of all names. */
  const list = (name: string | undefined, signal: AbortSignal): Promise<models.ScheduledTaskSummary[]> =>
    allPages("ListScheduledTasks", (page) => {
      const from = page === undefined ? {} : { page: encodeURIComponent(page) };
      const named = name === undefined ? {} : { displayName: encodeURIComponent(name) };
      return call("ListScheduledTasks", signal, async () => {
        const { collection, next } = await client.listScheduledTasks(namespaceName, { compartmentId, ...from, ...named });
        return { items: listOf(collection?.items), next };
      });
    });
  const find = async (displayName: string, signal: AbortSignal): Promise<models.StandardTask | undefined> => {
    const items = await list(displayName, signal);
    const id = items.find((item) => item.displayName === displayName)?.id;
    if (id === undefined) return undefined;
    const get = { namespaceName, scheduledTaskId: id };
    const task = await call("GetScheduledTask", signal, async () => {
      return resourceOf(await client.getScheduledTask(get), id);
    });
    return task as models.StandardTask;
  };
  const filledIn = (task: ScheduledTask, savedSearchId: string) => {
    const values: Record<string, string> = { compartmentId, savedSearchId };
    const fill = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? ""));
    return { schedules: fill(task.schedules), action: fill(task.action) } as Pick<
      models.CreateStandardTaskDetails,
      "schedules" | "action"
    >;
  };

  const taskStep = async (task: ScheduledTask, signal: AbortSignal): Promise<Step> => {
    const { displayName, search } = task;
    const found = await find(displayName, signal);
    if (found !== undefined) refuseForeign("scheduled task", found);
    const wanted = filledIn(task, (await searchId(search, signal)) ?? "");
    const changed = found === undefined ? [] : differences(wanted, found);
    return {
      kind: "scheduled task",
      name: displayName,
      action: actionFor(found, changed),
      differences: changed,
      needs: [keyOf({ kind: "saved search", name: search })],
      async run(signal) {
        const savedSearchId = await searchId(search, signal);
        if (savedSearchId === undefined)
          throw new Failure("person", "search-missing", `there is no saved search "${search}" to schedule`);
        const details = { displayName, freeformTags: OWN_TAGS, ...filledIn(task, savedSearchId) };
        if (found !== undefined) {
          const update = { kind: "STANDARD", ...details };
          await call("UpdateScheduledTask", signal, async () =>
            resourceOf(await client.updateScheduledTask(namespaceName, found.id, update), found.id),
          );
          return;
        }
        const create = { kind: "STANDARD", taskType: "SAVED_SEARCH", compartmentId, ...details };
        const token = randomUUID();
        await call("CreateScheduledTask", signal, async () =>
          resourceOf(await client.createScheduledTask(namespaceName, create, token)),
        );
      },
    };
  };

  /** Deletes those of our own that are meant; none where nobody asks for detections. */
  const deletions = async (isMeant: (displayName: string) => boolean, signal: AbortSignal): Promise<Step[]> => {
    if (tasks.length === 0) return [];
    const own = (await list(undefined, signal)).filter((one) => isOwn(one) && isMeant(one.displayName));
    return own.map(({ id: scheduledTaskId, displayName: name }) => {
      const run = async (signal: AbortSignal): Promise<void> => {
        await call("DeleteScheduledTask", signal, () => client.deleteScheduledTask({ namespaceName, scheduledTaskId }));
      };
      return { kind: "scheduled task", name, action: "delete", differences: [], run };
    });
  };

  return {
    what: GROUPS.tasks,
    async steps(signal) {
      const steps: Step[] = [];
      for (const task of tasks) {
        steps.push(await stepOrConflict("scheduled task", task.displayName, () => taskStep(task, signal)));
      }
      return steps;
    },
    removal: (signal) => deletions(() => true, signal),
    outdated: (signal) => deletions((name) => !tasks.some(({ displayName }) => displayName === name), signal),
  };
}
