import type { Generation } from "./generate.ts";
import { APPROVED, NETWORK, NETWORK6, VPN } from "./world.ts";

/** Lookup tables that fit a generated bucket, by file name. */
export function lookupFiles(generation: Pick<Generation, "world" | "subnetId">): Readonly<Record<string, string>> {
  const { hosts, subnets, approved } = generation.world;
  const services = [...approved.ntp, ...approved.web, approved.storage];
  return {
    "servers.csv": table("address,server,owner,role", [
      ...hosts.flatMap(({ address, address6, name, owner, role }) =>
        [address, address6].flatMap((each) => (each === undefined ? [] : [[each, name, owner, role]])),
      ),
      ...services.map(({ address, name }) => [address, name, "vendor", "approved-service"]),
      [VPN, "vpn-clients", "platform", "vpn"],
    ]),
    "subnets.csv": table(
      "subnet,cidr,name",
      subnets.flatMap((subnet) =>
        [subnet.cidr, subnet.cidr6].flatMap((cidr) =>
          cidr === undefined ? [] : [[generation.subnetId(subnet), cidr, subnet.name]],
        ),
      ),
    ),
    "approved-destinations.csv": table(
      "cidr,name",
      services.map(({ address, name }) => [`${address}/32`, name]),
    ),
    "networks.csv": table("cidr,zone,name", [
      [NETWORK, "internal", "production"],
      [NETWORK6, "internal", "production"],
      [VPN, "internal", "vpn"],
      [APPROVED, "external", "approved-services"],
    ]),
  };
}

function table(header: string, rows: readonly (readonly string[])[]): string {
  return `${[header, ...rows.map((row) => row.join(","))].join("\n")}\n`;
}
