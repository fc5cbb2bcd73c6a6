import type { Exchange } from "../exchange.ts";
import type { Host } from "../world.ts";

/** One record that a one-directional log makes of an exchange: which VNIC writes it, and whether it runs from the destination back. */
export interface View {
  readonly host: Host;
  readonly reply: boolean;
}

/**
 * The records of an exchange in a one-directional log: one for each direction and VNIC. A rejected exchange is a single
 * record, of the VNIC whose rules rejected it: the sender's where that is a server of the network.
 */
export function viewsOf(exchange: Exchange): View[] {
  const source = exchange.source.host;
  const destination = exchange.destination.host;
  const views: View[] = [];
  if (source !== undefined) views.push({ host: source, reply: false });
  if (destination !== undefined && (exchange.accepted || source === undefined)) views.push({ host: destination, reply: false });
  if (exchange.accepted && exchange.packetsReverse > 0) {
    if (destination !== undefined) views.push({ host: destination, reply: true });
    if (source !== undefined) views.push({ host: source, reply: true });
  }
  return views;
}
