import { Random } from "../../../src/generator/random.ts";
import type { End } from "./conversation.ts";

/** How many hosts of each role 1,000 hosts have. The order is that of their addresses. */
const ROLES = {
  gateway: 2,
  bastion: 2,
  "load-balancer": 4,
  web: 24,
  app: 120,
  database: 40,
  "file-server": 4,
  "domain-controller": 4,
  dns: 2,
  monitoring: 2,
  metrics: 1,
  automation: 1,
  scanner: 1,
  "build-server": 5,
  mail: 2,
  desktop: 400,
  server: 386,
} as const;

export type HostRole = keyof typeof ROLES;

export interface Host extends End {
  readonly host: number;
  readonly name: string;
  readonly role: HostRole;
  readonly subnet: number;
}

const HOSTS_OF_SUBNET = 250;

/** A network of about `size` hosts in subnets of 250 (10.40.0.0/22, 10.40.4.0/22, …). What has one host keeps one. */
export class Estate {
  readonly hosts: readonly Host[];
  readonly subnets: number;
  readonly #byRole = new Map<HostRole, Host[]>();

  constructor(size: number) {
    const hosts: Host[] = [];
    for (const [role, count] of Object.entries(ROLES) as [HostRole, number][]) {
      const least = Math.min(count, 4);
      const wanted = Math.max(least, Math.round((count * size) / 1000));
      const own: Host[] = [];
      for (let number = 1; number <= wanted; number++) {
        const host = hosts.length;
        const subnet = Math.floor(host / HOSTS_OF_SUBNET);
        const offset = (host % HOSTS_OF_SUBNET) + 4;
        const address = `10.40.${subnet * 4}.${offset}`;
        const made = { host, address, name: `${role}-${number}`, role, subnet };
        own.push(made);
        hosts.push(made);
      }
      this.#byRole.set(role, own);
    }
    this.hosts = hosts;
    this.subnets = Math.floor((hosts.length - 1) / HOSTS_OF_SUBNET) + 1;
  }

  of(role: HostRole): readonly Host[] {
    return this.#byRole.get(role) as Host[];
  }

  /** The number-th host of a role, from the end where it is negative; there are always some. */
  one(role: HostRole, number = 0): Host {
    const own = this.of(role);
    return own.at(number % own.length) as Host;
  }
}

export const subnetOcid = (subnet: number): string => `ocid1.subnet.oc1.iad.evaluation${subnet}`;
export const subnetCidr = (subnet: number): string => `10.40.${subnet * 4}.0/22`;
/** People who work from home get addresses of this network when they have joined the VPN. */
export const VPN_NETWORK = "172.20.8.0/24";

export const outside = (address: string): End => ({ address, host: undefined });

/** An address of the internet of the number, always the same: in 20.0.0.0 to 99.255.255.255, which no attack uses. */
export function publicAddress(kind: string, number: number): string {
  const random = new Random("public", kind, number);
  return `${random.between(20, 99)}.${random.below(256)}.${random.below(256)}.${random.between(1, 254)}`;
}
