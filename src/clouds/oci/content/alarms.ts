import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { asset } from "../../../lib/assets.ts";
import { UsageError } from "../../../lib/errors.ts";

const text = z.string().min(1);

/** An alarm as Monitoring takes it, with placeholders for the compartment and the topic. */
const alarm = z.looseObject({
  displayName: text,
  namespace: text,
  query: text,
  severity: z.enum(["CRITICAL", "ERROR", "WARNING", "INFO"]),
  destinations: z.array(text).length(1),
});

export type Alarm = z.output<typeof alarm>;

/** The alarms on the metrics that the scheduled tasks of the detections write, as they were built. Throws UsageError. */
export function readAlarms(folder = asset("deploy")): Alarm[] {
  const file = join(folder, "log-analytics", "detections.json");
  const wrong = (what: string, cause?: unknown) => new UsageError("bad-content", `${file}: ${what}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw wrong("cannot be read as JSON", cause);
  }
  const parsed = z.array(z.object({ alarm })).safeParse(value);
  if (parsed.success) return parsed.data.map((one) => one.alarm);
  const [issue] = parsed.error.issues;
  throw wrong(`${(issue?.path ?? []).map(String).join(": ")}: ${issue?.message}`);
}
