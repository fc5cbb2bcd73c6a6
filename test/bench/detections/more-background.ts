import type { Behaviour } from "./background.ts";
import { DAY } from "./day.ts";
import { outside, publicAddress } from "./estate.ts";
import { HOUR, ICMP, MB, talk as say, times, UDP } from "./plan.ts";

const MINUTE = 60;

/** Further traffic that honest networks have, by public descriptions of protocols and products. */
export const MORE_BACKGROUND: readonly Behaviour[] = [
  {
    name: "web over QUIC",
    *conversations(estate, start, random) {
      for (const host of estate.of("desktop").slice(0, Math.max(1, Math.round(estate.of("desktop").length * 0.6)))) {
        for (let page = random.between(20, 60); page > 0; page--) {
          const back = random.size(90_000, 1.6, 400 * MB);
          yield say(
            random,
            start + 7 * HOUR + random.fraction() * 12 * HOUR,
            host,
            outside(publicAddress("quic", Math.floor(random.fraction() * random.fraction() * 800))),
            443,
            { protocol: UDP, bytes: Math.round(back / 25 + 1_200), bytesBack: Math.round(back), duration: random.below(120) },
          );
        }
      }
    },
  },
  {
    name: "telephony: registrations, calls with RTP and RTCP over an exchange, a trunk to outside",
    *conversations(estate, start, random) {
      const exchange = estate.one("server", 3);
      const trunk = outside(publicAddress("trunk", 1));
      for (const phone of estate.of("desktop").slice(0, 60)) {
        for (let at = random.below(120); at < DAY; at += 300)
          yield say(random, start + at, phone, exchange, 5060, { protocol: UDP, clientPort: 5060, bytes: 640, bytesBack: 520 });
        for (let call = random.between(2, 9); call > 0; call--) {
          const at = start + 8 * HOUR + random.fraction() * 9 * HOUR;
          const duration = random.between(20, 900);
          const [port, own] = [10_000 + 2 * random.below(5_000), 16_384 + 2 * random.below(8_000)];
          const media = { protocol: UDP, bytes: duration * 10_700, bytesBack: duration * 10_700, duration };
          const control = { protocol: UDP, bytes: 80 + duration * 16, bytesBack: 80 + duration * 16, duration };
          yield say(random, at, phone, exchange, port, { ...media, clientPort: own });
          yield say(random, at, phone, exchange, port + 1, { ...control, clientPort: own + 1 });
          const out = 20_000 + 2 * random.below(9_000);
          yield say(random, at, exchange, trunk, out, { ...media, clientPort: port + 2_000 });
          yield say(random, at, exchange, trunk, out + 1, { ...control, clientPort: port + 2_001 });
        }
      }
      for (let at = 0; at < DAY; at += 30)
        yield say(random, start + at, exchange, trunk, 5060, { protocol: UDP, clientPort: 5060, bytes: 430, bytesBack: 410 });
    },
  },
  {
    name: "a cluster of Kafka: three brokers, 60 clients, replication",
    *conversations(estate, start, random) {
      const brokers = [10, 11, 12].map((number) => estate.one("server", number));
      for (const [n, broker] of brokers.entries()) {
        for (const other of brokers) {
          if (other === broker) continue;
          yield say(random, start + n, broker, other, 9092, { bytes: 9_000 * MB, bytesBack: 40 * MB, duration: DAY - 60 });
        }
        for (const app of estate.of("app").slice(0, 60)) {
          const bytes = random.size(40 * MB, 1, 900 * MB);
          yield say(random, start + random.below(600), app, broker, 9092, {
            bytes: Math.round(bytes),
            bytesBack: Math.round(bytes / 3),
            duration: DAY - 900,
            every: 120,
          });
        }
      }
    },
  },
  {
    name: "Kubernetes: etcd, API server, kubelets, overlay, probes of node ports",
    *conversations(estate, start, random) {
      const control = [20, 21, 22].map((number) => estate.one("server", number));
      const nodes = estate.of("app").slice(-40);
      for (const one of control) {
        for (const other of control) {
          if (one === other) continue;
          yield say(random, start, one, other, 2380, { bytes: 400 * MB, bytesBack: 400 * MB, duration: DAY - 60 });
        }
        for (let at = random.below(10); at < DAY; at += 10)
          yield say(random, start + at, one, one === control[0] ? (control[1] as typeof one) : (control[0] as typeof one), 2379, {
            bytes: 700,
            bytesBack: 900,
          });
        for (const node of nodes) {
          yield say(random, start + random.below(60), node, one, 6443, {
            bytes: 60 * MB,
            bytesBack: 90 * MB,
            duration: DAY - 300,
          });
          for (let at = random.below(60); at < DAY; at += MINUTE * 5)
            yield say(random, start + at, one, node, 10_250, { bytes: 1_900, bytesBack: 40_000, duration: 1 });
        }
      }
      for (let n = 0; n < 6_000; n++) {
        const [one, other] = [random.pick(nodes), random.pick(nodes)];
        if (one === other) continue;
        const back = random.size(9_000, 1.4, 20 * MB);
        yield say(random, start + random.fraction() * DAY, one, other, 8472, {
          protocol: UDP,
          bytes: Math.round(back / 4 + 200),
          bytesBack: 0,
          duration: random.below(50),
        });
      }
      const balancer = estate.one("load-balancer", 3);
      for (const node of nodes)
        for (let at = random.below(10); at < DAY; at += 30)
          yield say(random, start + at, balancer, node, 31_380, { bytes: 380, bytesBack: 420 });
    },
  },
  {
    name: "clocks by the pool: every host asks four of 300 servers, which change",
    *conversations(estate, start, random) {
      for (const host of estate.of("server").slice(0, 200)) {
        for (let at = random.below(1_024); at < DAY; at += 1_024)
          for (let n = 0; n < 2; n++)
            yield say(random, start + at + n, host, outside(publicAddress("pool", random.below(300))), 123, {
              protocol: UDP,
              bytes: 76,
              bytesBack: 76,
            });
      }
    },
  },
  {
    name: "members of the domain: endpoint mapper, dynamic ports of RPC, netlogon; controllers replicate",
    *conversations(estate, start, random) {
      const controllers = estate.of("domain-controller");
      for (const host of estate.of("desktop").slice(0, 250)) {
        for (let n = random.between(3, 8); n > 0; n--) {
          const at = start + 7.5 * HOUR + random.fraction() * 10 * HOUR;
          const controller = random.pick(controllers);
          yield say(random, at, host, controller, 135, {
            clientPort: random.between(49_152, 65_535),
            bytes: 700,
            bytesBack: 600,
          });
          yield say(random, at + 1, host, controller, random.between(49_664, 49_720), {
            clientPort: random.between(49_152, 65_535),
            bytes: random.between(3_000, 30_000),
            bytesBack: random.between(3_000, 30_000),
            duration: random.below(90),
          });
          yield say(random, at + 2, host, controller, 445, {
            clientPort: random.between(49_152, 65_535),
            bytes: random.between(3_000, 60_000),
            bytesBack: random.between(8_000, 300_000),
            duration: random.below(40),
          });
        }
      }
      for (const one of controllers)
        for (const other of controllers) {
          if (one === other) continue;
          for (let at = random.below(900); at < DAY; at += 900) {
            yield say(random, start + at, one, other, 135, { bytes: 700, bytesBack: 600 });
            yield say(random, start + at + 1, one, other, 49_670, {
              clientPort: random.between(49_152, 65_535),
              bytes: random.size(20_000, 1, 9 * MB) | 0,
              bytesBack: random.size(20_000, 1, 9 * MB) | 0,
              duration: 5,
            });
          }
        }
    },
  },
  {
    name: "a scanner of vulnerabilities, at night, by its role",
    *conversations(estate, start, random) {
      const scanner = estate.one("scanner");
      for (const [number, host] of estate.hosts.slice(0, 250).entries()) {
        const at = start + HOUR + number * 40;
        yield say(random, at, scanner, host, 0, { protocol: ICMP, clientPort: 0, bytes: 84, bytesBack: 84 });
        for (let port = 0; port < 120; port++)
          yield say(random, at + port / 6, scanner, host, random.between(1, 10_000), {
            accepted: random.chance(0.06),
            bytes: 60,
            bytesBack: 40,
          });
        for (let n = 0; n < 4; n++)
          yield say(random, at + 25 + n, scanner, host, random.pick([22, 445, 3389, 5985]), {
            bytes: random.between(2_000, 90_000),
            bytesBack: random.between(3_000, 60_000),
            duration: random.between(1, 12),
          });
      }
    },
  },
  {
    name: "runners of builds: many short jobs, images from registries, artefacts to a store inside",
    *conversations(estate, start, random) {
      for (const host of estate.of("build-server")) {
        for (let job = 0; job < 220; job++) {
          const at = start + random.fraction() * DAY;
          for (let n = random.between(2, 8); n > 0; n--) {
            const back = random.size(20 * MB, 1.2, 900 * MB);
            yield say(random, at + n * 3, host, outside(publicAddress("registry", random.below(40))), 443, {
              bytes: Math.round(back / 90),
              bytesBack: Math.round(back),
              duration: random.below(40),
            });
          }
          yield say(random, at + 60, host, estate.one("file-server", 1), 443, {
            bytes: Math.round(random.size(30 * MB, 1, 800 * MB)),
            bytesBack: 30_000,
            duration: 20,
          });
          if (random.chance(0.1))
            yield say(random, at + 90, host, estate.one("server", 40 + random.below(6)), 22, {
              bytes: random.between(200_000, 9 * MB),
              bytesBack: random.between(20_000, 200_000),
              duration: random.between(10, 90),
            });
        }
      }
    },
  },
  {
    name: "mail goes out to everywhere, and users fetch theirs",
    *conversations(estate, start, random) {
      for (const mail of estate.of("mail"))
        for (let n = 0; n < 1_500; n++) {
          const bytes = random.size(40_000, 1.3, 25 * MB);
          yield say(random, start + random.fraction() * DAY, mail, outside(publicAddress("mx", random.below(700))), 25, {
            bytes: Math.round(bytes),
            bytesBack: 1_800,
            duration: random.below(15),
          });
        }
      for (const host of estate.of("desktop").slice(0, 150))
        yield say(random, start + 7.5 * HOUR + random.fraction() * HOUR, host, estate.one("mail", 1), 993, {
          bytes: 300_000,
          bytesBack: 9 * MB,
          duration: 8 * HOUR,
          every: 300,
        });
    },
  },
  {
    name: "a content network fetches from the origin, from 200 addresses",
    *conversations(estate, start, random) {
      for (let n = 0; n < 12_000; n++) {
        const back = random.size(120_000, 1.5, 300 * MB);
        yield say(
          random,
          start + random.fraction() * DAY,
          outside(publicAddress("edge", random.below(200))),
          random.pick(estate.of("web")),
          443,
          {
            bytes: Math.round(back / 40 + 600),
            bytesBack: Math.round(back),
            duration: random.below(90),
          },
        );
      }
    },
  },
  {
    name: "connections of web sockets that last for hours, in and out",
    *conversations(estate, start, random) {
      for (let n = 0; n < 200; n++) {
        const duration = random.between(1, 10) * HOUR;
        yield say(
          random,
          start + random.fraction() * (DAY - duration),
          outside(publicAddress("client", n)),
          random.pick(estate.of("load-balancer")),
          443,
          {
            bytes: 300_000,
            bytesBack: 900_000,
            duration,
            every: 30,
          },
        );
      }
      for (const host of estate.of("desktop").slice(0, 180))
        for (let n = 0; n < 2; n++) {
          const duration = random.between(2, 9) * HOUR;
          yield say(
            random,
            start + 8 * HOUR + random.fraction() * HOUR,
            host,
            outside(publicAddress("socket", random.below(60))),
            443,
            {
              bytes: random.between(100_000, 900_000),
              bytesBack: random.between(200_000, 4 * MB),
              duration,
              every: 60,
            },
          );
        }
    },
  },
  {
    name: "switches, printers and power supplies are asked by SNMP, every five minutes",
    *conversations(estate, start, random) {
      const monitor = estate.one("monitoring", 1);
      for (const host of estate.of("server").slice(60, 110))
        for (let at = random.below(200); at < DAY; at += 300)
          yield say(random, start + at, monitor, host, 161, {
            protocol: UDP,
            bytes: random.between(800, 3_000),
            bytesBack: random.between(2_000, 9_000),
          });
    },
  },
  {
    name: "software that lost its server: a host asks in vain, every second for an hour, and every ten seconds all day",
    *conversations(estate, start, random) {
      for (const [n, host] of estate.of("app").slice(20, 26).entries()) {
        const target = estate.one("database", 20 + n);
        for (let at = 0; at < HOUR; at += 1) yield say(random, start + 10 * HOUR + at, host, target, 5432, { accepted: false });
        for (let at = 0; at < DAY; at += 10)
          yield say(random, start + at, host, estate.one("metrics"), 4317, { accepted: false });
      }
    },
  },
  {
    name: "copies of a database inside, and a dump that goes to a partner by SFTP, whose network has a name",
    *conversations(estate, start, random) {
      for (let pair = 0; pair < 3; pair++) {
        const [one, other] = [estate.one("database", 14 + pair), estate.one("database", 24 + pair)];
        yield say(random, start, one, other, 5432, { bytes: 30_000 * MB, bytesBack: 300 * MB, duration: DAY - 60 });
      }
      yield say(random, start + 4 * HOUR, estate.one("database", 9), outside(publicAddress("store", 1)), 22, {
        bytes: 2_000 * MB,
        bytesBack: 9 * MB,
        duration: HOUR,
      });
    },
  },
  {
    name: "administrators look after what is theirs from their desks: a few hosts each, by SSH and Remote Desktop",
    *conversations(estate, start, random) {
      for (const [n, desk] of estate.of("desktop").slice(0, 8).entries())
        for (let session = random.between(3, 9); session > 0; session--)
          yield say(
            random,
            start + 8 * HOUR + random.fraction() * 9 * HOUR,
            desk,
            estate.one("server", 150 + n * 3 + random.below(3)),
            n % 2 === 0 ? 22 : 3389,
            {
              bytes: random.between(60_000, 3 * MB),
              bytesBack: random.between(200_000, 60 * MB),
              duration: random.between(60, 3_000),
            },
          );
    },
  },
  {
    name: "sites watch their lines: echo requests to well-known addresses, every ten seconds",
    *conversations(estate, start, random) {
      for (const host of [...estate.of("gateway"), estate.one("monitoring")])
        for (const n of times(3, (number) => number))
          yield say(random, start, host, outside(publicAddress("anycast", n)), 0, {
            protocol: ICMP,
            clientPort: 0,
            bytes: 8_640 * 84,
            bytesBack: 8_640 * 84,
            duration: DAY - 60,
          });
    },
  },
];
