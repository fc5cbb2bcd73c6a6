/** What a tenancy has, and what a machine can do. */
export interface Load {
  readonly flowsPerSecond: number;
  readonly flowsPerObject: number;
  /** As they are stored, compressed. */
  readonly bytesPerFlow: number;
  /** CPU that a flow takes from its object to a sink's acknowledgement, in µs. */
  readonly cpuPerFlow: number;
  /** Of a worker. */
  readonly cores: number;
  readonly retentionHours: number;
}

/** What a fleet of workers for it comes to. */
export interface Sizing {
  readonly objectsPerSecond: number;
  readonly readBytesPerSecond: number;
  /** Cores that are busy, of however many workers. */
  readonly busyCores: number;
  readonly workers: number;
  /** Consumer groups that they need to stay within the limits. */
  readonly groups: number;
  /** Of the topic of objects of each group. */
  readonly partitions: number;
  /** Into the topics of all groups, and out of them to the workers. */
  readonly topicBytesPerSecond: { readonly in: number; readonly out: number };
  readonly keptBytes: number;
  readonly gigabytesPerMonth: number;
  /** Of rules, where there are `alerts`: what goes to the one worker of each group that looks after them. */
  readonly rules: {
    readonly flowsPerSecond: number;
    readonly bytesPerSecond: number;
    readonly busyCores: number;
    /** Groups of which one partition, and one thread, take that. */
    readonly groups: number;
  };
}

/** Of the flows of generated traffic, with the rules that ship: the share that rules have to see, its bytes, and µs of CPU until they have. */
export const RULES = { share: 0.3, bytesPerFlow: 41, cpuPerFlow: 18 };

/** The limits of OCI Streaming, the narrowest of the services. */
export const LIMITS = { partitionBytesPerSecond: 1_000_000, commitsPerSecond: 10 };
/** A worker is busy for this share of the time at most: what is beyond is for peaks, and for the share of one that died. */
export const BUSY = 0.7;
/** A message: its key, names, entity tag, and what the protocol adds. */
const MESSAGE_BYTES = 450;
/** For each message of an object a tenth of one that says how far the listing is: many objects come in a page. */
const MARKS = 1.1;
/** So many for each worker: the shares of two differ by a third at most, and there is room to grow. */
const PARTITIONS_A_WORKER = 3;
/** Each commits once a second; two are left for those that come and go. */
const WORKERS_A_GROUP = LIMITS.commitsPerSecond - 2;
const MONTH_SECONDS = 30 * 86_400;

export function sizeOf({ flowsPerSecond, flowsPerObject, bytesPerFlow, cpuPerFlow, cores, retentionHours }: Load): Sizing {
  const objectsPerSecond = flowsPerSecond / flowsPerObject;
  const busyCores = (flowsPerSecond * cpuPerFlow) / 1e6;
  // Two at least, so that one may die.
  const workers = Math.max(2, Math.ceil(busyCores / (cores * BUSY)));
  const groups = Math.ceil(workers / WORKERS_A_GROUP);
  const into = objectsPerSecond * MESSAGE_BYTES * MARKS;
  const byWorkers = PARTITIONS_A_WORKER * Math.ceil(workers / groups);
  const byBytes = Math.ceil(into / groups / LIMITS.partitionBytesPerSecond);
  // Each message is read by the worker that delivers, and a listing that changes hands reads the last hours again.
  const bytes = { in: into, out: into };
  const seen = flowsPerSecond * RULES.share;
  const rules = { flowsPerSecond: seen, bytesPerSecond: seen * RULES.bytesPerFlow, busyCores: (seen * RULES.cpuPerFlow) / 1e6 };
  return {
    rules: {
      ...rules,
      groups: Math.max(
        groups,
        Math.ceil(rules.bytesPerSecond / LIMITS.partitionBytesPerSecond),
        Math.ceil(rules.busyCores / BUSY),
      ),
    },
    objectsPerSecond,
    readBytesPerSecond: flowsPerSecond * bytesPerFlow,
    busyCores,
    workers,
    groups,
    partitions: Math.max(byWorkers, byBytes),
    topicBytesPerSecond: bytes,
    keptBytes: into * retentionHours * 3600,
    gigabytesPerMonth: ((bytes.in + bytes.out) * MONTH_SECONDS) / 1e9,
  };
}
