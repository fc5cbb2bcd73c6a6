import type { QualityNotice } from "../../../contracts/decoder.ts";
import type { ContextPool } from "../../../flow/contexts.ts";
import { Flow, type FlowContext } from "../../../flow/flow.ts";
import type { Origin } from "../../../flow/origin.ts";
import type { Mapping } from "../../../formats/mapping.ts";
import type { Piece } from "../../../formats/piece.ts";
import { label, type Problem } from "../../../formats/problem.ts";
import { noticeOf } from "../../../formats/quality.ts";
import { draftContext, setContext, setField, setTime } from "../../../formats/record.ts";
import { parseObjectName } from "../keys.ts";
import type { Columns } from "./columns.ts";

/** Names of unknown columns that a notice has. */
const NAMED = 20;
const UNTOLD = "no-log-status";

/** Reads the records of one object, whatever form they stand in: a value for each column, text or number; what is absent is a dash or nothing. */
export class Records {
  readonly #mapping: Mapping;
  readonly #contexts: ContextPool;
  readonly #origin: Origin;
  readonly #key: Readonly<Record<string, string>>;
  /** Contexts of this object, by what its records say of them. */
  readonly #known = new Map<string, FlowContext>();

  constructor(mapping: Mapping, contexts: ContextPool, origin: Origin) {
    this.#mapping = mapping;
    this.#contexts = contexts;
    this.#origin = origin;
    const name = parseObjectName(origin.key.slice(origin.key.lastIndexOf("/") + 1));
    this.#key = name === undefined ? {} : { ...name, written: new Date(name.written).toISOString() };
  }

  /** Puts what the record is into the piece. A record without addresses of a log without a status is counted as `no-log-status`. */
  read(values: readonly unknown[], columns: Columns, record: number, piece: Piece): void {
    const flow = new Flow(this.#origin, record, this.#contextOf(values, columns), 0);
    const isBare = !columns.hasStatus && columns.fields.every(({ rule, at }) => isEmptyOrTime(rule.target.type, values[at]));
    if (isBare && columns.fields.some(({ rule }) => rule.target.type === "address")) {
      piece.skip(record, UNTOLD);
      return;
    }
    const problem = this.#fill(flow, values, columns);
    if (problem !== undefined) {
      piece.reject(record, problem);
      return;
    }
    piece.flows.push(flow);
    const notice = noticeOf(flow);
    if (notice !== undefined) piece.quality.push(notice);
  }

  #fill(flow: Flow, values: readonly unknown[], { fields, further }: Columns): Problem | undefined {
    for (const { rule, at } of fields) {
      const problem = setField(rule, flow, plainOf(values[at]), flow.status !== "OK");
      if (problem !== undefined) return problem;
    }
    let columns: Record<string, string> | undefined;
    for (const { name, at } of further) {
      const value = plainOf(values[at]);
      if (value === undefined || value === "") continue;
      columns ??= {};
      columns[name] = String(value);
    }
    flow.logColumns = columns;
    return setTime(flow, this.#mapping.key.times, this.#key);
  }

  #contextOf(values: readonly unknown[], { contexts }: Columns): FlowContext {
    let name = "";
    for (const { at } of contexts) name += `${String(values[at])}\0`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const draft = draftContext(this.#mapping.provider);
    for (const { rule, at } of contexts) {
      const value = plainOf(values[at]);
      if (value !== undefined && value !== "") draft[rule.field] = String(value) as never;
    }
    setContext(this.#mapping.key, draft, this.#key);
    const context = this.#contexts.intern(draft);
    if (this.#known.size < 1000) this.#known.set(name, context);
    return context;
  }
}

/** A notice that names what AWS has added, or undefined; `after` as the notice has it. */
export function unknownColumns({ unknown }: Columns, after: number): QualityNotice | undefined {
  if (unknown.length === 0) return undefined;
  const names = unknown.slice(0, NAMED).map(label).join(", ");
  const more = unknown.length > NAMED ? ` and ${unknown.length - NAMED} more` : "";
  return {
    kind: "unknown-columns",
    after,
    message: `the log has columns that are not known, and are kept as they are: ${names}${more}`,
  };
}

function isEmptyOrTime(type: string, value: unknown): boolean {
  return type === "time" || plainOf(value) === undefined;
}

/** Undefined for what is absent; integers of 64 bits as numbers where these are exact. */
function plainOf(value: unknown): unknown {
  if (value === "-" || value === null || value === undefined) return undefined;
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
