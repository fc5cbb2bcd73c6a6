import { createReadStream } from "node:fs";
import { Option } from "commander";
import type { Config } from "../config/load.ts";
import type { Announced } from "../contracts/object-event.ts";
import { readEvents } from "../intake/events/read.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { EVENT_FORMS } from "../registry.ts";
import type { CliContext } from "./context.ts";

/** Longest text of events, in bytes. */
const LONGEST = 16 * 1024 ** 2;
/** As in `env:CE_DATA`. */
const VARIABLE = /^env:(\w+)$/;

/** Which objects a job is about. */
export interface NamingOptions {
  readonly object?: readonly string[];
  readonly event?: string;
}

export function objectOption(): Option {
  return new Option(
    "--object <bucket/key...>",
    "deliver these objects alone, as the listing shows them, and end when they are acknowledged; one that the ledger knows is not delivered twice",
  );
}

export function eventOption(): Option {
  return new Option(
    "--event <from>",
    "deliver the objects that object-created events name, as --object does: a file, - for standard input, or env:NAME for a variable, as env:CE_DATA of a Code Engine job (S3, Ceph, EventBridge, OCI Events, Code Engine)",
  );
}

/** The keys that a job is about, by the names of their sources; undefined where it is about the whole bucket. Throws UsageError. */
export async function namedIn(
  context: CliContext,
  config: Config,
  { object = [], event }: NamingOptions,
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  if (object.length === 0 && event === undefined) return undefined;
  const keys = new Map<string, Set<string>>();
  const add = ({ bucket, key }: Announced): boolean => {
    const sources = config.sources.filter((source) => source.bucket === bucket);
    for (const { name } of sources) keys.set(name, (keys.get(name) ?? new Set()).add(key));
    return sources.length > 0;
  };
  for (const text of object) {
    const named = splitName(text);
    if (add(named)) continue;
    const buckets = config.sources.map(({ bucket }) => bucket).filter((bucket) => bucket !== undefined);
    throw new UsageError(
      "event-bucket",
      `--object ${text}: no source reads bucket ${named.bucket} (they read ${buckets.join(", ")})`,
    );
  }
  if (event !== undefined) {
    const { announced, unknown } = readEvents(EVENT_FORMS, await textOf(context, event));
    if (announced.length === 0 && unknown > 0)
      throw new UsageError("bad-event", `--event ${event}: there is no event of a form that is known`);
    // A rule may send events of other buckets too.
    announced.forEach(add);
  }
  return keys;
}

function splitName(text: string): Announced {
  const at = text.indexOf("/");
  if (at > 0 && at < text.length - 1) return { bucket: text.slice(0, at), key: text.slice(at + 1) };
  throw new UsageError("bad-option", `--object ${JSON.stringify(text)}: expected BUCKET/KEY`);
}

async function textOf({ env, stdin }: CliContext, from: string): Promise<string> {
  const variable = VARIABLE.exec(from)?.[1];
  if (variable !== undefined) {
    const value = env[variable];
    if (value === undefined || value === "")
      throw new UsageError("bad-option", `--event ${from}: the variable ${variable} is not set`);
    return value;
  }
  const stream = from === "-" ? stdin : createReadStream(from);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > LONGEST) break;
      chunks.push(Buffer.from(chunk));
    }
  } catch (cause) {
    throw new UsageError("input-missing", `--event ${from}: cannot be read: ${describeError(cause)}`, { cause });
  }
  if (size > LONGEST) throw new UsageError("bad-event", `--event ${from}: longer than ${LONGEST / 1024 ** 2} MiB`);
  return Buffer.concat(chunks).toString("utf8");
}
