import { Random } from "../../../src/generator/random.ts";
import type { Conversation, End } from "./conversation.ts";
import { DAY } from "./day.ts";
import { type Estate, type Host, outside } from "./estate.ts";
import { PATIENT } from "./patient-attacks.ts";
import { guess, HOUR, ICMP, MB, type Plan, type Stage, shuffled, TCP, talk, times, UDP } from "./plan.ts";

/** An attack, played once. What is found of it is told by the addresses of those who take part in nothing else. */
export interface Attack {
  /** Number and name of the technique in MITRE ATT&CK, version 17. */
  readonly technique: string;
  /** What varies: rate, jitter, size, split. */
  readonly variant: string;
  readonly actors: ReadonlySet<string>;
  readonly conversations: readonly Conversation[];
}

/** Every port of the list once, evenly over the time. */
function vertical(
  stage: Stage,
  source: End,
  target: End,
  ports: readonly number[],
  seconds: number,
  protocol = TCP,
  accepted: (port: number) => boolean = () => false,
): Conversation[] {
  return ports.map((port, number) =>
    talk(stage.random, stage.start + (number * seconds) / ports.length, source, target, port, {
      protocol,
      accepted: accepted(port),
    }),
  );
}

const guesses = (port: number, count: number, seconds: number, inside: boolean, variant: string): Plan => ({
  technique: "T1110.001 password guessing",
  variant,
  takes: seconds,
  play(stage) {
    const source = inside ? stage.insider() : stage.stranger();
    const target = inside ? stage.estate.one("server", 60) : stage.estate.one("bastion");
    const gap = seconds / count;
    const at = (number: number) => stage.start + number * gap + stage.random.fraction() * gap * 0.6;
    return {
      actors: [source],
      conversations: times(count, (number) => talk(stage.random, at(number), source, target, port, guess(stage.random))),
    };
  },
});

const beacons = (
  gap: number,
  jitter: number,
  connections: number,
  variant: string,
  each = 1,
  sizes: readonly [number, number] = [600, 640],
): Plan => ({
  technique: "T1071.001 beacon over a web protocol",
  variant,
  takes: gap * connections * (1 + jitter / 2),
  play(stage) {
    const [source, server] = [stage.insider(), stage.stranger()];
    const { random } = stage;
    let at = stage.start;
    const conversations = times(connections, () => {
      at += gap * (1 - jitter / 2 + random.fraction() * jitter);
      return times(each, (number) =>
        talk(random, at + number * 2, source, server, 443, {
          bytes: random.between(...sizes),
          bytesBack: random.between(280, 330),
          duration: 1,
        }),
      );
    }).flat();
    return { actors: [source, server], conversations };
  },
});

