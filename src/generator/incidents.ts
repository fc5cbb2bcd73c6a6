import type { Exchange, Peer } from "./exchange.ts";
import { TCP } from "./exchange.ts";
import type { Random } from "./random.ts";
import { packetsOf } from "./traffic.ts";
import type { Host, World } from "./world.ts";

export const INCIDENTS = ["ssh-from-outside", "port-scan", "brute-force", "exfiltration", "beacon"] as const;
export type IncidentId = (typeof INCIDENTS)[number];

/** An incident with every exchange it consists of, in order of time. */
export interface Incident {
  readonly id: IncidentId;
  readonly source: string;
  readonly destination: string;
  /** Undefined where the incident is about many ports. */
  readonly port: number | undefined;
  readonly exchanges: readonly Exchange[];
}

interface Scene {
  readonly random: Random;
  readonly world: World;
  /** Seconds since the epoch. */
  readonly start: number;
  /** Seconds. */
  readonly span: number;
  readonly index: number;
}

/** Shorter spans have no room for the incidents. */
export const LEAST_SPAN_MS = 3_600_000;

const PLANS: Readonly<Record<IncidentId, (scene: Scene) => Incident>> = {
  "port-scan": portScan,
  "ssh-from-outside": sshFromOutside,
  "brute-force": bruteForce,
  exfiltration,
  beacon,
};

export function planIncident(id: IncidentId, scene: Scene): Incident {
  return PLANS[id](scene);
}

/** A vertical scan: 120 ports of one published web server in 45 seconds; only 443 answers. */
function portScan(scene: Scene): Incident {
  const source = outside("198.51.100.23");
  const destination = inside(scene.world.byRole.web[0]);
  const ports = new Set([21, 22, 23, 25, 80, 110, 135, 139, 143, 443, 445, 1433, 1521, 3306, 3389, 5432, 5900, 6379, 8080, 9200]);
  while (ports.size < 120) ports.add(scene.random.between(1, 10_000));
  const start = at(scene, 0.2);
  const exchanges = [...ports].map((port, i) =>
    exchange(scene, {
      time: start + Math.floor((i * 45) / ports.size),
      source,
      destination,
      destinationPort: port,
      accepted: port === 443,
      bytes: port === 443 ? 224 : 44,
      bytesReverse: port === 443 ? 164 : 0,
    }),
  );
  return incident("port-scan", undefined, exchanges);
}

/** An SSH session from outside that a published web server accepts: five minutes of one connection. */
function sshFromOutside(scene: Scene): Incident {
  const source = outside("203.0.113.45");
  const destination = inside(scene.world.byRole.web.at(-1));
  const start = at(scene, 0.35);
  const exchanges = Array.from({ length: 5 }, (_, minute) =>
    exchange(scene, {
      time: start + minute * 60,
      duration: 59,
      connectionStart: start,
      source,
      sourcePort: 51_422,
      destination,
      destinationPort: 22,
      bytes: scene.random.between(4_000, 20_000),
      bytesReverse: scene.random.between(9_000, 60_000),
    }),
  );
  return incident("ssh-from-outside", 22, exchanges);
}

/** 45 rejected knocks at RDP of the jump server, at uneven gaps within a quarter of an hour, then a session of three minutes. */
function bruteForce(scene: Scene): Incident {
  const source = outside("203.0.113.200");
  const destination = inside(scene.world.byRole.jump[0]);
  const longest = Math.max(6, Math.min(36, Math.floor(scene.span / 130)));
  let time = at(scene, 0.5);
  const exchanges = Array.from({ length: 45 }, () => {
    time += scene.random.between(1, longest);
    return exchange(scene, { time, source, destination, destinationPort: 3389, accepted: false, bytes: 60 });
  });
  const success = time + 5;
  for (let minute = 0; minute < 3; minute++) {
    const [bytes, bytesReverse] = [scene.random.between(40_000, 90_000), scene.random.between(300_000, 900_000)];
    const session = { duration: 59, connectionStart: success, source, sourcePort: 49_871, destination, destinationPort: 3389 };
    exchanges.push(exchange(scene, { ...session, time: success + minute * 60, bytes, bytesReverse }));
  }
  return incident("brute-force", 3389, exchanges);
}

/** A database server sends 560 to 900 MB a minute, for twelve minutes, to an address that nobody approved. */
function exfiltration(scene: Scene): Incident {
  const source = inside(scene.world.byRole.database[0]);
  const destination = outside("203.0.113.99");
  const start = at(scene, 0.62);
  const exchanges = Array.from({ length: 12 }, (_, minute) =>
    exchange(scene, {
      time: start + minute * 60,
      duration: 59,
      connectionStart: start,
      source,
      sourcePort: 40_112,
      destination,
      destinationPort: 443,
      bytes: scene.random.between(560_000_000, 900_000_000),
      bytesReverse: scene.random.between(4_000_000, 9_000_000),
    }),
  );
  return incident("exfiltration", 443, exchanges);
}

/** 30 short connections of an app server to one address outside, at gaps that differ by no more than a fiftieth. */
function beacon(scene: Scene): Incident {
  const source = inside(scene.world.byRole.app.at(-1));
  const destination = outside("198.51.100.77");
  const gap = Math.max(30, Math.min(300, Math.floor(scene.span / 100)));
  const start = at(scene, 0.1);
  const exchanges = Array.from({ length: 30 }, (_, i) =>
    exchange(scene, {
      time: start + i * gap + scene.random.below(1 + Math.floor(gap / 50)),
      source,
      destination,
      destinationPort: 443,
      bytes: scene.random.between(612, 624),
      bytesReverse: scene.random.between(288, 296),
    }),
  );
  return incident("beacon", 443, exchanges);
}

type Part = Pick<Exchange, "time" | "source" | "destination" | "destinationPort" | "bytes"> & Partial<Exchange>;

function exchange(scene: Scene, part: Part): Exchange {
  const bytesReverse = part.bytesReverse ?? 0;
  return {
    duration: 0,
    sourcePort: scene.random.between(32_768, 60_999),
    protocol: TCP,
    accepted: true,
    packets: packetsOf(part.bytes, TCP),
    packetsReverse: bytesReverse === 0 ? 0 : packetsOf(bytesReverse, TCP),
    connectionStart: part.time,
    incident: scene.index,
    ...part,
    bytesReverse,
  };
}

function incident(id: IncidentId, port: number | undefined, exchanges: readonly Exchange[]): Incident {
  const [first] = exchanges;
  if (first === undefined) throw new RangeError(`the incident ${id} is empty`);
  return { id, port, source: first.source.address, destination: first.destination.address, exchanges };
}

function at(scene: Scene, share: number): number {
  return Math.floor(scene.start + scene.span * share);
}

function inside(host: Host | undefined): Peer {
  if (host === undefined) throw new RangeError("the network lacks a server of this role");
  return { address: host.address, host };
}

function outside(address: string): Peer {
  return { address, host: undefined };
}
