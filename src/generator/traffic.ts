import type { Exchange } from "./exchange.ts";
import { TCP } from "./exchange.ts";
import { KeptConnections } from "./kept.ts";
import { COMMON, IBM_ONLY, OCI_ONLY, type Profile } from "./profiles.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/**
 * Draws the everyday traffic of a network, none of which looks like an incident: no service but 80 and 443 is accepted from
 * outside, no pair meets at even intervals, nobody outside gets much from one server, and who is rejected is never accepted.
 */
export class Traffic {
  readonly #world: World;
  readonly #profiles: readonly Profile[];
  readonly #thresholds: Float64Array;
  readonly #keptShare: number;
  readonly #kept: KeptConnections;

  constructor(world: World, cloud: "oci" | "ibm", { seed, kept }: { readonly seed: string; readonly kept: number }) {
    this.#world = world;
    this.#keptShare = kept;
    this.#kept = new KeptConnections(seed, world, COMMON);
    this.#profiles = [...COMMON, ...(cloud === "oci" ? OCI_ONLY : IBM_ONLY)];
    const total = this.#profiles.reduce((sum, profile) => sum + profile.weight, 0);
    let sum = 0;
    this.#thresholds = Float64Array.from(this.#profiles, ({ weight }) => {
      sum += weight;
      return sum / total;
    });
  }

  draw(random: Random, time: number): Exchange {
    // No draw is spent where nothing is kept.
    if (this.#keptShare > 0 && random.chance(this.#keptShare)) {
      const { port, ...facts } = this.#kept.draw(random, time);
      return {
        ...{ ...facts, time, duration: 59, destinationPort: port, protocol: TCP, accepted: true, incident: undefined },
        ...{ packets: packetsOf(facts.bytes, TCP), packetsReverse: packetsOf(facts.bytesReverse, TCP) },
      };
    }
    const at = random.fraction();
    let index = 0;
    while (at >= (this.#thresholds[index] ?? 1) && index < this.#profiles.length - 1) index++;
    const profile = this.#profiles[index] as Profile;
    let facts = profile.draw(random, this.#world);
    while (facts.source.host !== undefined && facts.source.host === facts.destination.host)
      facts = profile.draw(random, this.#world);
    const protocol = facts.protocol ?? TCP;
    const accepted = facts.accepted ?? true;
    const long = accepted && protocol === TCP && random.chance(0.12);
    const duration = long ? random.between(30, 59) : random.chance(0.6) ? 0 : random.below(12);
    return {
      time,
      duration,
      source: facts.source,
      sourcePort: facts.sourcePort ?? random.between(32_768, 60_999),
      destination: facts.destination,
      destinationPort: facts.port,
      protocol,
      accepted,
      bytes: facts.bytes,
      packets: packetsOf(facts.bytes, protocol),
      bytesReverse: facts.bytesReverse,
      packetsReverse: facts.bytesReverse === 0 ? 0 : packetsOf(facts.bytesReverse, protocol),
      connectionStart: long && random.chance(0.5) ? time - random.between(60, 3_600) : time,
      incident: undefined,
    };
  }
}

/** Packets that so many bytes take: small ones first (handshake), then nearly full frames. */
export function packetsOf(bytes: number, protocol: number): number {
  if (protocol !== TCP) return Math.max(1, Math.round(bytes / 342));
  return bytes <= 60 ? 1 : Math.max(2, Math.round(bytes < 4_000 ? bytes / 180 : 22 + (bytes - 4_000) / 1_320));
}
