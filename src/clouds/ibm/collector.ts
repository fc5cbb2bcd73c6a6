import { every } from "../../intake/tail/every.ts";
import type { Layout } from "../../intake/tail/layout.ts";
import { formatStamp } from "../../intake/tail/stamps.ts";
import { reportPassedOver, type Strategy, type Tail } from "../../intake/tail/strategy.ts";
import { isIdle, type TimedNames } from "../../intake/tail/window.ts";
import { tailWindow } from "../../intake/tail/windows.ts";

const IBM_ROOT = "ibm_vpc_flowlogs_v1/";

/** The part of a key up to its hours. Identifiers before it may hold slashes (raw CRNs), so only the marker counts. */
const PARTITION = /^(.*\/record-type=[^/]*\/)/s;
const NAME = /^year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/hour=(\d\d)\/stream-id=([^/]+)\/(\d{1,15})\.gz$/;

/** `year=…/month=…/day=…/hour=…/stream-id=…/<number>.gz`, as Flow Logs for VPC names its objects. */
const NAMES: TimedNames = {
  parse(rest) {
    const [, year, month, day, hour, stream, number] = NAME.exec(rest) ?? [];
    if (stream === undefined) return undefined;
    const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour));
    if (time < 0 || !rest.startsWith(NAMES.restAt(time))) return undefined;
    return {
      time,
      order: `${formatStamp(time)}/${stream}/${number}`,
      numbered: { stream: rest.slice(0, rest.lastIndexOf("/")), number: Number(number) },
    };
  },
  stepMs: 3_600_000,
  restAt(ms) {
    const [date = "", time = ""] = new Date(ms).toISOString().split("T");
    const [year, month, day] = date.split("-");
    return `year=${year}/month=${month}/day=${day}/hour=${time.slice(0, 2)}/`;
  },
};

/**
 * Flow Logs for VPC: a partition for each network interface and record type. Keys are ordered by time only inside a partition. Sweeps
 * walk down the folders to find partitions; passes between them look into those that have news. Objects are numbered within a stream's
 * folder: real buckets begin anew in each hour, although the documentation speaks of one
 * counter for the stream. So what is missing at the end of an hour leaves no hole.
 */
function ibmVpcTail(tail: Tail, prefix: string): Strategy {
  const { store, settings, now } = tail;
  const passOver = reportPassedOver(tail, "ibm-vpc");
  const inside = PARTITION.exec(prefix)?.[1];
  let known: ReadonlySet<string> = new Set();
  const sweep = every(settings.sweepMs);
  const lateSweep = every(settings.lateSweepMs);

  async function* walk(folder: string, signal: AbortSignal): AsyncGenerator<string> {
    for await (const { objects, prefixes } of store.list({ prefix: folder, delimiter: "/" }, signal)) {
      passOver.objects(objects);
      for (const child of prefixes) {
        if (PARTITION.test(child)) yield child;
        else if (child.includes(IBM_ROOT)) yield* walk(child, signal);
        else passOver.folder(child);
      }
    }
  }

  return async function* (seen, signal) {
    const started = now();
    const late = lateSweep.isDue(started);
    if (inside !== undefined) {
      yield* tailWindow(tail, NAMES, inside, { late }, seen, signal);
    } else if (late || sweep.isDue(started)) {
      const found = new Set<string>();
      for await (const partition of walk(prefix, signal)) {
        found.add(partition);
        yield* tailWindow(tail, NAMES, partition, { late }, seen, signal);
      }
      known = found;
      sweep.done(started);
    } else {
      for (const partition of known) {
        if (!isIdle(seen, partition, started)) yield* tailWindow(tail, NAMES, partition, { late }, seen, signal);
      }
    }
    if (late) lateSweep.done(started);
  };
}

/** Objects as Flow Logs for VPC writes them. */
export const ibmVpcCollector: Layout = {
  name: "ibm-vpc",
  summary: "Flow Logs for VPC, hour folders under `record-type=…/`",
  root: IBM_ROOT,
  holds: (prefix) => prefix.includes(IBM_ROOT),
  tail: ibmVpcTail,
};
