import type { Flow } from "../flow/flow.ts";

/** Flows and bytes of those that are called so. */
export interface Sum {
  readonly name: string;
  readonly flows: number;
  readonly bytes: number;
}

export interface Talkers {
  /** Who sent most to whom in the last minute. */
  readonly pairs: readonly Sum[];
  /** What they asked for. */
  readonly ports: readonly Sum[];
}

const SLICE_MS = 10_000;
const SLICES = 6;
/** More names than this are not told apart in a slice. */
const MOST = 20_000;
const SHOWN = 10;

interface Slice {
  readonly begin: number;
  readonly pairs: Map<string, { flows: number; bytes: number }>;
  readonly ports: Map<string, { flows: number; bytes: number }>;
}

/** Adds up who talks to whom, over the last minute in which somebody looks. */
export class TalkerSums {
  #slices: Slice[] = [];

  /** Takes flows that have passed at this time, in ms since the epoch. */
  add(flows: readonly Flow[], now: number): void {
    const { pairs, ports } = this.#sliceAt(now);
    for (const flow of flows) {
      const bytes = Number(flow.bytes ?? 0);
      const from = flow.sourceServer ?? flow.sourceAddress ?? "-";
      const to = flow.destinationServer ?? flow.destinationAddress ?? "-";
      count(pairs, `${from} -> ${to}`, bytes);
      const isAnswer = flow.initiator === "destination";
      const port = isAnswer ? flow.sourcePort : flow.destinationPort;
      const service = isAnswer ? flow.sourceService : flow.destinationService;
      count(
        ports,
        `${port ?? "-"}/${(flow.protocolName ?? "-").toLowerCase()}${service === undefined ? "" : ` ${service}`}`,
        bytes,
      );
    }
  }

  /** The largest by bytes. */
  top(now: number): Talkers {
    const recent = this.#slices.filter(({ begin }) => begin > now - SLICES * SLICE_MS);
    return { pairs: largest(recent.map(({ pairs }) => pairs)), ports: largest(recent.map(({ ports }) => ports)) };
  }

  #sliceAt(now: number): Slice {
    const begin = now - (now % SLICE_MS);
    const last = this.#slices.at(-1);
    if (last?.begin === begin) return last;
    const slice = { begin, pairs: new Map(), ports: new Map() };
    this.#slices = [...this.#slices.slice(1 - SLICES), slice];
    return slice;
  }
}

function count(sums: Map<string, { flows: number; bytes: number }>, name: string, bytes: number): void {
  const known = sums.get(name);
  if (known !== undefined) {
    known.flows += 1;
    known.bytes += bytes;
  } else if (sums.size < MOST) sums.set(name, { flows: 1, bytes });
}

function largest(maps: readonly ReadonlyMap<string, { readonly flows: number; readonly bytes: number }>[]): Sum[] {
  const sums = new Map<string, { flows: number; bytes: number }>();
  for (const [name, { flows, bytes }] of maps.flatMap((map) => [...map])) {
    const known = sums.get(name) ?? { flows: 0, bytes: 0 };
    sums.set(name, { flows: known.flows + flows, bytes: known.bytes + bytes });
  }
  return [...sums]
    .map(([name, sum]) => ({ name, ...sum }))
    .sort((a, b) => b.bytes - a.bytes || b.flows - a.flows)
    .slice(0, SHOWN);
}
