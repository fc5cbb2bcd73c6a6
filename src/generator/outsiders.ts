import type { Peer } from "./exchange.ts";
import type { Random } from "./random.ts";

/** First octets of the addresses of ordinary clients, and of those that only knock: nobody is both. */
const CLIENT_OCTETS = [24, 31, 46, 62, 71, 73, 81, 86, 91, 98, 109, 151, 176, 188, 212];
const NOISE_OCTETS = [43, 45, 61, 80, 89, 94, 103, 118, 141, 162, 167, 185, 194, 205, 218];
/** What the internet knocks at; a scanner that comes back keeps to one port that is no administrator's. */
const NOISE_PORTS = [23, 22, 3389, 445, 8080, 5060, 81, 2323, 8443, 5555, 1433, 6379, 3306, 5900, 8081, 7547, 9200, 123, 53413];
const RETURNING_PORTS = [81, 8080, 5060, 7547, 8081, 53413, 37215, 60001];
const RETURNING_SCANNERS = 400;
const CLIENTS = 60_000;

export const outside = (address: string): Peer => ({ address, host: undefined });

/** The same client number is the same address. Few clients do most: the number is the product of two draws. */
export function client(random: Random): Peer {
  const number = Math.floor(random.fraction() * random.fraction() * CLIENTS);
  const mixed = Math.imul(number + 1, 0x9e37_79b1) >>> 0;
  const octet = CLIENT_OCTETS[number % CLIENT_OCTETS.length] ?? 24;
  return outside(`${octet}.${(mixed >>> 24) & 255}.${(mixed >>> 14) & 255}.${1 + ((mixed >>> 4) % 254)}`);
}

/** Somebody who knocks, and where. */
export function knock(random: Random): { source: Peer; port: number } {
  if (random.chance(0.25)) {
    const number = random.below(RETURNING_SCANNERS);
    const mixed = Math.imul(number + 1, 0x85eb_ca6b) >>> 0;
    const port = RETURNING_PORTS[number % RETURNING_PORTS.length] ?? 81;
    return { source: outside(`179.${(mixed >>> 24) & 255}.${(mixed >>> 12) & 255}.${1 + (number % 254)}`), port };
  }
  const octet = random.pick(NOISE_OCTETS);
  const rest = random.uint32();
  return {
    source: outside(`${octet}.${rest >>> 24}.${(rest >>> 16) & 255}.${1 + ((rest >>> 4) % 254)}`),
    port: random.chance(0.7) ? random.pick(NOISE_PORTS) : random.between(1, 65_535),
  };
}
