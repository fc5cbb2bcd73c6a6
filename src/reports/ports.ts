import { EMPTY_CONTEXT, type Flow, type FlowContext } from "../flow/flow.ts";
import { UsageError } from "../lib/errors.ts";
import type { PortCounts } from "../query/port-counts.ts";

const [TCP, UDP] = [6, 17];
const PORTS = 65_536;

/** The parts of a subnet's file, in their order: protocol, and whether the source is internal. */
export const SECTIONS = ["TCP_Internal", "TCP_External", "UDP_Internal", "UDP_External"] as const;
export type Section = (typeof SECTIONS)[number];

export interface PortsOptions {
  /** Only flows whose source opened the connection: no replies to ephemeral ports. */
  readonly initiatedOnly: boolean;
  /** Which flows count; one that says neither (schema `seed`) counts as accepted, as those of the enrichment script are. */
  readonly action: "accept" | "reject" | "all";
}

export interface PortCount {
  readonly port: number;
  readonly count: number;
}

/** The file of a subnet, key for key as the analysis script of the OCI blog writes it. */
export interface SubnetPorts
  extends Readonly<Record<Section, { readonly port_ranges: string; readonly port_counts: readonly PortCount[] }>> {
  readonly vnicsubnetocid: string;
  readonly subnet_name: string;
}

/** The other file: which destination is asked at which port. */
export interface SubnetDetails {
  readonly vnicsubnetocid: string;
  readonly subnet_name: string;
  readonly detailed_records: readonly {
    readonly destination_address: string;
    readonly destination_port: number;
    readonly count: number;
  }[];
}

/** What is known of a subnet's ports. */
export interface SubnetReport {
  /** Beginning of the names of its files, which no other subnet has. */
  readonly file: string;
  /** Name for people: of the subnet table or the log. */
  readonly name: string | undefined;
  readonly ports: SubnetPorts;
  readonly details: SubnetDetails;
  /** By port and protocol (`tcp 22`), the services that the flows name. */
  readonly services: ReadonlyMap<string, string>;
}

/** So many pairs of destination and port are kept: about 600 MB. */
const MOST_PAIRS = 5_000_000;

interface Counts {
  /** Name in the log, which the files are called after. */
  logName: string | undefined;
  name: string | undefined;
  readonly sections: Readonly<Record<Section, Map<number, number>>>;
  readonly destinations: Map<string, Map<number, number>>;
  readonly services: Map<string, string>;
}

/** Counts the ports at which the subnets are asked: ingress flows by TCP and UDP. Memory grows with the pairs of destination and port. */
export class PortSummary {
  readonly #options: PortsOptions;
  readonly #subnets = new Map<string, Counts>();
  #pairs = 0;
  /** Flows that count. */
  counted = 0;
  /** Of these, those that do not say whether they were accepted. */
  unsaid = 0;
  /** Flows that would count, but whose direction is not known. */
  undirected = 0;
  /** Ingress flows of which it is not known who began, left out with `initiatedOnly`. */
  uncertain = 0;

  constructor(options: PortsOptions) {
    this.#options = options;
  }

  /** Counts so many flows that are like this one in what counts. Throws UsageError when there are too many different pairs. */
  add(flow: Flow, times = 1): void {
    const { protocol, destinationPort: port, context, direction } = flow;
    if ((protocol !== TCP && protocol !== UDP) || port === undefined || flow.status !== "OK") return;
    const { action, initiatedOnly } = this.#options;
    if (action !== "all" && (flow.action ?? "accept") !== action) return;
    if (direction === "unknown" || context.subnet === undefined) this.undirected += times;
    if (direction !== "ingress" || context.subnet === undefined) return;
    if (initiatedOnly && flow.initiator !== "source") {
      if (flow.initiator === "unknown") this.uncertain += times;
      return;
    }
    if (flow.action === undefined && action !== "all") this.unsaid += times;
    this.addPort(flow, times);
    this.addDestination(flow, times);
  }

  /** Flows that are counted already. Throws UsageError when there are too many different pairs. */
  addCounts({ subnets, hosts, services, rows }: PortCounts): void {
    const all = subnets.map(({ id, name }) => {
      const counts = this.#countsOf({ ...EMPTY_CONTEXT, subnet: id });
      counts.name ??= name;
      return counts;
    });
    const names = new Map(services.map(({ protocol, port, name }) => [protocol * PORTS + port, name]));
    for (const { count, ...columns } of rows) {
      for (let row = 0; row < count; row += 1) {
        const [protocol, port] = [columns.protocol[row] ?? 0, columns.port[row] ?? 0];
        const [counts, flows] = [all[columns.subnet[row] ?? 0] as Counts, columns.flows[row] ?? 0];
        const transport = protocol === TCP ? "TCP" : "UDP";
        increment(counts.sections[`${transport}_${columns.internal[row] === 1 ? "Internal" : "External"}`], port, flows);
        this.counted += flows;
        const service = names.get(protocol * PORTS + port);
        if (service !== undefined) counts.services.set(`${transport.toLowerCase()} ${port}`, service);
        if (hosts.length > 0) this.#addPair(counts, hosts[columns.host[row] ?? 0] ?? "", port, flows);
      }
    }
  }

