import type { Exchange } from "../exchange.ts";
import { ICMP } from "../exchange.ts";
import { Random } from "../random.ts";
import { isoSecond } from "../stamps.ts";
import type { Host, Subnet, World } from "../world.ts";
import type { Encoder, RecordSink } from "./format.ts";

export const REGION = "us-south";

/** Names of an account's resources, made up from the seed. A subnet lies in one zone of the region. */
export class IbmNames {
  readonly account: string;
  readonly collector: string;
  readonly vpc: string;
  readonly #subnets: readonly string[];
  readonly #hosts: readonly { readonly instance: string; readonly vnic: string }[];

  constructor(seed: string, world: World) {
    const random = new Random(seed, "crns");
    this.account = random.hex8() + random.hex8() + random.hex8() + random.hex8();
    const crn = (place: string, type: string, id: string) => `crn:v1:bluemix:public:is:${place}:a/${this.account}::${type}:${id}`;
    const zone = (subnet: Subnet) => (subnet.index % 3) + 1;
    this.collector = crn(REGION, "flow-log-collector", `r006-${random.uuid()}`);
    this.vpc = crn(REGION, "vpc", `r006-${random.uuid()}`);
    this.#subnets = world.subnets.map((subnet) =>
      crn(`${REGION}-${zone(subnet)}`, "subnet", `07${zone(subnet)}7-${random.uuid()}`),
    );
    this.#hosts = world.hosts.map(({ subnet }) => ({
      instance: crn(`${REGION}-${zone(subnet)}`, "instance", `07${zone(subnet)}7_${random.uuid()}`),
      vnic: `07${zone(subnet)}7-${random.uuid()}`,
    }));
  }

  subnet(subnet: Subnet): string {
    return this.#subnets[subnet.index] as string;
  }

  host(host: Host): { readonly instance: string; readonly vnic: string } {
    return this.#hosts[host.index] as { instance: string; vnic: string };
  }
}

/** Elements of `flow_logs`: two-way records of TCP and UDP over IPv4, one for each VNIC that saw the connection. */
export class IbmEncoder implements Encoder {
  count(exchange: Exchange): number {
    return this.#views(exchange).length;
  }

  write(exchange: Exchange, from: number, to: number, random: Random, sinkOf: (host: Host) => RecordSink): void {
    for (const { host, direction } of this.#views(exchange).slice(from, to)) {
      const { time, accepted, bytes, bytesReverse, incident } = exchange;
      sinkOf(host).flow(flowLog(exchange, direction, random), time, accepted, bytes, bytesReverse, incident, false);
    }
  }

  #views(exchange: Exchange): { host: Host; direction: "I" | "O" }[] {
    const { source, destination, protocol, accepted } = exchange;
    if (protocol === ICMP || source.address.includes(":")) return [];
    const views: { host: Host; direction: "I" | "O" }[] = [];
    if (source.host !== undefined) views.push({ host: source.host, direction: "O" });
    if (destination.host !== undefined && (accepted || source.host === undefined)) {
      views.push({ host: destination.host, direction: "I" });
    }
    return views;
  }
}

/**
 * A close notice of a rejected flow that was reported before: no times of its own and nothing in this window, only the
 * cumulative counters.
 */
export function closeNotice(exchange: Exchange, direction: "I" | "O"): string {
  const counters = { bytes: 0, packets: 0, bytesReverse: 0, packetsReverse: 0 };
  return element(exchange, direction, {
    start: "",
    end: "",
    initiated: false,
    terminated: true,
    window: counters,
    total: exchange,
  });
}

function flowLog(exchange: Exchange, direction: "I" | "O", random: Random): string {
  const initiated = exchange.connectionStart === exchange.time;
  const factor = initiated ? 1 : random.between(2, 9);
  return element(exchange, direction, {
    start: `${isoSecond(exchange.time)}Z`,
    end: `${isoSecond(exchange.time + exchange.duration)}Z`,
    initiated,
    terminated: exchange.accepted && random.chance(0.85),
    window: exchange,
    total: {
      bytes: exchange.bytes * factor,
      packets: exchange.packets * factor,
      bytesReverse: exchange.bytesReverse * factor,
      packetsReverse: exchange.packetsReverse * factor,
    },
  });
}

type Counters = Pick<Exchange, "bytes" | "packets" | "bytesReverse" | "packetsReverse">;

interface Part {
  readonly start: string;
  readonly end: string;
  readonly initiated: boolean;
  readonly terminated: boolean;
  readonly window: Counters;
  readonly total: Counters;
}

function element(exchange: Exchange, direction: "I" | "O", part: Part): string {
  const { start, end, initiated, terminated, window, total } = part;
  return (
    `{"start_time":"${start}","end_time":"${end}","connection_start_time":"${isoSecond(exchange.connectionStart)}Z",` +
    `"direction":"${direction}","action":"${exchange.accepted ? "accepted" : "rejected"}",` +
    `"initiator_ip":"${exchange.source.address}","target_ip":"${exchange.destination.address}",` +
    `"initiator_port":${exchange.sourcePort},"target_port":${exchange.destinationPort},` +
    `"transport_protocol":${exchange.protocol},"ether_type":"IPv4",` +
    `"was_initiated":${initiated},"was_terminated":${terminated},` +
    `"bytes_from_initiator":${window.bytes},"packets_from_initiator":${window.packets},` +
    `"bytes_from_target":${window.bytesReverse},"packets_from_target":${window.packetsReverse},` +
    `"cumulative_bytes_from_initiator":${total.bytes},"cumulative_packets_from_initiator":${total.packets},` +
    `"cumulative_bytes_from_target":${total.bytesReverse},"cumulative_packets_from_target":${total.packetsReverse}}`
  );
}
