import type { Settings } from "./options.ts";
import { refuse } from "./options.ts";

/** Connector Hub writes at least every seven minutes. */
const OCI_PACE_MS = 420_000;
/** IBM's collector writes every five minutes, or at 100 KB, which is about 200 flows. */
const IBM_PACE_MS = 300_000;
const IBM_FLOWS_PER_OBJECT = 200;
/** 100 MB of OCI records, after which Connector Hub begins the next object. */
const OCI_FLOWS_PER_OBJECT = 75_000;
/** A window of the IBM form is in memory at once. */
const MOST_FLOWS_IN_MEMORY = 500_000;

/** How a bucket is cut into windows. */
export interface Pace {
  readonly windows: number;
  /** IBM: most flows of one object. */
  readonly flowsPerObject: number;
  /** IBM: VNICs that write a second object in the last window, so that the number of objects comes out. */
  readonly extraObjects: number;
}

/** Cuts the span into windows of equal length, for `flows` flows of everyday traffic. */
export function paceOf(settings: Settings, flows: number): Pace {
  return settings.format === "ibm" ? ibmPace(settings, flows) : linePace(settings, flows);
}

function linePace({ objects, flowsPerObject, spanMs, format }: Settings, flows: number): Pace {
  const rest = { flowsPerObject: Number.POSITIVE_INFINITY, extraObjects: 0 };
  if (objects !== undefined) {
    if (objects > flows) refuse(`${objects} objects need more than ${flows} flows: every object holds at least one`);
    return { windows: objects, ...rest };
  }
  if (flowsPerObject !== undefined) return { windows: Math.max(1, Math.ceil(flows / flowsPerObject)), ...rest };
  const bySize = format === "oci" ? Math.ceil(flows / OCI_FLOWS_PER_OBJECT) : 1;
  return { windows: Math.max(1, Math.min(flows, Math.max(bySize, Math.ceil(spanMs / OCI_PACE_MS)))), ...rest };
}

function ibmPace({ objects, flowsPerObject, spanMs, vnics }: Settings, flows: number): Pace {
  if (objects !== undefined) {
    const windows = Math.floor(objects / vnics);
    if (windows === 0) refuse(`${objects} objects are less than one for each of ${vnics} VNICs: raise objects or lower vnics`);
    if (windows * 1000 > spanMs) refuse(`${objects} objects of ${vnics} VNICs do not fit into the span: lengthen it`);
    inMemory(flows / windows);
    return { windows, flowsPerObject: Number.POSITIVE_INFINITY, extraObjects: objects % vnics };
  }
  const windows = Math.max(1, Math.ceil(spanMs / IBM_PACE_MS));
  inMemory(flows / windows);
  return { windows, flowsPerObject: flowsPerObject ?? IBM_FLOWS_PER_OBJECT, extraObjects: 0 };
}

function inMemory(flows: number): void {
  if (flows > MOST_FLOWS_IN_MEMORY) {
    refuse(`${Math.ceil(flows)} flows at once are more than ${MOST_FLOWS_IN_MEMORY}: raise objects, or lengthen the span`);
  }
}

/** Share of a day's traffic that comes before the given instant (seconds since the epoch): most at 14:00 UTC, least at 02:00, a third of it. */
export function trafficBefore(seconds: number): number {
  const day = 86_400;
  const radians = (2 * Math.PI * (seconds - 8 * 3600)) / day;
  return seconds / day - (0.5 * Math.cos(radians)) / (2 * Math.PI);
}
