import type { Columns, Zone } from "../../flow/types.ts";
import type { IpAddress } from "../../lib/ip/address.ts";
import { contains } from "../../lib/ip/prefix.ts";
import { kindOf, TABLE_NAMES, type TableName } from "./kinds.ts";
import type { Tables } from "./tables.ts";

/** A line or a network of a table that speaks about what was asked. */
export interface Match {
  readonly table: TableName;
  /** Undefined for what is built in. */
  readonly path: string | undefined;
  /** Undefined for what is built in, and for files without lines. */
  readonly line: number | undefined;
  /** The network, port range or subnet as the line has it. */
  readonly key: string;
  /** What the line says. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether a flow gets these values; else a longer prefix or a narrower range hides them. */
  readonly used: boolean;
}

export interface AddressAnswer {
  readonly zone: Zone;
  readonly network: string | undefined;
  readonly server: string | undefined;
  readonly columns: Columns | undefined;
  /** Name under which it is an approved destination. */
  readonly approved: string | undefined;
  /** Longest prefix first, table by table. */
  readonly matches: readonly Match[];
  /** Subnets whose networks hold the address. A flow of such a VNIC's subnet has its direction from them. */
  readonly subnets: readonly Match[];
}

/** What a flow from or to the address would get, and from which lines. */
export function explainAddress(tables: Tables, ip: IpAddress): AddressAnswer {
  const placed = placer(tables);
  const networks = tables.networks.covering(ip);
  const servers = tables.servers.covering(ip);
  const network = networks[0];
  const server = servers[0];
  const approvals = tables.approvedDestinations.covering(ip);
  const inSubnets = [...tables.subnets.values()].flatMap((subnet) =>
    subnet.networks
      .filter(({ prefix }) => contains(prefix, ip))
      .map(({ cidr, line }) => placed("subnets", line, cidr, { subnet: subnet.id, name: subnet.name }, true)),
  );
  return {
    zone: network?.zone ?? "external",
    network: network?.name,
    server: server?.server,
    columns: server?.columns,
    approved: approvals[0]?.name,
    matches: [
      ...networks.map(({ line, cidr, zone, name }, i) => placed("networks", line, cidr, { zone, name }, i === 0)),
      ...servers.map(({ line, address, server: name, columns }, i) =>
        placed("servers", line, address, { server: name, ...columns }, i === 0),
      ),
      ...approvals.map(({ line, cidr, name }, i) => placed("approvedDestinations", line, cidr, { name }, i === 0)),
      ...TABLE_NAMES.flatMap((table) => {
        const said = kindOf(table).say?.(tables[table], ip) ?? [];
        return said.map((saying) => ({ table, line: undefined, ...saying }));
      }),
    ],
    subnets: inSubnets,
  };
}

export interface PortAnswer {
  readonly service: string | undefined;
  readonly matches: readonly Match[];
}

/** What a port of TCP (6) or UDP (17) is called, and from which line. */
export function explainPort(tables: Tables, port: number, protocol: number): PortAnswer {
  const placed = placer(tables);
  const matches = tables.ports
    .covering(port, protocol)
    .map(({ from, to, protocol: written, name, line }, i) =>
      placed("ports", line, from === to ? `${from}/${written}` : `${from}-${to}/${written}`, { name }, i === 0),
    );
  return { service: tables.ports.name(port, protocol), matches };
}

export interface SubnetAnswer {
  readonly name: string | undefined;
  readonly matches: readonly Match[];
}

/** The networks of a subnet; undefined for a subnet that the table does not have. */
export function explainSubnet(tables: Tables, id: string): SubnetAnswer | undefined {
  const subnet = tables.subnets.get(id);
  if (subnet === undefined) return undefined;
  const placed = placer(tables);
  const matches = subnet.networks.map(({ line, cidr }) => placed("subnets", line, cidr, { subnet: id, name: subnet.name }, true));
  return { name: subnet.name, matches };
}

function placer(tables: Tables) {
  const paths = new Map(tables.files.map(({ table, path }) => [table, path]));
  return (
    table: TableName,
    line: number | undefined,
    key: string,
    said: Readonly<Record<string, string | undefined>>,
    used: boolean,
  ): Match => {
    const values = Object.fromEntries(Object.entries(said).filter((entry): entry is [string, string] => entry[1] !== undefined));
    return { table, path: line === undefined ? undefined : paths.get(table), line, key, values, used };
  };
}
