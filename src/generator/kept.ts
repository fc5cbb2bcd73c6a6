import type { Facts, Profile } from "./profiles.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

/** So many pairs of servers keep connections open, each of them a few. */
const PAIRS = 300;
const CONNECTIONS = 4;
/** A connection lasts so long, in seconds, and is opened again from another port. */
const LIFE = 21_600;
const [FIRST_PORT, PORTS] = [32_768, 28_232];

type Ends = Pick<Facts, "source" | "destination" | "port">;

interface Pair extends Ends {
  readonly profile: Profile;
  readonly firstPort: number;
}

/**
 * Connections that servers keep open with each other, as pools and agents do: the log has one record of each for every minute, with the same
 * ends and ports for hours. Most of what an ordinary network logs is of these.
 */
export class KeptConnections {
  readonly #world: World;
  readonly #pairs: readonly Pair[];

  constructor(seed: string, world: World, profiles: readonly Profile[]) {
    this.#world = world;
    const random = new Random(seed, "kept");
    const keeping = profiles.filter(({ kept }) => kept === true);
    const pairs = new Map<string, Pair>();
    // A small network has fewer pairs than that.
    for (let tries = 0; pairs.size < PAIRS && tries < PAIRS * 20; tries++) {
      const profile = random.pick(keeping);
      const { source, destination, port } = profile.draw(random, world);
      if (source.host === destination.host) continue;
      const key = `${source.address} ${destination.address} ${port}`;
      if (!pairs.has(key)) pairs.set(key, { source, destination, port, profile, firstPort: random.below(PORTS) });
    }
    this.#pairs = [...pairs.values()];
  }

  /** What one of them did in a minute; few pairs do most. */
  draw(random: Random, time: number): Facts & { readonly sourcePort: number; readonly connectionStart: number } {
    const pair = this.#pairs[Math.floor(random.fraction() * random.fraction() * this.#pairs.length)] as Pair;
    const life = Math.floor(time / LIFE);
    const { bytes, bytesReverse } = pair.profile.draw(random, this.#world);
    const { source, destination, port } = pair;
    const sourcePort = FIRST_PORT + ((pair.firstPort + life * 977 + random.below(CONNECTIONS)) % PORTS);
    return { source, destination, port, bytes, bytesReverse, sourcePort, connectionStart: life * LIFE };
  }
}
