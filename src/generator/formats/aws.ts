import type { Exchange } from "../exchange.ts";
import { TCP } from "../exchange.ts";
import { Random } from "../random.ts";
import { isoSecond, stamp } from "../stamps.ts";
import type { Host, Subnet, World } from "../world.ts";
import type { Encoder, RecordSink, Window } from "./format.ts";
import type { LineDialect } from "./line-dialect.ts";
import { type View, viewsOf } from "./views.ts";

const REGION = "eu-west-1";

/** Fields of version 5, in the order that this log asks for. */
const COLUMNS =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status " +
  "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id flow-direction traffic-path";
const NAMES = COLUMNS.split(" ");
/** Of TCP: SYN and FIN of who begins, SYN, ACK and FIN of who answers. */
const FLAGS = { request: 3, reply: 19, rejected: 2 };
/** Ways out: within the VPC, and through an internet gateway. */
const PATHS = { within: 1, internet: 8 };

/** Ids of an account's resources, made up from the seed. */
export class AwsNames {
  readonly account: string;
  readonly flowLog: string;
  readonly #subnets: readonly string[];
  /** What stands in every record of a host before and after what changes. */
  readonly #hosts: readonly { readonly vnic: string; readonly ids: string; readonly zone: string }[];

  constructor(seed: string, world: World) {
    const random = new Random(seed, "aws");
    const id = (kind: string) => `${kind}-0${random.hex8()}${random.hex8()}`;
    this.account = String(random.between(100_000_000_000, 999_999_999_999));
    this.flowLog = id("fl");
    const vpc = id("vpc");
    this.#subnets = world.subnets.map(() => id("subnet"));
    this.#hosts = world.hosts.map(({ subnet }) => ({
      vnic: id("eni"),
      ids: `${vpc} ${this.subnet(subnet)} ${id("i")}`,
      zone: `euw1-az${(subnet.index % 3) + 1}`,
    }));
  }

  subnet(subnet: Subnet): string {
    return this.#subnets[subnet.index] as string;
  }

  host(host: Host): { readonly vnic: string; readonly ids: string; readonly zone: string } {
    return this.#hosts[host.index] as { vnic: string; ids: string; zone: string };
  }
}

/** Records of one direction each, of the interface that saw them; a rejected exchange is one record. */
class AwsEncoder implements Encoder {
  readonly #names: AwsNames;

  constructor(names: AwsNames) {
    this.#names = names;
  }

  count(exchange: Exchange): number {
    return viewsOf(exchange).length;
  }

  write(exchange: Exchange, from: number, to: number, _random: Random, sinkOf: (host: Host) => RecordSink): void {
    for (const view of viewsOf(exchange).slice(from, to)) {
      const bytes = view.reply ? exchange.bytesReverse : exchange.bytes;
      sinkOf(view.host).flow(
        this.#line(exchange, view),
        exchange.time,
        exchange.accepted,
        bytes,
        0,
        exchange.incident,
        view.reply,
      );
    }
  }

  quality(host: Host, status: "NODATA" | "SKIPDATA", time: number): string {
    const { vnic, ids, zone } = this.#names.host(host);
    const times = `${time} ${time + 60}`;
    return `5 ${this.#names.account} ${vnic} - - - - - - - ${times} - ${status} ${ids} - - - - ${REGION} ${zone} - -`;
  }

  #line(exchange: Exchange, { host, reply }: View): string {
    const { time, duration, protocol, accepted, source, destination } = exchange;
    const { vnic, ids, zone } = this.#names.host(host);
    const [from, to] = reply ? [destination, source] : [source, destination];
    const [fromPort, toPort] = reply
      ? [exchange.destinationPort, exchange.sourcePort]
      : [exchange.sourcePort, exchange.destinationPort];
    const counters = reply ? `${exchange.packetsReverse} ${exchange.bytesReverse}` : `${exchange.packets} ${exchange.bytes}`;
    const flags = protocol !== TCP ? 0 : accepted ? (reply ? FLAGS.reply : FLAGS.request) : FLAGS.rejected;
    const isEgress = from.host === host;
    const path = isEgress ? (to.host === undefined ? PATHS.internet : PATHS.within) : "-";
    return (
      `5 ${this.#names.account} ${vnic} ${from.address} ${to.address} ${fromPort} ${toPort} ${protocol} ${counters} ` +
      `${time} ${time + duration} ${accepted ? "ACCEPT" : "REJECT"} OK ${ids} ${flags} ` +
      `${from.address.includes(":") ? "IPv6" : "IPv4"} ${from.address} ${to.address} ${REGION} ${zone} ` +
      `${isEgress ? "egress" : "ingress"} ${path}`
    );
  }
}

/**
 * VPC Flow Logs with a heading, one object a window:
 * `<prefix>AWSLogs/<account>/vpcflowlogs/<region>/<yyyy/mm/dd>/<account>_vpcflowlogs_<region>_<flow log>_<yyyymmddThhmmZ>_<hash>.log.gz`.
 */
export class AwsDialect implements LineDialect {
  readonly encoder: AwsEncoder;
  readonly heading = COLUMNS;
  /** The service delivers after about ten minutes. */
  readonly delay = 600;
  readonly #names: AwsNames;
  readonly #prefix: string;
  #hash = "";

  constructor(names: AwsNames, options: { readonly prefix: string }) {
    this.encoder = new AwsEncoder(names);
    this.#names = names;
    this.#prefix = options.prefix;
  }

  prepare(_window: Window, random: Random): void {
    this.#hash = random.hex8();
  }

  key(window: Window): string {
    const second = Math.floor(window.from);
    const { account, flowLog } = this.#names;
    const day = isoSecond(second).slice(0, 10).replaceAll("-", "/");
    const minute = `${stamp(second).slice(0, "20260105T0000".length)}Z`;
    const name = `${account}_vpcflowlogs_${REGION}_${flowLog}_${minute}_${this.#hash}.log.gz`;
    return `${this.#prefix}AWSLogs/${account}/vpcflowlogs/${REGION}/${day}/${name}`;
  }

  quality(host: Host, kind: "noData" | "skipData", time: number): string {
    return this.encoder.quality(host, kind === "noData" ? "NODATA" : "SKIPDATA", time);
  }

  breakLine(kind: string, good: string): ReturnType<LineDialect["breakLine"]> {
    const values = good.split(" ");
    const column = (name: string, value: string) => ({ text: values.with(NAMES.indexOf(name), value).join(" ") });
    switch (kind) {
      case "half-line":
        return { text: values.slice(0, 7).join(" ") };
      case "long-line":
        return { text: `${good} ${"x".repeat(10 * 1024 * 1024)}` };
      case "nul":
        return column("srcaddr", "10.20.\0.7");
      case "invalid-utf8":
        return column("srcaddr", "10.20.\xff\xfe.7");
      case "bad-address":
        return column("srcaddr", "10.100.xx.197");
      case "bad-port":
        return column("dstport", "70000");
      case "null-field":
        return column("srcaddr", "-");
      case "big-counter":
        return { ...column("bytes", "18446744073709551615"), bytes: 18_446_744_073_709_551_615n };
      default:
        return undefined;
    }
  }

  subnetId(subnet: Subnet): string {
    return this.#names.subnet(subnet);
  }
}
