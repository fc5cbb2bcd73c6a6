import type { Action, Direction, FieldName, Flow, Zone } from "../../flow.ts";
import { and, type Condition, type OneOf, or } from "../condition.ts";
import type { DetectionRule, DetectorRule } from "../rule.ts";
import { compileCondition, type Test } from "./compile.ts";
import { type Known, specialise } from "./specialise.ts";

/** A rule that a flow may still match, and what is left to test. */
export interface Candidate {
  /** Position of the rule among those given. */
  readonly index: number;
  readonly test: Test;
}

/** Told of each rule, by its position, that a flow matches. */
export type Hit = (index: number, flow: Flow) => void;

/** The rules for flows of one action, direction, pair of zones and protocol. */
interface Cell {
  /** Rules that ask for certain destination ports. */
  readonly byPort: ReadonlyMap<number, readonly Candidate[]>;
  readonly others: readonly Candidate[];
}

const ACTIONS: readonly (Action | undefined)[] = ["accept", "reject", undefined];
const DIRECTIONS: readonly Direction[] = ["ingress", "egress", "unknown"];
const ZONES: readonly (Zone | undefined)[] = ["internal", "external", "invalid", undefined];
/** Protocols that conditions are reduced for; of any other it only matters that it is none of these. */
const PROTOCOLS: readonly number[] = [6, 17];
const NONE: readonly Candidate[] = [];

/**
 * Finds the rules that a flow matches without asking all of them: conditions are reduced for each combination of action,
 * direction, zones and protocol (432 at most, when first met), and those that ask for ports are found by port.
 */
export function createDispatch(rules: readonly (DetectionRule | DetectorRule)[]): (flow: Flow, hit: Hit) => void {
  const cells: (Cell | undefined)[] = new Array(3 * 3 * 4 * 4 * 3).fill(undefined);
  return (flow, hit) => {
    const sides = zoneCode(flow.sourceZone) * 4 + zoneCode(flow.destinationZone);
    const code = ((actionCode(flow.action) * 3 + directionCode(flow.direction)) * 16 + sides) * 3 + protocolCode(flow.protocol);
    let cell = cells[code];
    if (cell === undefined) {
      cell = buildCell(rules, knownOf(flow));
      cells[code] = cell;
    }
    const port = flow.destinationPort;
    if (port !== undefined) run(cell.byPort.get(port) ?? NONE, flow, hit);
    run(cell.others, flow, hit);
  };
}

function run(candidates: readonly Candidate[], flow: Flow, hit: Hit): void {
  for (let position = 0; position < candidates.length; position++) {
    const candidate = candidates[position] as Candidate;
    if (candidate.test(flow)) hit(candidate.index, flow);
  }
}

function buildCell(rules: readonly (DetectionRule | DetectorRule)[], known: Known): Cell {
  const byPort = new Map<number, Candidate[]>();
  const others: Candidate[] = [];
  for (const [index, rule] of rules.entries()) {
    const rest = specialise(rule.condition, known);
    if (rest.kind === "constant" && !rest.value) continue;
    const asked = splitPorts(rest);
    if (asked === undefined) others.push({ index, test: compileCondition(rest) });
    for (const [remainder, ports] of asked ?? []) {
      const candidate = { index, test: compileCondition(remainder) };
      for (const port of ports) byPort.set(port, [...(byPort.get(port) ?? []), candidate]);
    }
  }
  return { byPort, others };
}

/** When every way to meet a condition asks for destination ports: what is asked besides, and the ports at which it is. */
function splitPorts(condition: Condition): Map<Condition, number[]> | undefined {
  const besides = new Map<number, Condition[]>();
  for (const way of condition.kind === "or" ? condition.terms : [condition]) {
    const terms = way.kind === "and" ? way.terms : [way];
    const asked = terms.find((term): term is OneOf => term.kind === "one-of" && term.field.name === "destinationPort");
    if (asked === undefined) return undefined;
    const rest = and(terms.filter((term) => term !== asked));
    for (const port of asked.values.map(Number)) besides.set(port, [...(besides.get(port) ?? []), rest]);
  }
  const split = new Map<Condition, number[]>();
  const same = new Map<string, Condition>();
  for (const [port, conditions] of besides) {
    const remainder = or(conditions);
    const key = JSON.stringify(remainder);
    const known = same.get(key) ?? remainder;
    same.set(key, known);
    split.set(known, [...(split.get(known) ?? []), port]);
  }
  return split;
}

function knownOf(flow: Flow): Known {
  return new Map<FieldName, string | number | undefined>([
    ["action", ACTIONS[actionCode(flow.action)]],
    ["direction", DIRECTIONS[directionCode(flow.direction)]],
    ["sourceZone", ZONES[zoneCode(flow.sourceZone)]],
    ["destinationZone", ZONES[zoneCode(flow.destinationZone)]],
    ...(flow.protocol !== undefined && PROTOCOLS.includes(flow.protocol)
      ? [["protocol", flow.protocol] as [FieldName, number]]
      : []),
  ]);
}

function protocolCode(protocol: number | undefined): number {
  return protocol === 6 ? 0 : protocol === 17 ? 1 : 2;
}

function actionCode(action: Action | undefined): number {
  return action === "accept" ? 0 : action === "reject" ? 1 : 2;
}

function directionCode(direction: Direction): number {
  return direction === "ingress" ? 0 : direction === "egress" ? 1 : 2;
}

function zoneCode(zone: Zone | undefined): number {
  return zone === "internal" ? 0 : zone === "external" ? 1 : zone === "invalid" ? 2 : 3;
}
