import type { Layout } from "../../intake/tail/layout.ts";
import { partitionedTail } from "../../intake/tail/partitioned.ts";
import { formatStamp } from "../../intake/tail/stamps.ts";
import type { TimedNames } from "../../intake/tail/window.ts";

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
 * Objects as Flow Logs for VPC writes them: a partition for each network interface and record type. Objects are numbered within a stream's
 * folder: real buckets begin anew in each hour, although the documentation speaks of one counter for the stream. So what is missing at the
 * end of an hour leaves no hole.
 */
export const ibmVpcCollector: Layout = {
  name: "ibm-vpc",
  summary: "Flow Logs for VPC, hour folders under `record-type=…/`",
  root: IBM_ROOT,
  holds: (prefix) => prefix.includes(IBM_ROOT),
  tail: partitionedTail({
    name: "ibm-vpc",
    partition: PARTITION,
    leadsToPartitions: (folder) => folder.includes(IBM_ROOT),
    namesIn: () => NAMES,
  }),
};
