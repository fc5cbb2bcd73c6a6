import type { Fields } from "./support.ts";

const LOGSOURCE = "logsource:\n  category: network_connection\n  product: flowferry";

function part(name: string, port: number): string {
  return `title: Port ${port}
name: ${name}
level: informational
${LOGSOURCE}
detection:
  selection:
    destinationPort: ${port}
  condition: selection
`;
}

function correlation(name: string, lines: string): string {
  return `title: ${name}
name: ${name}
level: high
flow:
  throttle: 10m
correlation:
  timespan: 1h
  group-by: [sourceAddress]
${lines}
`;
}

function detector(name: string, lines: string): string {
  return `title: ${name}
name: ${name}
level: low
${LOGSOURCE}
detection:
  selection:
    protocol: 6
  condition: selection
flow:
  throttle: 10m
  detector:
${lines}
`;
}

/** One rule of each kind; of the counts one that notes a group's only flow in the group itself, and one that does not. */
export const RULES = [
  part("aa", 1),
  part("bb", 2),
  part("cc", 3),
  correlation("few", "  type: event_count\n  rules: [aa]\n  condition:\n    gte: 3"),
  correlation("many", "  type: event_count\n  rules: [aa, bb]\n  condition:\n    gte: 12"),
  correlation("values", "  type: value_count\n  rules: [aa, bb, cc]\n  condition:\n    field: destinationAddress\n    gte: 6"),
  correlation("sum", "  type: value_sum\n  rules: [cc]\n  condition:\n    field: bytes\n    gte: 20000"),
  correlation("any", "  type: temporal\n  rules: [aa, bb, cc]"),
  correlation("pair", "  type: temporal_ordered\n  rules: [cc, aa]"),
  correlation("chain", "  type: temporal_ordered\n  rules: [aa, bb, cc]"),
  detector(
    "volume",
    "    type: baseline\n    group-by: [sourceAddress]\n    field: bytes\n    bucket: 10m\n    history: 2h\n    learn: 20m\n    deviations: 1\n    minimum: 1000",
  ),
  detector(
    "fresh",
    "    type: new_terms\n    fields: [sourceAddress, destinationAddress, destinationPort]\n    learn: 1h\n    forget: 1h",
  ),
].join("---\n");

/** Flows of a little over two hours, of which the state of version 3 knows the first `KNOWN`. */
export const STEPS: readonly { readonly seconds: number; readonly fields: Fields }[] = stepsOf(200);
export const KNOWN = 110;

function stepsOf(count: number): { seconds: number; fields: Fields }[] {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  return Array.from({ length: count }, (_, index) => ({
    seconds: index * 40 + 300 - random(300),
    fields: {
      sourceAddress: [`2001:db8::${random(3)}`, `10.0.0.${random(3)}`, `10.0.0.${random(5)}`, `10.0.9.${random(99)}`][random(4)],
      destinationAddress: `10.1.0.${1 + random(9)}`,
      sourcePort: 40_000 + random(3),
      destinationPort: 1 + random(4),
      protocol: random(4) === 0 ? 17 : 6,
      bytes: random(12) === 0 ? "18446744073709551615" : 100 + random(2_000),
    },
  }));
}
