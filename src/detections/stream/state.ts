import { PermanentError } from "../../errors.ts";
import type { Node } from "./network.ts";
import type { ProgressTable } from "./progress.ts";
import { listOf } from "./window.ts";

/** What came of a snapshot: rules whose state is back, and rules whose state was left because the rule has changed or gone. */
export interface Restored {
  readonly restored: readonly string[];
  readonly discarded: readonly string[];
}

/** The part of the state that belongs to no rule. */
export interface Clock {
  /** Event time reached, undefined before the first flow. */
  watermark: number | undefined;
  inspected: number;
  replayed: number;
  late: number;
  matches: number;
}

const VERSION = 3;

/** As JSON, written rule by rule: what one rule remembers can be large, what all of them do need not be in memory twice. */
export function takeSnapshot(nodes: readonly Node[], progress: ProgressTable, clock: Clock): string {
  const { watermark, inspected, replayed, late, matches } = clock;
  const counters = JSON.stringify([watermark ?? null, inspected, replayed, late, matches]);
  const pieces = [`{"version":${VERSION},"clock":${counters},"objects":`, JSON.stringify(progress.snapshot()), `,"rules":{`];
  for (const [index, { rule, follower, episodes, fingerprints }] of nodes.entries()) {
    const saved = {
      follower: follower === undefined ? null : [fingerprints.follower, follower.snapshot()],
      episodes: episodes === undefined ? null : [fingerprints.episodes, episodes.snapshot()],
    };
    pieces.push(index === 0 ? "" : ",", JSON.stringify(rule.name), ":", JSON.stringify(saved));
  }
  pieces.push("}}");
  return pieces.join("");
}

/** Throws PermanentError `bad-detection-state` when the snapshot is damaged; what it was put into is then of no use. */
export function putBack(snapshot: string, nodes: readonly Node[], progress: ProgressTable, clock: Clock): Restored {
  try {
    const saved = recordOf(JSON.parse(snapshot));
    if (saved.version !== VERSION) throw new TypeError(`its version is ${String(saved.version)}, not ${VERSION}`);
    const [watermark, ...counters] = listOf(saved.clock);
    clock.watermark = typeof watermark === "number" ? watermark : undefined;
    [clock.inspected = 0, clock.replayed = 0, clock.late = 0, clock.matches = 0] = counters.map(Number);
    progress.restore(saved.objects);
    return putBackRules(recordOf(saved.rules), nodes);
  } catch (error) {
    const message = "the saved state of the detections is damaged; remove it to start with an empty one";
    throw new PermanentError("bad-detection-state", message, { cause: error });
  }
}

function putBackRules(saved: Readonly<Record<string, unknown>>, nodes: readonly Node[]): Restored {
  const byName = new Map(nodes.map((node) => [node.rule.name, node]));
  const restored: string[] = [];
  const discarded: string[] = [];
  for (const [name, data] of Object.entries(saved)) {
    const node = byName.get(name);
    const { follower, episodes } = recordOf(data);
    const put = [
      putBackPart(follower, node?.fingerprints.follower, node?.follower),
      putBackPart(episodes, node?.fingerprints.episodes, node?.episodes),
    ];
    (put.includes(false) ? discarded : restored).push(name);
  }
  return { restored, discarded };
}

interface Restorable {
  restore(data: unknown): void;
}

/** False when there is a state that its part no longer fits. */
function putBackPart(data: unknown, fingerprint: string | undefined, part: Restorable | undefined): boolean {
  if (data === null) return true;
  const [saved, state] = listOf(data);
  if (part === undefined || saved !== fingerprint) return false;
  part.restore(state);
  return true;
}

function recordOf(data: unknown): Readonly<Record<string, unknown>> {
  if (typeof data !== "object" || data === null || Array.isArray(data)) throw new TypeError("not a map");
  return data as Readonly<Record<string, unknown>>;
}
