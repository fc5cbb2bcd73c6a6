import type { End } from "./conversation.ts";
import type { Host } from "./estate.ts";
import { guess, HOUR, ICMP, MB, type Plan, type Stage, shuffled, TCP, talk, times, UDP } from "./plan.ts";

/** In random order, as scanners that share the work out do it (masscan, zmap). */
function mixed<T>(stage: Stage, list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: stage.random.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const hostsOf = ({ estate }: Stage, count: number, step: number, except: End): Host[] =>
  times(count, (number) => estate.hosts[(number * step + 29) % estate.hosts.length] as Host).filter(
    ({ address }) => address !== except.address,
  );

/** Several ports of several hosts, each pair once, in random order. */
const block = (hosts: number, ports: readonly number[], seconds: number, accepted: boolean, variant: string): Plan => ({
  technique: "T1046 scan of many ports of many hosts, inside",
  variant,
  takes: seconds,
  play(stage) {
    const source = stage.insider();
    const pairs = mixed(
      stage,
      hostsOf(stage, hosts, 11, source).flatMap((host) => ports.map((port) => ({ host, port }))),
    );
    return {
      actors: [source],
      conversations: pairs.map(({ host, port }, number) =>
        talk(stage.random, stage.start + (number * seconds) / pairs.length, source, host, port, {
          accepted,
          clientPort: 61_000,
        }),
      ),
    };
  },
});

/** A beacon whose server, port, protocol, gap and jitter vary. */
const beacon = (
  gap: number,
  jitter: number,
  connections: number,
  port: number,
  protocol: number,
  variant: string,
  bytes: readonly [number, number] = [900, 1_300],
): Plan => ({
  technique: "T1071 beacon",
  variant,
  takes: gap * connections * (1 + jitter),
  play(stage) {
    const [source, server] = [stage.insider(), stage.stranger()];
    let at = stage.start;
    return {
      actors: [source, server],
      conversations: times(connections, () => {
        // Sleep and jitter as implants have it: up to that share less than the sleep.
        at += gap * (1 - jitter * stage.random.fraction());
        return talk(stage.random, at, source, server, port, {
          protocol,
          bytes: stage.random.between(...bytes),
          bytesBack: stage.random.between(500, 700),
          duration: 1,
        });
      }),
    };
  },
});

/** Attacks of another style: patient, spread, or hidden among what is usual. */
export const PATIENT: readonly Plan[] = [
  block(
    25,
    [22, 80, 443, 445, 3306, 3389, 5985, 8080, 8443, 9200],
    600,
    false,
    "10 ports of 25 hosts in 10 minutes, random order",
  ),
  block(200, [22, 445, 3389], 240, false, "3 ports of 200 hosts in 4 minutes, random order, one source port"),
  block(14, [21, 22, 23, 80, 135, 139, 443, 445, 1433, 3389, 5900, 8080], 280, true, "12 ports of 14 hosts, answered"),
  {
    technique: "T1110.001 password guessing, low and slow",
    variant: "an SSH guess every 10 minutes from outside, all day",
    takes: 20 * HOUR,
    play(stage) {
      const source = stage.stranger();
      return {
        actors: [source],
        conversations: times(120, (number) =>
          talk(
            stage.random,
            stage.start + number * 600 + stage.random.fraction() * 300,
            source,
            stage.estate.one("bastion"),
            22,
            guess(stage.random),
          ),
        ),
      };
    },
  },
  {
    technique: "T1110.001 password guessing, low and slow",
    variant: "15 sources share 150 RDP guesses over 10 hours",
    takes: 10 * HOUR,
    play(stage) {
      const sources = times(15, () => stage.stranger());
      return {
        actors: sources,
        conversations: times(150, (number) =>
          talk(
            stage.random,
            stage.start + number * 240 + stage.random.fraction() * 60,
            sources[number % 15] as End,
            stage.estate.one("app", 31),
            3389,
            guess(stage.random),
          ),
        ),
      };
    },
  },
  {
    technique: "T1110.003 password spraying, slow",
    variant: "a guess at SSH of each of 70 hosts inside, over 7 hours",
    takes: 7 * HOUR,
    play(stage) {
      const source = stage.insider();
      const hosts = mixed(stage, hostsOf(stage, 70, 13, source));
      return {
        actors: [source],
        conversations: hosts.map((host, number) =>
          talk(stage.random, stage.start + number * 360, source, host, 22, guess(stage.random)),
        ),
      };
    },
  },
  {
    technique: "T1071.004 tunnel through names",
    variant: "12 long questions a minute to the estate's own resolver, for 8 hours",
    takes: 8 * HOUR,
    play(stage) {
      const source = stage.insider();
      return {
        actors: [source],
        conversations: times(5_760, (number) =>
          talk(stage.random, stage.start + number * 5, source, stage.estate.one("dns", 1), 53, {
            protocol: UDP,
            bytes: stage.random.between(170, 250),
            bytesBack: stage.random.between(150, 300),
          }),
        ),
      };
    },
  },
  {
    technique: "T1071.004 tunnel through names",
    variant: "long questions from one socket to a name server outside, 20 a minute, for 2 hours",
    takes: 2 * HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      const questions = 20 * 120;
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 53, {
            protocol: UDP,
            bytes: questions * 210,
            bytesBack: questions * 260,
            packetBytes: 210,
            duration: 2 * HOUR - 60,
          }),
        ],
      };
    },
  },
  {
    technique: "T1030 exfiltration spread",
    variant: "6 GB to 300 addresses, 20 MB each, in 4 hours",
    takes: 4 * HOUR,
    play(stage) {
      const source = stage.insider();
      const servers = times(300, () => stage.stranger());
      return {
        actors: [source, ...servers],
        conversations: servers.map((server, number) =>
          talk(stage.random, stage.start + number * 48, source, server, 443, {
            bytes: 20 * MB,
            bytesBack: 200_000,
            duration: 30,
          }),
        ),
      };
    },
  },
  {
    technique: "T1030 exfiltration spread",
    variant: "1.2 GB by SSH to an address that nobody knows, in 6 hours",
    takes: 6 * HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: times(60, (number) =>
          talk(stage.random, stage.start + number * 350, source, server, 22, {
            bytes: 20 * MB,
            bytesBack: 300_000,
            duration: 60,
          }),
        ),
      };
    },
  },
  beacon(45, 0.5, 400, 443, TCP, "reverse shell on 443, sleep of 45 s less up to 50 %"),
  beacon(900, 0.5, 80, 443, TCP, "sleep of 15 minutes less up to 50 %, all day"),
  beacon(60, 0.2, 300, 443, UDP, "over QUIC, every minute"),
  beacon(3_600, 0.1, 22, 8443, TCP, "every hour, all day"),
  beacon(30, 0.2, 200, 53, UDP, "questions to a name server outside, every 30 s", [70, 110]),
  {
    technique: "T1095 tunnel through ICMP",
    variant: "600 kB in echo requests of 600 bytes to outside, in 4 hours",
    takes: 4 * HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 0, {
            protocol: ICMP,
            bytes: 1_000 * 600,
            bytesBack: 1_000 * 600,
            packetBytes: 600,
            duration: 4 * HOUR - 60,
          }),
        ],
      };
    },
  },
  {
    technique: "T1210 worm",
    variant: "SMB of 400 addresses at random, inside and outside, in 10 minutes",
    takes: 600,
    play(stage) {
      const source = stage.insider();
      const targets = mixed<End>(stage, [...hostsOf(stage, 120, 7, source), ...times(280, () => stage.stranger())]);
      return {
        actors: [source],
        conversations: targets.map((target, number) =>
          talk(stage.random, stage.start + number * 1.5, source, target, 445, {
            accepted: target.host !== undefined && number % 3 === 0,
          }),
        ),
      };
    },
  },
  {
    technique: "T1021.001 chain of Remote Desktop",
    variant: "from a desktop to a server, to a second and a third, each half an hour later",
    takes: 3 * HOUR,
    play(stage) {
      const chain = [stage.insider(), stage.insider(), stage.insider(), stage.insider()];
      const session = { bytes: 3 * MB, bytesBack: 30 * MB, duration: 5_000 };
      return {
        actors: chain,
        conversations: chain
          .slice(1)
          .map((host, number) => talk(stage.random, stage.start + number * 1_800, chain[number] as End, host, 3389, session)),
      };
    },
  },
  {
    technique: "T1572 tunnel through SSH",
    variant: "an SSH connection to an unknown address for 10 hours",
    takes: 10 * HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 22, {
            bytes: 40 * MB,
            bytesBack: 60 * MB,
            duration: 10 * HOUR - 60,
          }),
        ],
      };
    },
  },
  {
    technique: "T1595.001 scan from outside that finds something",
    variant: "a /64 of IPv6 looks at 30 ports, each from another address, and one comes back",
    takes: HOUR,
    play(stage) {
      const target = stage.estate.one("mail", 1);
      const from = (number: number): End => ({ address: `2a0e:5::${(number + 1).toString(16)}`, host: undefined });
      const knocks = shuffled(stage.random, 1, 10_000, 30).map((port, number) =>
        talk(stage.random, stage.start + number * 9, from(number), target, port, { accepted: false }),
      );
      const session = talk(stage.random, stage.start + 1_500, from(77), target, 8291, {
        bytes: 90_000,
        bytesBack: 600_000,
        duration: 900,
      });
      return { actors: times(78, from), conversations: [...knocks, session] };
    },
  },
  {
    technique: "T1110.003 password spraying",
    variant: "60 SSH guesses from as many addresses of one /64 of IPv6, in an hour and a half",
    takes: 5_400,
    play(stage) {
      const target = stage.estate.one("web", 5);
      const sources = times(60, (number): End => ({ address: `2a0e:6:0:1::${(number + 16).toString(16)}`, host: undefined }));
      return {
        actors: sources,
        conversations: sources.map((source, number) =>
          talk(stage.random, stage.start + number * 90, source, target, 22, guess(stage.random)),
        ),
      };
    },
  },
  {
    technique: "T1210 use of an inner service",
    variant: "a host asks the Docker API and etcd of 12 others, which answer",
    takes: HOUR,
    play(stage) {
      const source = stage.insider();
      return {
        actors: [source],
        conversations: hostsOf(stage, 12, 31, source).flatMap((host, number) =>
          [2375, 2379].map((port) =>
            talk(stage.random, stage.start + number * 280, source, host, port, {
              bytes: stage.random.between(900, 30_000),
              bytesBack: stage.random.between(2_000, 90_000),
              duration: 5,
            }),
          ),
        ),
      };
    },
  },
];
