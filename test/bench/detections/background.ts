import type { Random } from "../../../src/generator/random.ts";
import type { Conversation, End } from "./conversation.ts";
import { DAY } from "./day.ts";
import { type Estate, type Host, outside, publicAddress } from "./estate.ts";

const [ICMP, TCP, UDP] = [1, 6, 17];
const MB = 1_000_000;
const MINUTE = 60;
const HOUR = 3_600;

/** One kind of traffic that an honest network has. The same seed gives the same conversations. */
export interface Behaviour {
  readonly name: string;
  conversations(estate: Estate, start: number, random: Random): Iterable<Conversation>;
}

const ephemeral = (random: Random): number => random.between(32_768, 60_999);

interface Part {
  readonly duration?: number;
  readonly clientPort?: number;
  readonly protocol?: number;
  readonly accepted?: boolean;
  readonly every?: number;
}

function talk(
  random: Random,
  start: number,
  client: End,
  server: End,
  serverPort: number,
  bytes: number,
  bytesBack: number,
  part: Part = {},
): Conversation {
  return {
    start: Math.floor(start),
    duration: 0,
    client,
    clientPort: ephemeral(random),
    server,
    serverPort,
    protocol: TCP,
    accepted: true,
    bytes: Math.round(bytes),
    bytesBack: Math.round(bytesBack),
    ...part,
  };
}

/** Moments of a day by which people work: most between 8 and 18 o'clock. */
function workingTime(start: number, random: Random): number {
  return start + Math.floor(random.chance(0.85) ? 8 * HOUR + random.fraction() * 10 * HOUR : random.fraction() * DAY);
}

const some = <T>(list: readonly T[], count: number): readonly T[] => list.slice(0, Math.max(1, count));
const share = (list: readonly Host[], part: number): readonly Host[] => some(list, Math.round(list.length * part));

/** Ports that services listen on and that a client's system may draw all the same, behind a NAT above all. */
const LOW_CLIENT_PORTS = [1433, 1521, 2222, 3306, 3389, 4444, 5432, 5900, 5985, 6379, 9042, 9200, 27017];