  /** Counts flows that are known to count, by port. They have a subnet, a protocol and a port. */
  addPort(
    { context, destinationPort: port = 0, protocol, subnetName, sourceZone, destinationService }: Flow,
    times: number,
  ): void {
    this.counted += times;
    const counts = this.#countsOf(context);
    counts.name ??= subnetName ?? context.subnetName;
    const transport = protocol === TCP ? "TCP" : "UDP";
    increment(counts.sections[`${transport}_${sourceZone === "internal" ? "Internal" : "External"}`], port, times);
    if (destinationService !== undefined) counts.services.set(`${transport.toLowerCase()} ${port}`, destinationService);
  }

  /** The same by the host that is asked. Throws UsageError when there are too many different pairs. */
  addDestination({ context, destinationPort: port = 0, destinationAddress = "N/A" }: Flow, times: number): void {
    this.#addPair(this.#countsOf(context), destinationAddress, port, times);
  }

  #addPair({ destinations }: Counts, address: string, port: number, times: number): void {
    let ports = destinations.get(address);
    if (ports === undefined) {
      ports = new Map();
      destinations.set(address, ports);
    }
    if (increment(ports, port, times) && ++this.#pairs > MOST_PAIRS) {
      const advice = "narrow the window with --since and --until, or leave out replies with --initiated-only";
      throw new UsageError("report-too-large", `there are more than ${MOST_PAIRS} pairs of destination and port: ${advice}`);
    }
  }

  addUncertain(times: number): void {
    this.uncertain += times;
  }

  addUndirected(times: number): void {
    this.undirected += times;
  }

  /** A report for each subnet that was asked, in the order of their ids. */
  subnets(): SubnetReport[] {
    const taken = new Set<string>();
    return [...this.#subnets]
      .sort(([a], [b]) => compare(a, b))
      .map(([id, counts]): SubnetReport => {
        const subnet_name = counts.logName ?? `subnet_${id}`;
        const head = { vnicsubnetocid: id, subnet_name };
        const section = (name: Section) => {
          const ports = counts.sections[name];
          return {
            // Whoever prints rows does not look at them.
            get port_ranges() {
              return rangesOf([...ports.keys()]);
            },
            port_counts: countsOf(ports),
          };
        };
        return {
          file: fileName(subnet_name, id, taken),
          name: counts.name,
          ports: {
            ...head,
            TCP_Internal: section("TCP_Internal"),
            TCP_External: section("TCP_External"),
            UDP_Internal: section("UDP_Internal"),
            UDP_External: section("UDP_External"),
          },
          details: {
            ...head,
            get detailed_records() {
              return detailsOf(counts.destinations);
            },
          },
          services: counts.services,
        };
      });
  }

  #countsOf({ subnet = "", subnetName }: FlowContext): Counts {
    let counts = this.#subnets.get(subnet);
    if (counts === undefined) {
      const sections = { TCP_Internal: new Map(), TCP_External: new Map(), UDP_Internal: new Map(), UDP_External: new Map() };
      counts = { logName: undefined, name: undefined, sections, destinations: new Map(), services: new Map() };
      this.#subnets.set(subnet, counts);
    }
    counts.logName ??= subnetName;
    return counts;
  }
}

/** Whether the key is a new one. */
function increment(counts: Map<number, number>, key: number, times: number): boolean {
  const before = counts.get(key);
  counts.set(key, (before ?? 0) + times);
  return before === undefined;
}

/** Ports as `22,49676-49677`: ascending, neighbours joined. */
export function rangesOf(ports: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const port of Uint16Array.from(ports).sort()) {
    const last = ranges.at(-1);
    if (last !== undefined && port <= last.to + 1) last.to = port;
    else ranges.push({ from: port, to: port });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** The most frequent first, equal ones by port. */
function countsOf(ports: ReadonlyMap<number, number>): PortCount[] {
  return Array.from(ports, ([port, count]) => ({ port, count })).sort((a, b) => b.count - a.count || a.port - b.port);
}

/** The most frequent first, equal ones by address and port. */
function detailsOf(destinations: ReadonlyMap<string, ReadonlyMap<number, number>>): SubnetDetails["detailed_records"] {
  return [...destinations]
    .flatMap(([destination_address, ports]) =>
      Array.from(ports, ([destination_port, count]) => ({ destination_address, destination_port, count })),
    )
    .sort(
      (a, b) =>
        b.count - a.count || compare(a.destination_address, b.destination_address) || a.destination_port - b.destination_port,
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The subnet's name as a file may be called; its id where another subnet has that name. `taken` are names of files without `.json`. */
function fileName(name: string, id: string, taken: Set<string>): string {
  const safe = (text: string) =>
    text
      .replaceAll(/[^A-Za-z0-9._-]+/g, "_")
      .replace(/^\.+/, "_")
      .slice(0, 200);
  const isFree = (file: string) => !taken.has(file) && !taken.has(`details_${file}`);
  const names = [safe(name), safe(`subnet_${id}`)];
  let file = names.find(isFree);
  for (let n = 2; file === undefined; n++) file = [`${names[1]}_${n}`].find(isFree);
  taken.add(file).add(`details_${file}`);
  return file;
}
