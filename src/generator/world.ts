import type { Random } from "./random.ts";

export type Role = "load-balancer" | "web" | "app" | "database" | "cache" | "bastion" | "jump" | "dns" | "monitoring";

export interface Subnet {
  readonly index: number;
  readonly name: string;
  readonly cidr: string;
  /** The IPv6 prefix (/64) of a dual-stack subnet. */
  readonly cidr6: string | undefined;
}

/** A server of the network with its one VNIC, which logs. */
export interface Host {
  readonly index: number;
  readonly name: string;
  readonly role: Role;
  readonly owner: string;
  readonly subnet: Subnet;
  readonly address: string;
  readonly address6: string | undefined;
  /** Reachable from the internet. Flow logs show the private address all the same. */
  readonly publicAddress: string | undefined;
}

/** A service outside of the network that the servers may use. */
interface ApprovedService {
  readonly name: string;
  readonly address: string;
}

export interface World {
  readonly subnets: readonly Subnet[];
  readonly hosts: readonly Host[];
  readonly byRole: Readonly<Record<Role, readonly Host[]>>;
  /** Hosts with a public address. */
  readonly published: readonly Host[];
  readonly dualStack: readonly Host[];
  readonly approved: {
    readonly ntp: readonly ApprovedService[];
    readonly web: readonly ApprovedService[];
    readonly storage: ApprovedService;
  };
}

export const NETWORK = "10.20.0.0/16";
export const NETWORK6 = "2001:db8:20::/56";
/** Administrators come from here, through a VPN; it counts as internal. */
export const VPN = "172.20.8.0/24";
/** Approved services outside (TEST-NET-1 of RFC 5737). */
export const APPROVED = "192.0.2.0/24";

export const LEAST_VNICS = 8;
export const MOST_VNICS = 2000;

const SUBNETS: readonly Subnet[] = [
  { index: 0, name: "web", cidr: "10.20.0.0/22", cidr6: "2001:db8:20::/64" },
  { index: 1, name: "app", cidr: "10.20.4.0/22", cidr6: undefined },
  { index: 2, name: "db", cidr: "10.20.8.0/22", cidr6: undefined },
  { index: 3, name: "admin", cidr: "10.20.12.0/22", cidr6: undefined },
];

interface Kind {
  readonly role: Role;
  readonly prefix: string;
  readonly subnet: number;
  readonly owner: string;
  readonly published?: boolean;
}

const KINDS = {
  loadBalancer: { role: "load-balancer", prefix: "lb", subnet: 0, owner: "platform", published: true },
  web: { role: "web", prefix: "web", subnet: 0, owner: "storefront", published: true },
  app: { role: "app", prefix: "app", subnet: 1, owner: "storefront" },
  database: { role: "database", prefix: "db", subnet: 2, owner: "data" },
  cache: { role: "cache", prefix: "cache", subnet: 2, owner: "data" },
  bastion: { role: "bastion", prefix: "bastion", subnet: 3, owner: "platform", published: true },
  jump: { role: "jump", prefix: "jump", subnet: 3, owner: "platform", published: true },
  dns: { role: "dns", prefix: "dns", subnet: 3, owner: "platform" },
  monitoring: { role: "monitoring", prefix: "mon", subnet: 3, owner: "platform" },
} satisfies Record<string, Kind>;

/** The servers that every network has, then those it grows by, over and over. */
const FIRST: readonly Kind[] = [
  KINDS.loadBalancer,
  KINDS.web,
  KINDS.app,
  KINDS.database,
  KINDS.bastion,
  KINDS.jump,
  KINDS.dns,
  KINDS.monitoring,
];
const THEN: readonly Kind[] = [KINDS.web, KINDS.app, KINDS.database, KINDS.web, KINDS.app, KINDS.cache];

/** A network of `vnics` servers in four subnets, and the services outside that it uses. */
export function createWorld(random: Random, vnics: number): World {
  const counts = new Map<Role, number>();
  const taken = SUBNETS.map(() => 1);
  const hosts = Array.from({ length: vnics }, (_, index): Host => {
    const kind: Kind = FIRST[index] ?? THEN[(index - FIRST.length) % THEN.length] ?? KINDS.web;
    const number = (counts.get(kind.role) ?? 0) + 1;
    counts.set(kind.role, number);
    const subnet = SUBNETS[kind.subnet] as Subnet;
    const offset = (taken[kind.subnet] ?? 1) + 1;
    taken[kind.subnet] = offset;
    return {
      index,
      name: `${kind.prefix}-${String(number).padStart(2, "0")}`,
      role: kind.role,
      owner: kind.owner,
      subnet,
      address: `10.20.${kind.subnet * 4 + (offset >> 8)}.${offset & 255}`,
      address6: subnet.cidr6?.replace("/64", offset.toString(16)),
      publicAddress: kind.published === true ? `129.80.${random.below(256)}.${random.between(1, 254)}` : undefined,
    };
  });
  const ofRole = (role: Role) => hosts.filter((host) => host.role === role);
  return {
    subnets: SUBNETS,
    hosts,
    byRole: {
      "load-balancer": ofRole("load-balancer"),
      web: ofRole("web"),
      app: ofRole("app"),
      database: ofRole("database"),
      cache: ofRole("cache"),
      bastion: ofRole("bastion"),
      jump: ofRole("jump"),
      dns: ofRole("dns"),
      monitoring: ofRole("monitoring"),
    },
    published: hosts.filter((host) => host.publicAddress !== undefined),
    dualStack: hosts.filter((host) => host.address6 !== undefined),
    approved: {
      ntp: [
        { name: "ntp-1.example.net", address: "192.0.2.123" },
        { name: "ntp-2.example.net", address: "192.0.2.124" },
      ],
      web: [
        { name: "packages.example.net", address: "192.0.2.20" },
        { name: "payments.example.com", address: "192.0.2.21" },
        { name: "mail-relay.example.com", address: "192.0.2.22" },
        { name: "identity.example.com", address: "192.0.2.23" },
      ],
      storage: { name: "object-storage.example.net", address: "192.0.2.40" },
    },
  };
}
