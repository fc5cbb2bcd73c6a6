import { UsageError } from "../lib/errors.ts";
import { DAMAGE, type DamageKind, damageKinds } from "./damage/kinds.ts";
import { INCIDENTS, type IncidentId, LEAST_SPAN_MS } from "./incidents.ts";
import { LEAST_VNICS, MOST_VNICS } from "./world.ts";

export const FORMATS = ["oci", "ibm", "text", "aws"] as const;
export type FormatName = (typeof FORMATS)[number];

export interface GenerateOptions {
  readonly format: FormatName;
  /** The same seed and options give the same bytes (of the same zlib). */
  readonly seed?: string;
  /** Flow records, those of the incidents among them. Quality records and damaged objects come on top. */
  readonly flows?: number;
  /** Exact number of objects; by default as many as the real writer's pace gives. Damaged objects come on top. */
  readonly objects?: number;
  /** On average (OCI, text), or at most for each VNIC (IBM). Not together with `objects`. */
  readonly flowsPerObject?: number;
  /** Ms since the epoch; the log counts in whole seconds. */
  readonly start?: number;
  readonly spanMs?: number;
  /** Servers, each with one VNIC that logs. */
  readonly vnics?: number;
  /** Share of the everyday traffic that is of connections which a few hundred pairs of servers keep open; by default none. */
  readonly kept?: number;
  readonly incidents?: readonly IncidentId[];
  readonly damage?: readonly DamageKind[];
  /** Goes before every key. */
  readonly prefix?: string;
  /** OCI: each event in the wrapper of the console. */
  readonly wrapped?: boolean;
  /** IBM: CRNs in keys are URL-encoded. */
  readonly encodedKeys?: boolean;
  /** NODATA and SKIPDATA records, and IBM headers with "skip data" or a wrong count, now and then. */
  readonly quality?: boolean;
  /** 1 (fast) to 9 (small). */
  readonly gzipLevel?: number;
}

/** 2026-01-05T00:00:00Z, a Monday. */
export const DEFAULT_START = Date.UTC(2026, 0, 5);

export type Settings = Required<Omit<GenerateOptions, "objects" | "flowsPerObject">> &
  Pick<GenerateOptions, "objects" | "flowsPerObject">;

/** Fills in the defaults. Throws UsageError for a value that cannot be. */
export function settle(options: GenerateOptions): Settings {
  const settings: Settings = {
    seed: "1",
    flows: 100_000,
    start: DEFAULT_START,
    spanMs: 86_400_000,
    vnics: 24,
    kept: 0,
    incidents: INCIDENTS,
    damage: [],
    prefix: "",
    wrapped: false,
    encodedKeys: false,
    quality: true,
    gzipLevel: 3,
    ...options,
  };
  const { format, flows, objects, flowsPerObject, start, spanMs, vnics, kept, incidents, damage, gzipLevel } = settings;
  if (!FORMATS.includes(format)) refuse(`format ${format} is none of ${FORMATS.join(", ")}`);
  wholeNumber("flows", flows, 1, 1e10);
  if (objects !== undefined) wholeNumber("objects", objects, 1, 1e8);
  if (flowsPerObject !== undefined) wholeNumber("flows-per-object", flowsPerObject, 1, 1e8);
  if (objects !== undefined && flowsPerObject !== undefined) refuse("objects and flows-per-object exclude each other: give one");
  wholeNumber("vnics", vnics, LEAST_VNICS, MOST_VNICS);
  if (!(kept >= 0 && kept < 1)) refuse(`kept is ${kept}: expected a share from 0 to less than 1`);
  wholeNumber("gzip-level", gzipLevel, 1, 9);
  wholeNumber("start", start, 0, Date.UTC(2100, 0, 1));
  wholeNumber("span", spanMs, 1_000, 366 * 86_400_000);
  for (const id of incidents)
    if (!INCIDENTS.includes(id)) refuse(`there is no incident ${id}: choose among ${INCIDENTS.join(", ")}`);
  if (incidents.length > 0 && spanMs < LEAST_SPAN_MS) {
    refuse("the incidents need a span of at least 1h: lengthen it, or leave the incidents out (none)");
  }
  const possible = damageKinds(format);
  for (const kind of damage) {
    if (!(kind in DAMAGE)) refuse(`there is no damage ${kind}: choose among ${possible.join(", ")}`);
    if (!possible.includes(kind))
      refuse(`damage ${kind} does not occur in format ${format}: choose among ${possible.join(", ")}`);
  }
  return { ...settings, start: start - (start % 1000) };
}

export function refuse(message: string): never {
  throw new UsageError("bad-generate-option", message);
}

function wholeNumber(name: string, value: number, low: number, high: number): void {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    refuse(`${name} is ${value}: expected a whole number from ${low} to ${high}`);
  }
}
