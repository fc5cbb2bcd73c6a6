import type { Enricher } from "../contracts/enricher.ts";
import type { FlowContext } from "../flow/flow.ts";
import type { IpBits } from "../lib/ip/address.ts";
import { contains } from "../lib/ip/prefix.ts";
import type { Subnet } from "./tables/subnets.ts";
import type { Tables } from "./tables/tables.ts";

/**
 * Sets the direction of a flow as seen from its VNIC's subnet, and the subnet's name. What the provider's record states wins;
 * else a source inside the subnet's networks is egress, else a destination inside them is ingress, else it is unknown.
 */
export function directionEnricher({ addresses, subnets }: Tables): Enricher {
  let context: FlowContext | undefined;
  let subnet: Subnet | undefined;

  const inside = (ip: IpBits): boolean => {
    if (subnet === undefined) return false;
    for (const network of subnet.networks) if (contains(network.prefix, ip)) return true;
    return false;
  };

  return (flow) => {
    if (flow.context !== context) {
      context = flow.context;
      subnet = context.subnet === undefined ? undefined : subnets.get(context.subnet);
    }
    const logged = flow.directionLogged;
    if (logged === undefined || logged === "unknown") {
      addresses.look(flow);
      flow.direction = inside(addresses.sourceIp) ? "egress" : inside(addresses.destinationIp) ? "ingress" : "unknown";
    } else {
      flow.direction = logged;
    }
    flow.subnetName = subnet?.name ?? flow.context.subnetName;
  };
}
