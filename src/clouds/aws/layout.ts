import type { Layout } from "../../intake/tail/layout.ts";
import { partitionedTail } from "../../intake/tail/partitioned.ts";
import { formatStamp } from "../../intake/tail/stamps.ts";
import type { TimedNames } from "../../intake/tail/window.ts";
import { parseObjectName } from "./keys.ts";

const ROOT = "AWSLogs/";
const DAY_MS = 86_400_000;

/** The part of a key up to its region; of an account and region, in the plain and in the Hive-compatible form. */
const PARTITION =
  /^((?:.*\/)?AWSLogs\/(?:[^/=]+\/vpcflowlogs\/[^/]+|aws-account-id=[^/]+\/aws-service=vpcflowlogs\/aws-region=[^/]+)\/)/s;
const ABOVE = /(?:^|\/)AWSLogs\/(?:[^/=]+\/(?:vpcflowlogs\/)?|aws-account-id=[^/]+\/(?:aws-service=vpcflowlogs\/)?)?$/;

/** What follows the partition: folders of a day, of an hour where the flow log asks for them, and the object. */
const PLAIN = /^(\d{4})\/(\d\d)\/(\d\d)\/(?:\d\d\/)?([^/]+)$/;
const HIVE = /^year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/(?:hour=\d\d\/)?([^/]+)$/;

/**
 * Within a day keys sort by hour, if there are folders for it, and by flow log, so only the day is a step. An object's own time is the minute
 * in its name.
 */
const namesOf = (pattern: RegExp, restAt: (year: string, month: string, day: string) => string): TimedNames => {
  const names: TimedNames = {
    stepMs: DAY_MS,
    parse(rest) {
      const name = parseObjectName(pattern.exec(rest)?.[4] ?? "");
      if (name === undefined || !rest.startsWith(names.restAt(name.written))) return undefined;
      return { time: name.written, order: `${formatStamp(name.written)}/${rest}` };
    },
    restAt(ms) {
      const [year = "", month = "", day = ""] = new Date(ms).toISOString().slice(0, 10).split("-");
      return restAt(year, month, day);
    },
  };
  return names;
};

const PLAIN_NAMES = namesOf(PLAIN, (year, month, day) => `${year}/${month}/${day}/`);
const HIVE_NAMES = namesOf(HIVE, (year, month, day) => `year=${year}/month=${month}/day=${day}/`);

/** Objects as VPC Flow Logs writes them: a partition for each account and region. Folders of other services are passed over. */
export const awsVpcLogs: Layout = {
  name: "aws-vpc",
  summary: "AWS VPC Flow Logs, day folders under `AWSLogs/<account>/vpcflowlogs/<region>/`, or the Hive-compatible form of it",
  root: ROOT,
  holds: (prefix) => /(?:^|\/)AWSLogs\//.test(prefix),
  tail: partitionedTail({
    name: "aws-vpc",
    partition: PARTITION,
    leadsToPartitions: (folder) => ABOVE.test(folder),
    namesIn: (partition) => (partition.includes("/aws-region=") ? HIVE_NAMES : PLAIN_NAMES),
  }),
};
