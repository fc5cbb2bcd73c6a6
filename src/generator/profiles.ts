import type { Peer } from "./exchange.ts";
import { ICMP, UDP } from "./exchange.ts";
import { client, knock, outside } from "./outsiders.ts";
import type { Random } from "./random.ts";
import type { Host, Role, World } from "./world.ts";

/** What a profile settles of an exchange; the rest is drawn alike for all. */
export interface Facts {
  readonly source: Peer;
  readonly destination: Peer;
  readonly port: number;
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly accepted?: boolean;
  readonly bytes: number;
  readonly bytesReverse: number;
}

/** One kind of everyday traffic. */
export interface Profile {
  readonly name: string;
  /** Share of the exchanges, relative to the other profiles. */
  readonly weight: number;
  /** Whether such connections may be kept open for hours. */
  readonly kept?: true;
  draw(random: Random, world: World): Facts;
}

const inside = (host: Host): Peer => ({ address: host.address, host });
const server = (random: Random, world: World, role: Role): Peer => inside(random.pick(world.byRole[role]));
const anyServer = (random: Random, world: World): Peer => inside(random.pick(world.hosts));

/** Traffic that every log has. */
export const COMMON: readonly Profile[] = [
  {
    name: "clients to the load balancer",
    weight: 22,
    draw: (random, world) => ({
      source: client(random),
      destination: server(random, world, "load-balancer"),
      port: random.chance(0.9) ? 443 : 80,
      bytes: random.size(1_800, 0.9, 400_000),
      bytesReverse: random.size(14_000, 1.4, 2_000_000),
    }),
  },
  {
    name: "clients to published web servers",
    weight: 5,
    draw: (random, world) => ({
      source: client(random),
      destination: server(random, world, "web"),
      port: 443,
      bytes: random.size(1_500, 0.8, 200_000),
      bytesReverse: random.size(9_000, 1.3, 1_000_000),
    }),
  },
  {
    name: "load balancer to web",
    weight: 13,
    kept: true,
    draw: (random, world) => ({
      source: server(random, world, "load-balancer"),
      destination: server(random, world, "web"),
      port: 8443,
      bytes: random.size(2_200, 0.9, 500_000),
      bytesReverse: random.size(15_000, 1.4, 3_000_000),
    }),
  },
  {
    name: "health checks",
    weight: 5,
    draw: (random, world) => ({
      source: server(random, world, "load-balancer"),
      destination: server(random, world, "web"),
      port: 8080,
      bytes: random.between(390, 420),
      bytesReverse: random.between(480, 560),
    }),
  },
  {
    name: "web to app",
    weight: 9,
    kept: true,
    draw: (random, world) => ({
      source: server(random, world, "web"),
      destination: server(random, world, "app"),
      port: 8080,
      bytes: random.size(3_000, 1, 1_000_000),
      bytesReverse: random.size(9_000, 1.2, 4_000_000),
    }),
  },
  {
    name: "app to database",
    weight: 7,
    kept: true,
    draw: (random, world) => ({
      source: server(random, world, "app"),
      destination: server(random, world, "database"),
      port: 1521,
      bytes: random.size(4_000, 1.1, 1_000_000),
      bytesReverse: random.size(30_000, 1.5, 20_000_000),
    }),
  },
  {
    name: "app to cache",
    weight: 3,
    kept: true,
    draw: (random, world) => ({
      source: server(random, world, "app"),
      destination: server(random, world, world.byRole.cache.length > 0 ? "cache" : "database"),
      port: 6379,
      bytes: random.size(900, 0.8, 100_000),
      bytesReverse: random.size(2_000, 1, 500_000),
    }),
  },
  {
    name: "name resolution",
    weight: 8,
    draw: (random, world) => ({
      source: anyServer(random, world),
      destination: server(random, world, "dns"),
      port: 53,
      protocol: UDP,
      bytes: random.between(58, 96),
      bytesReverse: random.between(74, 420),
    }),
  },
  {
    name: "network time",
    weight: 2,
    draw: (random, world) => ({
      source: anyServer(random, world),
      destination: outside(random.pick(world.approved.ntp).address),
      port: 123,
      protocol: UDP,
      sourcePort: 123,
      bytes: 76,
      bytesReverse: 76,
    }),
  },
  {
    name: "monitoring",
    weight: 4,
    kept: true,
    draw: (random, world) => ({
      source: server(random, world, "monitoring"),
      destination: anyServer(random, world),
      port: 9100,
      bytes: random.between(700, 900),
      bytesReverse: random.size(24_000, 0.3, 90_000),
    }),
  },
  {
    name: "system logs",
    weight: 2,
    kept: true,
    draw: (random, world) => ({
      source: anyServer(random, world),
      destination: server(random, world, "monitoring"),
      port: 6514,
      bytes: random.size(5_000, 1.1, 900_000),
      bytesReverse: random.between(300, 900),
    }),
  },
  {
    name: "approved services outside",
    weight: 4,
    draw: (random, world) => ({
      source: server(random, world, random.chance(0.8) ? "app" : "web"),
      destination: outside(random.pick(world.approved.web).address),
      port: 443,
      bytes: random.size(2_500, 1, 500_000),
      bytesReverse: random.size(8_000, 1.5, 5_000_000),
    }),
  },
  {
    name: "backups to approved storage",
    weight: 0.4,
    draw: (random, world) => ({
      source: server(random, world, "database"),
      destination: outside(world.approved.storage.address),
      port: 443,
      bytes: random.size(9_000_000, 1, 200_000_000),
      bytesReverse: random.size(60_000, 0.6, 900_000),
    }),
  },
  {
    name: "administrators through the VPN to the bastion",
    weight: 0.3,
    draw: (random, world) => ({
      source: outside(`172.20.8.${random.between(10, 30)}`),
      destination: server(random, world, "bastion"),
      port: 22,
      bytes: random.size(6_000, 0.9, 300_000),
      bytesReverse: random.size(18_000, 1, 900_000),
    }),
  },
  {
    name: "bastion to servers",
    weight: 0.4,
    draw: (random, world) => ({
      source: server(random, world, "bastion"),
      destination: server(random, world, random.chance(0.6) ? "app" : "web"),
      port: 22,
      bytes: random.size(6_000, 0.9, 300_000),
      bytesReverse: random.size(18_000, 1, 900_000),
    }),
  },
  {
    name: "rejected: the internet knocks",
    weight: 24,
    draw: (random, world) => {
      const { source, port } = knock(random);
      const bytes = random.chance(0.8) ? 40 : 60;
      return { source, destination: inside(random.pick(world.published)), port, accepted: false, bytes, bytesReverse: 0 };
    },
  },
  {
    name: "rejected: a metrics agent nobody opened a port for",
    weight: 1,
    draw: (random, world) => ({
      source: server(random, world, "app"),
      destination: server(random, world, "monitoring"),
      port: 8125,
      protocol: UDP,
      accepted: false,
      bytes: random.between(80, 400),
      bytesReverse: 0,
    }),
  },
];

