import { geo } from "../geo/geo.ts";
import { approvedDestinations } from "./approved-destinations.ts";
import { networks } from "./networks.ts";
import { ports } from "./ports.ts";
import { servers } from "./servers.ts";
import { subnets } from "./subnets.ts";
import type { TableKind } from "./table.ts";

/** The kinds of tables by the names of their options. */
const ALL = { ports, servers, networks, subnets, approvedDestinations, geo } as const satisfies Record<string, TableKind>;

type Kinds = typeof ALL;
export type TableName = keyof Kinds;
export const TABLE_NAMES = Object.keys(ALL) as readonly TableName[];

/** The tables that flows are enriched from. */
export type TableContents = { readonly [Name in TableName]: ReturnType<Kinds[Name]["join"]> };
/** What one file of a kind holds. */
export type FileOf<Name extends TableName> = Parameters<Kinds[Name]["join"]>[0][number]["content"];
/** How many files a kind has. */
export type FilesOf<Name extends TableName> = Kinds[Name]["files"];

export const kindOf = (name: TableName): TableKind => ALL[name];