export const BACKGROUND: readonly Behaviour[] = [
  {
    name: "a public web site with 20,000 clients",
    *conversations(estate, start, random) {
      const servers = [...estate.of("web"), ...estate.of("load-balancer")];
      const clients = Math.round(20 * estate.hosts.length);
      for (let number = 0; number < clients; number++) {
        const client = outside(publicAddress("client", number));
        for (let visit = random.between(1, 3); visit > 0; visit--) {
          const back = random.size(18_000, 1.4, 40 * MB);
          const duration = random.chance(0.3) ? random.below(240) : random.below(20);
          const server = random.pick(servers);
          yield talk(random, start + random.fraction() * DAY, client, server, random.chance(0.9) ? 443 : 80, back / 8, back, {
            duration,
          });
        }
      }
    },
  },
  {
    name: "clients behind a NAT with low source ports",
    *conversations(estate, start, random) {
      const servers = estate.of("web");
      for (let number = 0; number < 12; number++) {
        const nat = outside(publicAddress("nat", number));
        for (let visit = 0; visit < 120; visit++) {
          const clientPort = random.chance(0.25) ? random.pick(LOW_CLIENT_PORTS) : random.between(1_024, 9_999);
          const back = random.size(18_000, 1.2, 9 * MB);
          yield talk(random, start + random.fraction() * DAY, nat, random.pick(servers), 443, back / 8, back, {
            clientPort,
            duration: random.below(90),
          });
        }
      }
    },
  },
  {
    name: "health checks of load balancers, every 30 s",
    *conversations(estate, start, random) {
      const balancers = some(estate.of("load-balancer"), 2);
      for (const balancer of balancers) {
        for (const server of some(estate.of("web"), 6)) {
          for (let at = random.below(30); at < DAY; at += 30) yield talk(random, start + at, balancer, server, 8080, 410, 520);
        }
      }
    },
  },
  {
    name: "load balancer to web to app",
    *conversations(estate, start, random) {
      for (let number = 0; number < 12 * estate.hosts.length; number++) {
        const at = start + random.fraction() * DAY;
        const back = random.size(9_000, 1.3, 4 * MB);
        const [web, app] = [random.pick(estate.of("web")), random.pick(share(estate.of("app"), 0.3))];
        yield talk(random, at, random.pick(estate.of("load-balancer")), web, 8443, back / 6, back, {
          duration: random.below(15),
        });
        yield talk(random, at, web, app, 8080, back / 9, back, { duration: random.below(15) });
      }
    },
  },
  {
    name: "connection pools of applications to databases, all day",
    *conversations(estate, start, random) {
      for (const [number, app] of share(estate.of("app"), 0.3).entries()) {
        const database = estate.one("database", number);
        for (const serverPort of [1521, 5432]) {
          yield talk(
            random,
            start + random.below(300),
            app,
            database,
            serverPort,
            random.size(30 * MB, 0.6, 300 * MB),
            random.size(200 * MB, 0.8, 3_000 * MB),
            { duration: DAY - 600, every: 300 },
          );
        }
      }
    },
  },
  {
    name: "databases replicate to a standby, 2 to 6 GB an hour",
    *conversations(estate, start, random) {
      for (let pair = 0; pair < 2; pair++) {
        const bytes = random.between(2_000, 6_000) * MB * 24;
        yield talk(
          random,
          start,
          estate.one("database", 2 * pair),
          estate.one("database", 2 * pair + 1),
          1521,
          bytes,
          bytes / 60,
          { duration: DAY - 1 },
        );
      }
    },
  },
  {
    name: "metrics scraped every minute, half of it over kept connections",
    *conversations(estate, start, random) {
      const metrics = estate.one("metrics");
      for (const [number, host] of share(estate.of("server"), 0.2).entries()) {
        const phase = random.below(60);
        if (number % 2 === 0) {
          yield talk(random, start + phase, metrics, host, 9100, 900 * 1_440, 24_000 * 1_440, { duration: DAY - 60 });
          continue;
        }
        for (let at = phase; at < DAY; at += 60)
          yield talk(random, start + at, metrics, host, 9100, random.between(880, 920), random.size(24_000, 0.1, 90_000));
      }
    },
  },
  {
    name: "a monitor logs in by SSH, asks HTTP and pings, every five minutes",
    *conversations(estate, start, random) {
      const monitor = estate.one("monitoring");
      for (const host of share(estate.of("server"), 0.15)) {
        for (let at = random.below(300); at < DAY; at += 300) {
          yield talk(random, start + at, monitor, host, 22, random.between(2_300, 2_500), random.between(2_900, 3_100), {
            duration: 1,
          });
          yield talk(random, start + at + 2, monitor, host, 5666, 700, 900, { duration: 1 });
          yield talk(random, start + at + 3, monitor, host, 0, 420, 420, { protocol: ICMP, clientPort: 0, duration: 4 });
        }
      }
    },
  },
  {
    name: "a monitor pings everybody, every quarter of an hour",
    *conversations(estate, start, random) {
      const monitor = estate.one("monitoring", 1);
      for (const host of share(estate.hosts, 0.3)) {
        for (let at = random.below(60); at < DAY; at += 900)
          yield talk(random, start + at, monitor, host, 0, 84, 84, { protocol: ICMP, clientPort: 0 });
      }
    },
  },
  {
    name: "automation reaches half of the hosts by SSH, twice a day",
    *conversations(estate, start, random) {
      const automation = estate.one("automation");
      for (const run of [2, 14]) {
        for (const host of share(estate.hosts, 0.5)) {
          const at = start + run * HOUR + random.fraction() * 2_400;
          for (let session = 0; session < 3; session++) {
            yield talk(
              random,
              at + session * 25,
              automation,
              host,
              22,
              random.between(15_000, 60_000),
              random.between(12_000, 40_000),
              { duration: random.between(8, 20) },
            );
          }
        }
      }
    },
  },
  {
    name: "every host asks for its configuration, every half hour",
    *conversations(estate, start, random) {
      const automation = estate.one("automation");
      for (const host of share(estate.of("server"), 0.8)) {
        const phase = random.below(1_800);
        for (let at = phase; at < DAY; at += 1_800)
          yield talk(
            random,
            start + at + random.below(20),
            host,
            automation,
            8140,
            random.size(12_000, 0.1, 90_000),
            random.size(60_000, 0.2, 900_000),
            { duration: random.between(4, 9) },
          );
      }
    },
  },
  {
    name: "backups at night, 0.6 to 8 GB each, to a store outside and to a server inside",
    *conversations(estate, start, random) {
      const store = outside(publicAddress("store", 1));
      for (const [number, database] of estate.of("database").entries()) {
        const bytes = random.between(600, 8_000) * MB;
        const to = number % 2 === 0 ? store : estate.one("file-server");
        yield talk(random, start + HOUR + number * 120, database, to, number % 2 === 0 ? 443 : 22, bytes, bytes / 200, {
          duration: random.between(600, 2_400),
        });
      }
    },
  },
  {
    name: "an agent on a third of the hosts reports to its maker, every five minutes",
    *conversations(estate, start, random) {
      for (const host of share(estate.of("server"), 0.5)) {
        const phase = random.below(300);
        for (let at = phase; at < DAY; at += 300) {
          const maker = outside(publicAddress("agent", random.below(8)));
          yield talk(random, start + at, host, maker, 443, random.between(1_480, 1_560), random.between(4_200, 4_260), {
            duration: 1,
          });
        }
      }
    },
  },
  {
    name: "desktops keep a connection open for messages, all day",
    *conversations(estate, start, random) {
      for (const host of share(estate.of("desktop"), 0.4)) {
        const at = start + 7.5 * HOUR + random.fraction() * 2 * HOUR;
        yield talk(random, at, host, outside(publicAddress("push", random.below(20))), 5223, 400_000, 600_000, {
          duration: 8 * HOUR,
          every: 240,
        });
      }
    },
  },
  {
    name: "people browse",
    *conversations(estate, start, random) {
      for (const host of estate.of("desktop")) {
        for (let page = random.between(60, 160); page > 0; page--) {
          const site = Math.floor(random.fraction() * random.fraction() * 9_000);
          const back = random.size(60_000, 1.6, 300 * MB);
          yield talk(random, workingTime(start, random), host, outside(publicAddress("site", site)), 443, back / 20 + 900, back, {
            duration: random.below(180),
          });
        }
      }
    },
  },
  {
    name: "people call each other with video, up to 1.5 GB an hour",
    *conversations(estate, start, random) {
      for (const host of share(estate.of("desktop"), 0.2)) {
        const duration = random.between(1_200, 4_500);
        const bytes = (duration / HOUR) * random.between(500, 1_500) * MB;
        yield talk(
          random,
          workingTime(start, random),
          host,
          outside(publicAddress("meeting", random.below(30))),
          3478,
          bytes,
          bytes * 1.3,
          { duration, protocol: UDP },
        );
      }
    },
  },
  {
    name: "people upload presentations and films, up to 2 GB",
    *conversations(estate, start, random) {
      for (const host of share(estate.of("desktop"), 0.05)) {
        const bytes = random.size(120 * MB, 1, 2_000 * MB);
        yield talk(
          random,
          workingTime(start, random),
          host,
          outside(publicAddress("drive", random.below(6))),
          443,
          bytes,
          bytes / 50,
          { duration: random.between(60, 900) },
        );
      }
    },
  },
  {
    name: "names: everybody asks the resolvers, mail servers a great deal",
    *conversations(estate, start, random) {
      const ask = (host: Host) =>
        talk(
          random,
          start + random.fraction() * DAY,
          host,
          random.pick(estate.of("dns")),
          53,
          random.between(58, 96),
          random.between(74, 420),
          { protocol: UDP },
        );
      for (const host of estate.hosts) for (let number = random.between(30, 90); number > 0; number--) yield ask(host);
      for (const mail of estate.of("mail")) for (let number = 0; number < 6_000; number++) yield ask(mail);
    },
  },
  {
    name: "the resolvers ask the internet",
    *conversations(estate, start, random) {
      for (const resolver of estate.of("dns")) {
        for (let number = 0; number < 9_000; number++) {
          const server = outside(publicAddress("name server", Math.floor(random.fraction() * random.fraction() * 4_000)));
          yield talk(
            random,
            start + random.fraction() * DAY,
            resolver,
            server,
            53,
            random.between(58, 96),
            random.between(120, 900),
            { protocol: UDP },
          );
        }
      }
    },
  },
  {
    name: "clocks: network time, every 34 minutes",
    *conversations(estate, start, random) {
      for (const host of estate.hosts) {
        const server = outside(publicAddress("time", host.host % 4));
        for (let at = random.below(2_048); at < DAY; at += 2_048)
          yield talk(random, start + at, host, server, 123, 76, 76, { protocol: UDP, clientPort: 123 });
      }
    },
  },
  {
    name: "leases, discovery by broadcast and multicast",
    *conversations(estate, start, random) {
      for (const host of share(estate.of("desktop"), 0.5)) {
        for (let at = random.below(HOUR); at < DAY; at += 4 * HOUR) {
          yield talk(random, start + at, host, outside("255.255.255.255"), 67, 342, 0, { protocol: UDP, clientPort: 68 });
          yield talk(random, start + at + 5, host, outside("224.0.0.251"), 5353, 280, 0, { protocol: UDP, clientPort: 5353 });
          yield talk(random, start + at + 9, host, outside("239.255.255.250"), 1900, 700, 0, { protocol: UDP });
          yield talk(random, start + at + 12, host, outside(`10.40.${host.subnet * 4 + 3}.255`), 137, 234, 0, {
            protocol: UDP,
            clientPort: 137,
          });
        }
      }
    },
  },
  {
    name: "desktops and their domain: LDAP, Kerberos, SMB, RPC",
    *conversations(estate, start, random) {
      for (const host of estate.of("desktop")) {
        for (let number = random.between(6, 14); number > 0; number--) {
          const at = workingTime(start, random);
          const controller = random.pick(estate.of("domain-controller"));
          yield talk(
            random,
            at,
            host,
            controller,
            random.pick([88, 389, 636, 445, 135]),
            random.size(4_000, 0.6, 90_000),
            random.size(9_000, 0.8, 900_000),
            { duration: random.below(20) },
          );
        }
        for (let number = random.between(1, 4); number > 0; number--) {
          const bytes = random.size(2 * MB, 1.5, 900 * MB);
          yield talk(
            random,
            workingTime(start, random),
            host,
            random.pick(some(estate.of("file-server"), 2)),
            445,
            bytes,
            bytes * random.fraction() * 2,
            { duration: random.between(30, 3_000) },
          );
        }
      }
    },
  },
  {
    name: "administrators: VPN, bastion, servers",
    *conversations(estate, start, random) {
      for (let person = 0; person < 10; person++) {
        const client = outside(`172.20.8.${20 + person}`);
        for (let session = random.between(3, 8); session > 0; session--) {
          const at = workingTime(start, random);
          const duration = random.between(300, 3_600);
          const bastion = random.pick(estate.of("bastion"));
          yield talk(random, at, client, bastion, 22, random.size(90_000, 0.9, 9 * MB), random.size(400_000, 1, 60 * MB), {
            duration,
          });
          const target = estate.one("server", (person * 7 + random.below(5)) % 40);
          yield talk(random, at + 20, bastion, target, 22, random.size(90_000, 0.9, 9 * MB), random.size(400_000, 1, 60 * MB), {
            duration: duration - 60,
          });
        }
      }
    },
  },
  {
    name: "the VPN's own tunnels from everywhere",
    *conversations(estate, start, random) {
      const gateway = estate.one("gateway");
      for (let person = 0; person < 40; person++) {
        const at = start + 7.5 * HOUR + random.fraction() * 2 * HOUR;
        const bytes = random.size(200 * MB, 0.8, 3_000 * MB);
        yield talk(random, at, outside(publicAddress("home", person)), gateway, 4500, bytes, bytes * 4, {
          duration: random.between(4, 9) * HOUR,
          protocol: UDP,
          clientPort: 4500,
        });
      }
    },
  },
  {
    name: "build servers fetch code by SSH and packages by HTTPS",
    *conversations(estate, start, random) {
      for (const host of estate.of("build-server")) {
        for (let number = 0; number < 160; number++) {
          const at = workingTime(start, random);
          const forge = outside(publicAddress("forge", random.below(4)));
          yield talk(random, at, host, forge, 22, random.size(6_000, 0.5, 90_000), random.size(300_000, 1.5, 300 * MB), {
            duration: random.between(2, 30),
          });
          yield talk(
            random,
            at + 30,
            host,
            outside(publicAddress("packages", random.below(12))),
            443,
            9_000,
            random.size(9 * MB, 1.2, 900 * MB),
            { duration: random.below(60) },
          );
        }
      }
    },
  },
  {
    name: "mail comes in",
    *conversations(estate, start, random) {
      for (let number = 0; number < 3_000; number++) {
        const bytes = random.size(40_000, 1.2, 25 * MB);
        yield talk(
          random,
          start + random.fraction() * DAY,
          outside(publicAddress("mail", random.below(900))),
          random.pick(estate.of("mail")),
          25,
          bytes,
          2_000,
          { duration: random.below(20) },
        );
      }
    },
  },
  {
    name: "systems get their updates, 0.2 to 3 GB",
    *conversations(estate, start, random) {
      for (const host of share(estate.of("server"), 0.4)) {
        const back = random.between(200, 3_000) * MB;
        yield talk(
          random,
          start + 3 * HOUR + random.fraction() * 2 * HOUR,
          host,
          outside(publicAddress("updates", random.below(6))),
          443,
          back / 100,
          back,
          { duration: random.between(60, 900) },
        );
      }
    },
  },
  {
    name: "rejected: the internet knocks, everybody at something",
    *conversations(estate, start, random) {
      const ports = [
        22, 23, 80, 81, 123, 445, 1433, 2323, 3306, 3389, 5060, 5432, 5555, 5900, 6379, 7547, 8080, 8443, 9200, 53413,
      ];
      const targets = published(estate);
      for (let number = 0; number < 25 * estate.hosts.length; number++) {
        const source = outside(publicAddress("knock", random.below(9_000)));
        const port = random.chance(0.7) ? random.pick(ports) : random.between(1, 65_535);
        yield talk(random, start + random.fraction() * DAY, source, random.pick(targets), port, 40, 0, { accepted: false });
      }
    },
  },
  {
    name: "rejected: scanners of the whole internet, a port over all addresses, and 100 ports of one a day",
    *conversations(estate, start, random) {
      const targets = published(estate);
      for (let scanner = 0; scanner < 40; scanner++) {
        const source = outside(publicAddress("scanner", scanner));
        const at = start + random.fraction() * (DAY - HOUR);
        const port = random.pick([22, 23, 445, 3389, 6379, 8080]);
        for (const [number, target] of targets.entries())
          yield talk(random, at + number * 2, source, target, port, 44, 0, { accepted: false });
      }
      for (let scanner = 0; scanner < 20; scanner++) {
        const source = outside(publicAddress("slow scanner", scanner));
        const target = random.pick(targets);
        for (let number = 0; number < 100; number++)
          yield talk(random, start + number * 864 + random.below(300), source, target, random.between(1, 10_000), 40, 0, {
            accepted: false,
          });
      }
    },
  },
  {
    name: "rejected: somebody tries SSH and RDP for hours and never gets through",
    *conversations(estate, start, random) {
      const targets = published(estate);
      for (let source = 0; source < 30; source++) {
        const target = random.pick(targets);
        const at = start + random.fraction() * (DAY - 3 * HOUR);
        for (let number = 0; number < 90; number++)
          yield talk(
            random,
            at + number * random.between(30, 100),
            outside(publicAddress("guess", source)),
            target,
            source % 2 === 0 ? 22 : 3389,
            60,
            0,
            { accepted: false },
          );
      }
    },
  },
  {
    name: "rejected inside: an agent that nobody opened a port for, every minute",
    *conversations(estate, start, random) {
      const monitor = estate.one("monitoring");
      for (const host of some(estate.of("app"), 6)) {
        for (let at = random.below(60); at < DAY; at += MINUTE)
          yield talk(random, start + at, host, monitor, 8125, 120, 0, { protocol: UDP, accepted: false });
      }
    },
  },
];

/** Hosts that the internet can reach. */
function published(estate: Estate): readonly Host[] {
  return [
    ...estate.of("web"),
    ...estate.of("load-balancer"),
    ...estate.of("bastion"),
    ...estate.of("gateway"),
    ...estate.of("mail"),
  ];
}
