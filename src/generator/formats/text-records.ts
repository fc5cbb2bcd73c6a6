import type { Exchange } from "../exchange.ts";
import type { Random } from "../random.ts";
import type { Host } from "../world.ts";
import type { Encoder, RecordSink } from "./format.ts";
import { viewsOf } from "./views.ts";

/**
 * The 12-field text form: version, source, destination, source port, destination port, protocol, packets, bytes, start, end,
 * action, status. One-directional like the JSON form, and without the VNIC.
 */
export class VcnTextEncoder implements Encoder {
  /** The word for accepted traffic: both are found. */
  accepted: "ACCEPT" | "ALLOW" = "ACCEPT";

  count(exchange: Exchange): number {
    return viewsOf(exchange).length;
  }

  write(exchange: Exchange, from: number, to: number, _random: Random, sinkOf: (host: Host) => RecordSink): void {
    for (const { host, reply } of viewsOf(exchange).slice(from, to)) {
      const text = line(exchange, reply, exchange.accepted ? this.accepted : "REJECT");
      const bytes = reply ? exchange.bytesReverse : exchange.bytes;
      sinkOf(host).flow(text, exchange.time, exchange.accepted, bytes, 0, exchange.incident, reply);
    }
  }

  /** A line without traffic: every field but the times and the status is a dash. */
  quality(kind: "noData" | "skipData", time: number): string {
    return `2 - - - - - - - ${time} ${time + 60} - ${kind === "noData" ? "NODATA" : "SKIPDATA"}`;
  }
}

function line(exchange: Exchange, reply: boolean, action: string): string {
  const { source, sourcePort, destination, destinationPort, protocol, time } = exchange;
  const ends = reply
    ? `${destination.address} ${source.address} ${destinationPort} ${sourcePort}`
    : `${source.address} ${destination.address} ${sourcePort} ${destinationPort}`;
  const counters = reply ? `${exchange.packetsReverse} ${exchange.bytesReverse}` : `${exchange.packets} ${exchange.bytes}`;
  return `2 ${ends} ${protocol} ${counters} ${time} ${time + exchange.duration} ${action} OK`;
}
