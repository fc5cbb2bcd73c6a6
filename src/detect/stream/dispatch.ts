import type { FieldName } from "../../flow/fields.ts";
import type { Flow } from "../../flow/flow.ts";
import type { Action, Direction, Initiator, Status, TrafficType, Zone } from "../../flow/types.ts";
import type { Condition } from "../condition.ts";
import type { DetectionRule, DetectorRule } from "../rule.ts";
import { type Classes, classify, MISSING, OTHER } from "./classes.ts";
import { compileCondition, type Test } from "./compile.ts";
import { type Known, specialise } from "./specialise.ts";

/** A rule that a flow may still match. */
interface Candidate {
  /** Position of the rule among those given. */
  readonly index: number;
  /** What is left to test; undefined when nothing is. */
  readonly test: Test | undefined;
}

/** Told of each rule, by its position, that a flow matches. */
export type Hit = (index: number, flow: Flow) => void;

/** The rules for flows of one status, action, direction, initiator, pair of zones, type of traffic and class of protocol. */
interface Cell {
  readonly left: readonly { readonly index: number; readonly condition: Condition }[];
  /** By class of the destination port, made when first met. */
  readonly byPort: (readonly Candidate[] | undefined)[];
}

const STATUSES: readonly Status[] = ["OK", "NODATA", "SKIPDATA"];
const ACTIONS: readonly (Action | undefined)[] = ["accept", "reject", undefined];
const DIRECTIONS: readonly Direction[] = ["ingress", "egress", "unknown"];
const INITIATORS: readonly Initiator[] = ["source", "destination", "unknown"];
const ZONES: readonly (Zone | undefined)[] = ["internal", "external", "invalid", "provider", "multicast", "broadcast", undefined];
const ZONE_COUNT = ZONES.length;
const TRAFFIC_TYPES: readonly (TrafficType | undefined)[] = ["east-west", "north-south", undefined];

/** Combinations of all those, without the protocol. */
const WAY_COUNT = 3 * 3 * 3 * 3 * ZONE_COUNT * ZONE_COUNT * 3;

/**
 * Finds the rules that a flow matches without asking all of them: conditions are reduced for each combination of status, action, direction,
 * initiator, zones, type of traffic, protocol and destination port, when it is first met; of protocols and ports only what the rules ask of them makes
 * a difference.
 */
export function createDispatch(rules: readonly (DetectionRule | DetectorRule)[]): (flow: Flow, hit: Hit) => void {
  const conditions = rules.map(({ condition }) => condition);
  const protocols = classify(conditions, "protocol", 255);
  const ports = classify(conditions, "destinationPort", 65_535);
  /** By class of the protocol, made when first met: there are many ways. */
  const cells: ((Cell | undefined)[] | undefined)[] = new Array(protocols.count).fill(undefined);

  const buildCell = (flow: Flow): Cell => {
    const known: Known = new Map<FieldName, string | number | undefined>([
      ["status", STATUSES[statusCode(flow.status)]],
      ["action", ACTIONS[actionCode(flow.action)]],
      ["direction", DIRECTIONS[directionCode(flow.direction)]],
      ["initiator", INITIATORS[initiatorCode(flow.initiator)]],
      ["sourceZone", ZONES[zoneCode(flow.sourceZone)]],
      ["destinationZone", ZONES[zoneCode(flow.destinationZone)]],
      ["trafficType", TRAFFIC_TYPES[trafficCode(flow.trafficType)]],
      ...knownOf("protocol", protocols, flow.protocol),
    ]);
    const left = conditions.map((condition, index) => ({ index, condition: specialise(condition, known) }));
    return { left: left.filter(({ condition }) => isPossible(condition)), byPort: new Array(ports.count).fill(undefined) };
  };
  const candidatesOf = ({ left }: Cell, flow: Flow): readonly Candidate[] => {
    const known: Known = new Map(knownOf("destinationPort", ports, flow.destinationPort));
    return left.flatMap(({ index, condition }) => {
      const rest = specialise(condition, known);
      if (!isPossible(rest)) return [];
      return [{ index, test: rest.kind === "constant" ? undefined : compileCondition(rest) }];
    });
  };

  return (flow, hit) => {
    const said = (statusCode(flow.status) * 3 + actionCode(flow.action)) * 3 + directionCode(flow.direction);
    const kind = said * 3 + initiatorCode(flow.initiator);
    const sides = zoneCode(flow.sourceZone) * ZONE_COUNT + zoneCode(flow.destinationZone);
    const way = (kind * ZONE_COUNT * ZONE_COUNT + sides) * 3 + trafficCode(flow.trafficType);
    const protocol = protocols.of(flow.protocol);
    let ways = cells[protocol];
    if (ways === undefined) {
      ways = new Array<Cell | undefined>(WAY_COUNT).fill(undefined);
      cells[protocol] = ways;
    }
    let cell = ways[way];
    if (cell === undefined) {
      cell = buildCell(flow);
      ways[way] = cell;
    }
    const port = ports.of(flow.destinationPort);
    let candidates = cell.byPort[port];
    if (candidates === undefined) {
      candidates = candidatesOf(cell, flow);
      cell.byPort[port] = candidates;
    }
    for (let position = 0; position < candidates.length; position++) {
      const { index, test } = candidates[position] as Candidate;
      if (test === undefined || test(flow)) hit(index, flow);
    }
  };
}

function isPossible(condition: Condition): boolean {
  return condition.kind !== "constant" || condition.value;
}

/** What the class of the value tells of it. */
function knownOf(field: FieldName, classes: Classes, value: number | undefined): [FieldName, number | undefined][] {
  const number = classes.of(value);
  if (number === OTHER) return [];
  return [[field, number === MISSING ? undefined : classes.example(number)]];
}

function statusCode(status: Status): number {
  return status === "OK" ? 0 : status === "NODATA" ? 1 : 2;
}

function actionCode(action: Action | undefined): number {
  return action === "accept" ? 0 : action === "reject" ? 1 : 2;
}

function directionCode(direction: Direction): number {
  return direction === "ingress" ? 0 : direction === "egress" ? 1 : 2;
}

function initiatorCode(initiator: Initiator): number {
  return initiator === "source" ? 0 : initiator === "destination" ? 1 : 2;
}

function zoneCode(zone: Zone | undefined): number {
  switch (zone) {
    case "internal":
      return 0;
    case "external":
      return 1;
    case "invalid":
      return 2;
    case "provider":
      return 3;
    case "multicast":
      return 4;
    case "broadcast":
      return 5;
    case undefined:
      return 6;
  }
}

function trafficCode(type: TrafficType | undefined): number {
  return type === "east-west" ? 0 : type === "north-south" ? 1 : 2;
}