const PLANS: readonly Plan[] = [
  // Scans (T1046, T1595.001): who looks, how many ports or hosts, how fast.
  ...(
    [
      [100, 60, TCP, false, "100 TCP ports of a host in a minute, rejected"],
      [100, 60, TCP, true, "100 TCP ports of a host in a minute, answered"],
      [40, 240, TCP, false, "40 TCP ports of a host in 4 minutes"],
      [300, 10 * HOUR, TCP, false, "300 TCP ports of a host in 10 hours"],
      [60, 300, UDP, true, "60 UDP ports of a host in 5 minutes, let pass"],
      [60, 300, UDP, false, "60 UDP ports of a host in 5 minutes, rejected"],
    ] as const
  ).map(
    ([count, seconds, protocol, accepted, variant]): Plan => ({
      technique: "T1046 vertical scan, inside",
      variant,
      takes: seconds,
      play(stage) {
        const source = stage.insider();
        const ports = shuffled(stage.random, 1, 10_000, count);
        return {
          actors: [source],
          conversations: vertical(stage, source, stage.estate.one("app", 5), ports, seconds, protocol, () => accepted),
        };
      },
    }),
  ),
  ...(
    [
      [445, 60, 300, TCP, false, "SMB of 60 hosts in 5 minutes, rejected"],
      [22, 120, 600, TCP, true, "SSH of 120 hosts in 10 minutes, answered"],
      [3389, 200, 8 * HOUR, TCP, false, "RDP of 200 hosts in 8 hours"],
      [8080, 150, 900, TCP, true, "8080 of 150 hosts in 15 minutes"],
      [161, 100, 600, UDP, true, "SNMP of 100 hosts in 10 minutes, let pass"],
      [0, 120, 240, ICMP, true, "echo requests to 120 hosts in 4 minutes"],
      [0, 150, 6 * HOUR, ICMP, true, "echo requests to 150 hosts in 6 hours"],
    ] as const
  ).map(
    ([port, count, seconds, protocol, accepted, variant]): Plan => ({
      technique: protocol === ICMP ? "T1018 remote system discovery" : "T1046 horizontal scan, inside",
      variant,
      takes: seconds,
      play(stage) {
        const source = stage.insider();
        const hosts = times(count, (number) => stage.estate.hosts[(number * 7 + 11) % stage.estate.hosts.length] as Host).filter(
          (host) => host.address !== source.address,
        );
        return {
          actors: [source],
          conversations: hosts.map((host, number) =>
            talk(stage.random, stage.start + (number * seconds) / count, source, host, port, {
              protocol,
              accepted,
              bytes: protocol === ICMP ? 84 : 60,
              bytesBack: accepted ? (protocol === ICMP ? 84 : 40) : 0,
            }),
          ),
        };
      },
    }),
  ),
  {
    technique: "T1046 scan of IP protocols, inside",
    variant: "40 protocols of a host in 3 minutes",
    takes: 180,
    play(stage) {
      const source = stage.insider();
      const protocols = times(140, (number) => number)
        .filter((number) => ![ICMP, TCP, UDP].includes(number))
        .slice(0, 40);
      return {
        actors: [source],
        conversations: protocols.map((protocol, number) =>
          talk(stage.random, stage.start + number * 4, source, stage.estate.one("app", 9), 0, {
            protocol,
            clientPort: 0,
            accepted: false,
            bytes: 20,
          }),
        ),
      };
    },
  },
  {
    technique: "T1595.001 scan from outside that finds something",
    variant: "60 ports, then a session with the one that answers",
    takes: 1_800,
    play(stage) {
      const source = stage.stranger();
      const target = stage.estate.one("mail");
      const ports = [...shuffled(stage.random, 1, 10_000, 60).filter((port) => port !== 2222), 2222];
      const session = talk(stage.random, stage.start + 1_200, source, target, 2222, {
        bytes: 90_000,
        bytesBack: 400_000,
        duration: 500,
      });
      return {
        actors: [source],
        conversations: [...vertical(stage, source, target, ports, 300, TCP, (port) => port === 2222), session],
      };
    },
  },
  {
    technique: "T1595.001 scan from outside that finds something",
    variant: "a host is scanned by 40 sources, 3 ports each, and one comes back",
    takes: 3_600,
    play(stage) {
      const sources = times(40, () => stage.stranger());
      const target = stage.estate.one("gateway");
      const knocks = sources.flatMap((source, number) =>
        vertical({ ...stage, start: stage.start + number * 20 }, source, target, shuffled(stage.random, 1, 10_000, 3), 15),
      );
      const session = talk(stage.random, stage.start + 1_800, sources[7] as End, target, 5900, {
        bytes: 200_000,
        bytesBack: 900_000,
        duration: 600,
      });
      return { actors: sources, conversations: [...knocks, session] };
    },
  },
  // Guessing (T1110): each guess reaches the service.
  guesses(22, 120, 300, false, "120 SSH guesses from outside in 5 minutes"),
  guesses(22, 120, 2 * HOUR, false, "an SSH guess a minute from outside, for 2 hours"),
  guesses(2222, 60, 600, false, "60 guesses at SSH on 2222 from outside"),
  guesses(3389, 80, 900, false, "80 RDP guesses from outside"),
  guesses(22, 60, 600, true, "60 SSH guesses inside"),
  guesses(3389, 60, 1_200, true, "60 RDP guesses inside"),
  guesses(21, 90, 600, true, "90 FTP guesses inside"),
  guesses(5985, 60, 900, true, "60 WinRM guesses inside"),
  {
    technique: "T1110.003 password spraying",
    variant: "3 guesses at SSH of each of 60 hosts inside, in half an hour",
    takes: 1_800,
    play(stage) {
      const source = stage.insider();
      const conversations = times(180, (number) =>
        talk(
          stage.random,
          stage.start + number * 10,
          source,
          stage.estate.hosts[(300 % stage.estate.hosts.length) + (number % 60)] ?? stage.estate.one("server", number % 60),
          22,
          guess(stage.random),
        ),
      );
      return { actors: [source], conversations };
    },
  },
  {
    technique: "T1110.003 password spraying",
    variant: "2 guesses from each of 80 sources outside, in 40 minutes",
    takes: 2_400,
    play(stage) {
      const sources = times(80, () => stage.stranger());
      const conversations = times(160, (number) =>
        talk(
          stage.random,
          stage.start + number * 15,
          sources[number % 80] as End,
          stage.estate.one("bastion", 1),
          22,
          guess(stage.random),
        ),
      );
      return { actors: sources, conversations };
    },
  },
  {
    technique: "T1110 guessing that succeeds",
    variant: "70 SSH guesses from outside, then a session of 20 minutes",
    takes: 2_000,
    play(stage) {
      const source = stage.stranger();
      const target = stage.estate.one("web", 3);
      const tries = times(70, (number) => talk(stage.random, stage.start + number * 6, source, target, 22, guess(stage.random)));
      return {
        actors: [source],
        conversations: [
          ...tries,
          talk(stage.random, stage.start + 450, source, target, 22, { bytes: 400_000, bytesBack: 2 * MB, duration: 1_200 }),
        ],
      };
    },
  },
  // Exposed services (T1133, T1190): one session is enough.
  ...(
    [
      [22, "SSH"],
      [3389, "RDP"],
      [5900, "VNC"],
      [445, "SMB"],
      [23, "Telnet"],
      [1521, "an Oracle database"],
      [6379, "Redis"],
      [9200, "Elasticsearch"],
      [2375, "the Docker API"],
    ] as const
  ).map(
    ([port, what], number): Plan => ({
      technique: "T1133 service open to the outside",
      variant: `${what}, one session`,
      takes: 600,
      play(stage) {
        const source = stage.stranger();
        const target = stage.estate.one("app", number);
        return {
          actors: [source],
          conversations: [
            talk(stage.random, stage.start, source, target, port, { bytes: 40_000, bytesBack: 200_000, duration: 300 }),
          ],
        };
      },
    }),
  ),
  // Command and control (T1071, T1095, T1572).
  beacons(60, 0, 240, "every minute, no jitter, 4 hours"),
  beacons(60, 0.3, 300, "every minute, 30 % jitter, 5 hours"),
  beacons(300, 0.5, 120, "every 5 minutes, 50 % jitter, 10 hours"),
  beacons(5, 0.2, 600, "every 5 seconds, 20 % jitter, 50 minutes"),
  beacons(1, 0.1, 900, "every second, 15 minutes"),
  beacons(1_800, 0.1, 40, "every half hour, 10 % jitter, 20 hours"),
  beacons(600, 0.3, 80, "pairs of connections, every 10 minutes", 2),
  beacons(120, 0.5, 200, "every 2 minutes, 50 % jitter, sizes that vary", 1, [400, 1_400]),
  {
    technique: "T1095 one connection kept open",
    variant: "a TCP connection to outside for 9 hours, a keepalive every 2 minutes",
    takes: 9 * HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 8443, {
            bytes: 300_000,
            bytesBack: 200_000,
            duration: 9 * HOUR - 60,
            every: 120,
          }),
        ],
      };
    },
  },
  {
    technique: "T1571 non-standard port",
    variant: "sessions with 4444 of an outsider",
    takes: 1_800,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: times(3, (number) =>
          talk(stage.random, stage.start + number * 500, source, server, 4444, {
            bytes: 30_000,
            bytesBack: 60_000,
            duration: 400,
          }),
        ),
      };
    },
  },
  {
    technique: "T1219 remote access software",
    variant: "a session of AnyDesk (7070) with an outsider",
    takes: 1_800,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 7070, { bytes: 9 * MB, bytesBack: 3 * MB, duration: 1_700 }),
        ],
      };
    },
  },
  {
    technique: "T1071.004 tunnel through names",
    variant: "200 questions a minute to a name server outside, for 40 minutes",
    takes: 2_400,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: times(8_000, (number) =>
          talk(stage.random, stage.start + number * 0.3, source, server, 53, {
            protocol: UDP,
            bytes: stage.random.between(180, 260),
            bytesBack: stage.random.between(180, 420),
          }),
        ),
      };
    },
  },
  {
    technique: "T1071.004 tunnel through names",
    variant: "90 questions a minute to the estate's own resolver, for 3 hours",
    takes: 3 * HOUR,
    play(stage) {
      const source = stage.insider();
      return {
        actors: [source],
        conversations: times(16_200, (number) =>
          talk(stage.random, stage.start + (number * 2) / 3, source, stage.estate.one("dns"), 53, {
            protocol: UDP,
            bytes: stage.random.between(180, 260),
            bytesBack: stage.random.between(180, 420),
          }),
        ),
      };
    },
  },
  {
    technique: "T1095 tunnel through ICMP",
    variant: "40 MB in echo requests to outside, in half an hour",
    takes: 1_800,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 0, {
            protocol: ICMP,
            bytes: 40 * MB,
            bytesBack: 40 * MB,
            packetBytes: 1_400,
            duration: 1_790,
          }),
        ],
      };
    },
  },
  // Exfiltration (T1048, T1041, T1030).
  {
    technique: "T1048 exfiltration",
    variant: "6 GB to one address in an hour",
    takes: HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 443, { bytes: 6_000 * MB, bytesBack: 40 * MB, duration: HOUR - 60 }),
        ],
      };
    },
  },
  {
    technique: "T1030 exfiltration in small pieces",
    variant: "400 transfers of 12 MB to one address in 3 hours",
    takes: 3 * HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: times(400, (number) =>
          talk(stage.random, stage.start + number * 27, source, server, 443, { bytes: 12 * MB, bytesBack: 90_000, duration: 9 }),
        ),
      };
    },
  },
  {
    technique: "T1030 exfiltration in small pieces",
    variant: "8 GB to 100 addresses, 80 MB each, in 2 hours",
    takes: 2 * HOUR,
    play(stage) {
      const source = stage.insider();
      const servers = times(100, () => stage.stranger());
      return {
        actors: [source, ...servers],
        conversations: servers.map((server, number) =>
          talk(stage.random, stage.start + number * 72, source, server, 443, {
            bytes: 80 * MB,
            bytesBack: 500_000,
            duration: 60,
          }),
        ),
      };
    },
  },
  {
    technique: "T1048 exfiltration",
    variant: "10 GB over the day, at one rate",
    takes: 20 * HOUR,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: times(240, (number) =>
          talk(stage.random, stage.start + number * 300, source, server, 443, {
            bytes: 42 * MB,
            bytesBack: 300_000,
            duration: 40,
          }),
        ),
      };
    },
  },
  {
    technique: "T1048.003 exfiltration by another protocol",
    variant: "1.5 GB by FTP to outside",
    takes: 1_800,
    play(stage) {
      const [source, server] = [stage.insider(), stage.stranger()];
      return {
        actors: [source, server],
        conversations: [
          talk(stage.random, stage.start, source, server, 21, { bytes: 9_000, bytesBack: 12_000, duration: 1_700 }),
          talk(stage.random, stage.start + 10, source, server, 20, { bytes: 1_500 * MB, bytesBack: 9 * MB, duration: 1_600 }),
        ],
      };
    },
  },
  // Lateral movement (T1021, T1570).
  ...(
    [
      [445, 12, "SMB"],
      [5985, 8, "WinRM"],
      [3389, 6, "RDP"],
      [22, 8, "SSH"],
      [135, 10, "RPC"],
    ] as const
  ).map(
    ([port, count, what]): Plan => ({
      technique: "T1021 lateral movement",
      variant: `${what} from a desktop to ${count} other hosts in an hour`,
      takes: HOUR,
      play(stage) {
        const source = stage.insider();
        const targets = times(count, (number) => stage.estate.one("server", 120 + number * 3));
        return {
          actors: [source],
          conversations: targets.map((target, number) =>
            talk(stage.random, stage.start + (number * HOUR) / count, source, target, port, {
              bytes: stage.random.between(90_000, 4 * MB),
              bytesBack: stage.random.between(90_000, 900_000),
              duration: stage.random.between(60, 200),
            }),
          ),
        };
      },
    }),
  ),
  {
    technique: "T1021 lateral movement",
    variant: "a chain: SSH from outside, then SSH to a second host, then RDP to a third, within an hour",
    takes: HOUR,
    play(stage) {
      const [source, first, second] = [stage.stranger(), stage.insider(), stage.insider()];
      const session = { bytes: 200_000, bytesBack: MB, duration: 2_000 };
      return {
        actors: [source, first, second],
        conversations: [
          talk(stage.random, stage.start, source, first, 22, session),
          talk(stage.random, stage.start + 600, first, second, 22, session),
          talk(stage.random, stage.start + 1_200, second, stage.estate.one("database", 5), 3389, session),
        ],
      };
    },
  },
  {
    technique: "T1021 lateral movement",
    variant: "a web server that is connected to from outside opens SSH to a database, which nobody ever did",
    takes: HOUR,
    play(stage) {
      const [source, client] = [stage.insider(), stage.stranger()];
      const target = stage.estate.one("database", 11);
      const visits = times(6, (number) =>
        talk(stage.random, stage.start + number * 400, client, source, 443, { bytes: 9_000, bytesBack: 60_000, duration: 20 }),
      );
      const sessions = times(3, (number) =>
        talk(stage.random, stage.start + 600 + number * 900, source, target, 22, {
          bytes: 300_000,
          bytesBack: 2 * MB,
          duration: 700,
        }),
      );
      return { actors: [source], conversations: [...visits, ...sessions] };
    },
  },
  {
    technique: "T1059 connect back",
    variant: "a web server that is scanned opens a connection to its scanner",
    takes: HOUR,
    play(stage) {
      const [source, target] = [stage.stranger(), stage.insider()];
      const knocks = vertical(stage, source, target, shuffled(stage.random, 1, 10_000, 50), 120);
      return {
        actors: [source, target],
        conversations: [
          ...knocks,
          talk(stage.random, stage.start + 900, target, source, 9001, { bytes: 90_000, bytesBack: 400_000, duration: 1_200 }),
        ],
      };
    },
  },
];

/** Every plan once, spread over the day. Who attacks from inside are hosts of their own, the last desktops and servers of the estate. */
export function attacks(estate: Estate, start: number, seed: string): Attack[] {
  let strangers = 0;
  let insiders = 0;
  const own = [...estate.of("desktop").slice(-60), ...estate.of("server").slice(-90)];
  return [...PLANS, ...PATIENT].map((plan, number) => {
    const random = new Random(seed, "attack", number);
    const room = Math.max(0, DAY - plan.takes - 2 * HOUR);
    const { actors, conversations } = plan.play({
      estate,
      start: Math.floor(start + HOUR / 2 + random.fraction() * room),
      random,
      stranger() {
        strangers++;
        return outside(`198.${18 + (strangers >> 16)}.${(strangers >> 8) & 255}.${strangers & 255}`);
      },
      insider() {
        const host = own[insiders++];
        if (host === undefined) throw new RangeError("the estate has too few hosts for all attacks");
        return host;
      },
    });
    return {
      technique: plan.technique,
      variant: plan.variant,
      actors: new Set(actors.map(({ address }) => address)),
      conversations,
    };
  });
}
