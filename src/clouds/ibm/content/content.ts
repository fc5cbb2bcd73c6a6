import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DASHBOARD_NAMES } from "../../../dialects/ibm-cloud-logs/searches.ts";
import { asset } from "../../../lib/assets.ts";
import { UsageError } from "../../../lib/errors.ts";

const named = z.looseObject({ name: z.string().min(1) });
const repeat = z.looseObject({ minutes: z.number(), notify_on: z.string() });
const definition = z.looseObject({
  ...named.shape,
  incidents_settings: repeat,
  notification_group: z.looseObject({ webhooks: z.array(z.looseObject({})) }),
  entity_labels: z.record(z.string(), z.string()),
});

export type Named = z.output<typeof named>;
/** With the id that we give it. */
export type Dashboard = Named & { readonly id: string };
export type AlertDefinition = z.output<typeof definition>;

/** What is installed into an instance, as it was built. */
export interface CloudLogsContent {
  readonly views: readonly Named[];
  readonly dashboards: readonly Dashboard[];
  /** Dashboards that an earlier version may have installed: the service lists none. */
  readonly formerDashboards: readonly Dashboard[];
  /** Only where they are wanted. */
  readonly alerts: readonly AlertDefinition[];
}

/** Reads what `content build` made below a folder. Alerts tell `webhook`, the external id of an outgoing webhook. Throws UsageError. */
export function readCloudLogsContent(
  { detections, webhook }: { readonly detections: boolean; readonly webhook?: number | undefined },
  folder = asset("deploy"),
): CloudLogsContent {
  const read = <T>(name: string, schema: z.ZodType<T>): T[] => {
    const file = join(folder, "ibm-cloud-logs", name);
    const wrong = (what: string, cause?: unknown) => new UsageError("bad-content", `${file}: ${what}`, { cause });
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(file, "utf8"));
    } catch (cause) {
      throw wrong("cannot be read as JSON", cause);
    }
    const parsed = z.array(schema).safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw wrong(`${(issue?.path ?? []).map(String).join(": ")}: ${issue?.message}`);
  };
  const dashboards = read("searches.json", named).map((one) => ({ id: idOf(one.name), ...one }));
  return {
    views: read("views.json", named),
    dashboards,
    formerDashboards: DASHBOARD_NAMES.filter((name) => !dashboards.some((one) => one.name === name)).map((name) => ({
      id: idOf(name),
      name,
    })),
    alerts: detections ? read("detections.json", definition).map((one) => telling(one, webhook)) : [],
  };
}

function telling(alert: AlertDefinition, webhook: number | undefined): AlertDefinition {
  if (webhook === undefined) return alert;
  const told = { ...alert.incidents_settings, integration: { integration_id: webhook } };
  return { ...alert, notification_group: { ...alert.notification_group, webhooks: [told] } };
}

/** Letters and digits, 21 of them: the same for the same name, so that a dashboard is found again. */
function idOf(name: string): string {
  return createHash("sha256")
    .update(`flowferry ${name}`)
    .digest("base64")
    .replaceAll(/[^A-Za-z0-9]/g, "")
    .slice(0, 21);
}
