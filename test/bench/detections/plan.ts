import type { Random } from "../../../src/generator/random.ts";
import type { Conversation, End } from "./conversation.ts";
import type { Estate, Host } from "./estate.ts";

export const [ICMP, TCP, UDP] = [1, 6, 17];
export const MB = 1_000_000;
export const HOUR = 3_600;

export interface Stage {
  readonly estate: Estate;
  /** When the attack begins, in seconds. */
  readonly start: number;
  readonly random: Random;
  /** An address of the internet that nobody else has. */
  stranger(): End;
  /** A host that nobody else uses to attack. */
  insider(): Host;
}

export interface Plan {
  readonly technique: string;
  readonly variant: string;
  /** How long it takes, in seconds, so that it fits into the day. */
  readonly takes: number;
  play(stage: Stage): { readonly actors: readonly End[]; readonly conversations: Conversation[] };
}

export interface Part {
  readonly duration?: number;
  readonly clientPort?: number;
  readonly protocol?: number;
  readonly accepted?: boolean;
  readonly every?: number;
  readonly packetBytes?: number;
  readonly bytes?: number;
  readonly bytesBack?: number;
}

export function talk(random: Random, start: number, client: End, server: End, serverPort: number, part: Part = {}): Conversation {
  const accepted = part.accepted ?? true;
  return {
    start: Math.floor(start),
    duration: 0,
    client,
    clientPort: part.protocol === ICMP ? 0 : random.between(32_768, 60_999),
    server,
    serverPort,
    protocol: TCP,
    accepted,
    bytes: 60,
    bytesBack: accepted ? 40 : 0,
    ...part,
  };
}

/** A guess at a password that the service answers: key exchange, one or a few tries, the end. */
export const guess = (random: Random): Part => ({
  bytes: random.between(1_400, 3_200),
  bytesBack: random.between(1_900, 3_900),
  duration: random.between(1, 5),
});
export const shuffled = (random: Random, from: number, to: number, count: number): number[] => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(random.between(from, to));
  return [...ports];
};
export const times = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => make(number));
