import { parseStamp } from "../../intake/tail/stamps.ts";

/** `<account>_vpcflowlogs_<region>_<flow log>_<yyyymmddThhmmZ>_<hash>.log.gz`, or `.log.parquet`. */
const NAME = /^([^_/]+)_vpcflowlogs_([^_/]+)_(fl-[^_/]+)_(\d{8}T\d{4})Z_[^_/]+\.log(?:\.gz|\.parquet)?$/;

export interface ObjectName {
  readonly account: string;
  readonly region: string;
  /** When the object was begun, in whole minutes: ms since the epoch. */
  readonly written: number;
}

/** What the name of an object says, as VPC Flow Logs names them; undefined for any other. */
export function parseObjectName(name: string): ObjectName | undefined {
  const [, account, region, , stamp] = NAME.exec(name) ?? [];
  const written = stamp === undefined ? undefined : parseStamp(`${stamp}00Z`);
  return account === undefined || region === undefined || written === undefined ? undefined : { account, region, written };
}
