import { BUSY, LIMITS, type Load, RULES, type Sizing, sizeOf } from "../coordination/sizing.ts";
import { UsageError } from "../lib/errors.ts";

/** What is asked of a fleet; the rest is what the bench measured, or a command line says otherwise. */
export interface WorkersOptions {
  readonly workers: number;
  readonly flowsPerObject: number;
  readonly bytesPerFlow: number;
  readonly cpuPerFlow: number;
  readonly cores: number;
  readonly retentionHours: number;
  readonly pricePerGb?: number;
}

/** A number above 0, as of an option. */
export function above0(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0) || !Number.isFinite(value)) {
    throw new UsageError("bad-number", `"${text}" is no number above 0`);
  }
  return value;
}

export function loadOf({ workers: flowsPerSecond, ...rest }: WorkersOptions): Load {
  return { flowsPerSecond, ...rest };
}

/** The plan in lines, each with its reason. */
export function describeWorkers(load: Load, pricePerGb: number | undefined): string[] {
  const size = sizeOf(load);
  const { flowsPerSecond, flowsPerObject, cpuPerFlow, cores, retentionHours } = load;
  const { workers, groups, partitions, topicBytesPerSecond: topic } = size;
  const each = groups === 1 ? "" : ` in each of ${groups} groups`;
  const lines = [
    `flows:      ${flowsPerSecond} a second in objects of ${flowsPerObject}: ${round(size.objectsPerSecond)} objects and ${bytes(size.readBytesPerSecond)} a second are read from the bucket`,
    `workers:    ${workers} with ${cores} ${cores === 1 ? "core" : "cores"}${cores > 1 ? " (run.threads: auto)" : ""}: ${cpuPerFlow} µs of CPU a flow keep ${round(size.busyCores)} cores busy, ${BUSY * 100} % of a worker's are counted, and two are the least`,
    `groups:     ${groups}: each worker commits once a second, and OCI Streaming takes ${LIMITS.commitsPerSecond} commits a second of a group${groups === 1 ? "" : "; each group has topics of its own, and sources with prefixes of their own"}`,
    `partitions: ${partitions} of the topic of objects${each}: three for each worker, and ${bytes(topic.in / groups / partitions)} a second of the 1.0 MB that one takes`,
    `topics:     ${bytes(topic.in)} a second in and as much out, ${bytes(size.keptBytes)} are kept (${retentionHours} h), ${round(size.gigabytesPerMonth)} GB a month go in and out`,
    costLine(size, pricePerGb),
    rulesLine(size),
  ];
  return lines;
}

/** One worker of a group looks after its rules, and one partition brings it what they have to see. */
function rulesLine({ groups, rules }: Sizing): string {
  const each = rules.groups === 1 ? "" : ` of ${rules.groups} groups: rules see the flows of their own group alone`;
  const why =
    rules.groups > groups
      ? `, which takes ${rules.groups} groups with sources of their own: one partition of OCI Streaming takes ${bytes(LIMITS.partitionBytesPerSecond)} a second, and one thread ${Math.floor((BUSY * 1e6) / RULES.cpuPerFlow)} of these flows`
      : "";
  return `alerts:     rules have to see some ${round(rules.flowsPerSecond)} flows a second (${RULES.share * 100} %), ${bytes(rules.bytesPerSecond)} and ${round(rules.busyCores)} cores, in one worker${each}${why}`;
}

function costLine({ gigabytesPerMonth }: Sizing, pricePerGb: number | undefined): string {
  if (pricePerGb === undefined) {
    return "cost:       of the topics, GB a month by the price of one in and out: --price-per-gb; of flows, what rules have to see comes on top";
  }
  return `cost:       ${(gigabytesPerMonth * pricePerGb).toFixed(2)} a month for the topics at ${pricePerGb} a GB; of flows, what rules have to see comes on top`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

function bytes(count: number): string {
  let [value, unit] = [count, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit += 1) value /= 1000;
  return `${value.toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}

const round = (value: number): number => Number(value.toPrecision(3));