/** Only where ICMP and IPv6 are logged. */
export const OCI_ONLY: readonly Profile[] = [
  {
    name: "echo requests of monitoring",
    weight: 1,
    draw: (random, world) => {
      const facts = { protocol: ICMP, port: 0, sourcePort: 0, bytes: 84, bytesReverse: 84 };
      return { ...facts, source: server(random, world, "monitoring"), destination: anyServer(random, world) };
    },
  },
  {
    name: "IPv6 clients",
    weight: 3,
    draw: (random, world) => {
      const host = random.pick(world.dualStack);
      const number = random.below(4_000);
      return {
        source: outside(
          `2001:db8:f${(number % 16).toString(16)}00:${(number + 1).toString(16)}::${random.between(1, 15).toString(16)}`,
        ),
        destination: { address: host.address6 ?? host.address, host },
        port: 443,
        bytes: random.size(1_800, 0.9, 400_000),
        bytesReverse: random.size(14_000, 1.4, 2_000_000),
      };
    },
  },
];

/** Only where DHCP is logged. */
export const IBM_ONLY: readonly Profile[] = [
  {
    name: "address leases",
    weight: 1,
    draw: (random, world) => {
      const host = random.pick(world.hosts);
      const facts = { protocol: UDP, port: 67, sourcePort: 68, bytes: 1_368 };
      if (random.chance(0.1)) {
        return { ...facts, source: { address: "0.0.0.0", host }, destination: outside("255.255.255.255"), bytesReverse: 0 };
      }
      return { ...facts, source: inside(host), destination: outside(`10.20.${host.subnet.index * 4}.1`), bytesReverse: 1_280 };
    },
  },
];
