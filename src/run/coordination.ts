import type { Config } from "../config/load.ts";
import type { Coordination } from "../coordination/coordination.ts";
import { ROLES, type Role } from "../coordination/roles.ts";
import { codeOf, describeError } from "../lib/errors.ts";
import { announcedIn } from "../registry.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import { Complaints } from "./complaints.ts";
import type { Shelf } from "./shelf.ts";

export interface CoordinationSurroundings {
  readonly log: Logger;
  readonly health: Health;
  readonly measure: Instruments;
  /** What this worker does; all by default. */
  readonly roles?: ReadonlySet<Role> | undefined;
}

/** What joins the worker with others, if the configuration says so. It does nothing before `begin`. */
export function coordinationOf(
  config: Config,
  shelf: Shelf,
  { log, health, measure, roles = new Set(ROLES) }: CoordinationSurroundings,
): Promise<Coordination | undefined> {
  const { coordination: options, run, baseDir, secrets } = config;
  if (options === undefined) return Promise.resolve(undefined);
  const complaints = new Complaints();
  const onWell = (part: string) => {
    health.well(part);
    complaints.well(part);
  };
  const events = {
    onTrouble: (part: string, error: unknown, failures: number) => {
      health.failing(part, error, failures);
      if (complaints.isDue(part, error)) log.warn({ code: codeOf(error) }, describeError(error));
    },
    onWell,
    onListing: (source: string) => {
      onWell(`source ${source}`);
      measure.listings.add(1, { source });
    },
    onInfo: (line: string) => log.info(line),
    onError: (code: string, line: string) => {
      health.problem("coordination", { drawer: "person", code, reason: line });
      log.error({ code }, line);
    },
  };
  return shelf.take("coordination", options, async () => {
    const { Coordination } = await import("../coordination/coordination.ts");
    const hasRules = config.alerts !== undefined;
    const hintsIn = (text: string) => hintsOf(config.sources, text);
    const part = new Coordination({
      options,
      roles,
      hasRules,
      pollMs: run.pollMs,
      retry: run.retry,
      baseDir,
      secrets,
      hintsIn,
      events,
    });
    return { part, close: () => {} };
  });
}

/** The objects of the sources that a message of events names; undefined for one that is none. */
function hintsOf(sources: Config["sources"], text: string) {
  try {
    const { announced, unknown } = announcedIn(text);
    if (announced.length === 0 && unknown > 0) return undefined;
    return announced.flatMap(({ bucket, key }) =>
      sources.flatMap((source) => (source.bucket === bucket ? [{ source: source.name, key }] : [])),
    );
  } catch {
    return undefined;
  }
}

/** Joins the other workers. Until `shelf` is closed. */
export async function begin(
  config: Config,
  coordination: Coordination,
  shelf: Shelf,
  { measure }: Pick<CoordinationSurroundings, "measure">,
) {
  await shelf.take("worker of", config.coordination, async () => {
    await coordination.open();
    const observe = (result: { observe(value: number, attributes: Record<string, string>): void }) => {
      for (const { topic, role, messages } of coordination.lag) result.observe(messages, { topic, role });
    };
    measure.coordinationLag.addCallback(observe);
    return {
      part: coordination,
      close: async () => {
        measure.coordinationLag.removeCallback(observe);
        await coordination.close();
      },
    };
  });
}
