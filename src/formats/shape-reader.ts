import { EMPTY_CONTEXT, Flow, type FlowContext } from "../flow/flow.ts";
import { BlockCache } from "./block-cache.ts";
import { isObject, memberOf, valueAt } from "./json.ts";
import type { FieldRule } from "./mapping.ts";
import { setField } from "./record.ts";
import { type Shape, type ShapeOptions, type Slot, shapeOf } from "./shape.ts";
import type { Span } from "./span.ts";
import { TextCache } from "./text-cache.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");

/** Shapes that are remembered; a record of another one replaces the one that was of use least recently. */
const MOST_SHAPES = 4;
/** Digits of an integer that a number certainly holds. */
const MOST_DIGITS = 15;
/** Learning is worth its time only if it is followed by this many records that are read by what was learnt. */
const LEARNING_COST = 4;
const MOST_CREDIT = 256;

interface KnownShape {
  readonly literals: readonly Buffer[];
  readonly steps: readonly Step[];
  readonly blocks: BlockCache;
  /** What records take from within the block. */
  readonly within: readonly FieldRule[];
  /** Of records whose block, if they have one, does not say another. */
  readonly context: FlowContext;
}

interface Step extends Slot {
  readonly texts: TextCache | undefined;
}

/**
 * Reads records that differ from an earlier one only in their values, without parsing them: the bytes in between are compared. It
 * reads a record in full, as JSON.parse and the mapping would, or not at all.
 */
export class ShapeReader {
  readonly #options: Omit<ShapeOptions, "within">;
  readonly #changing: string;
  readonly #within: readonly FieldRule[];
  readonly #shapes: KnownShape[] = [];
  #credit = MOST_CREDIT;

  /** `changing` is the member of the block whose text is another one in each record. */
  constructor(options: Omit<ShapeOptions, "within">, changing = "") {
    this.#options = options;
    this.#changing = changing;
    this.#within = options.rules.filter(({ parent: [first] }) => first !== undefined && first === options.block);
  }

  /** Whether nothing was learnt yet. */
  get isEmpty(): boolean {
    return this.#shapes.length === 0;
  }

  /**
   * Sets what the record that begins at `start` says, and its time. Returns where it ends, which is at most at `limit`; -1, with the flow
   * spoilt, for a record that has to be read in another way.
   */
  read(buffer: Buffer, start: number, limit: number, flow: Flow): number {
    for (let index = 0; index < this.#shapes.length; index++) {
      const shape = this.#shapes[index] as KnownShape;
      const end = follow(shape, buffer, start, limit, flow, undefined);
      if (end === -1) continue;
      if (index > 0) {
        this.#shapes.splice(index, 1);
        this.#shapes.unshift(shape);
      }
      if (this.#credit < MOST_CREDIT) this.#credit++;
      return end;
    }
    return -1;
  }

  /** Learns from a good record that was read in another way; `within` are the names that lead from the text to the record. */
  learn({ buffer, start, end }: Span, flow: Flow, within: readonly string[] = []): void {
    if (flow.start === undefined || this.#credit < LEARNING_COST) return;
    this.#credit -= LEARNING_COST;
    const scratch = new Flow(flow.origin, flow.record, EMPTY_CONTEXT, 0);
    if (this.#shapes.some((shape) => follow(shape, buffer, start, end, scratch, flow) === end)) return;
    const shape = shapeOf(buffer.subarray(start, end), { ...this.#options, within });
    if (shape === undefined) return;
    const known = {
      literals: shape.literals,
      steps: stepsOf(shape),
      blocks: new BlockCache(this.#changing),
      within: this.#within,
      context: flow.context,
    };
    if (follow(known, buffer, start, end, scratch, flow) !== end) return;
    this.#shapes.unshift(known);
    this.#shapes.length = Math.min(this.#shapes.length, MOST_SHAPES);
  }
}

function stepsOf({ slots }: Shape): Step[] {
  return slots.map((slot) => ({
    ...slot,
    texts: slot.kind === "text" && slot.rule !== undefined ? new TextCache(slot.rule.kind.convert) : undefined,
  }));
}

/**
 * Reads a record of the shape; returns where it ends, -1 for one of another shape. With `learnt`, the record as it was read in another
 * way, a block that is new is remembered.
 */
function follow(
  { literals, steps, blocks, within, context }: KnownShape,
  buffer: Buffer,
  start: number,
  end: number,
  flow: Flow,
  learnt: Flow | undefined,
): number {
  let at = start;
  flow.context = context;
  for (let index = 0; index < steps.length; index++) {
    at = afterLiteral(literals[index] as Buffer, buffer, at, end);
    if (at === -1) return -1;
    const { kind, rule, texts } = steps[index] as Step;
    if (kind === "text") at = readText(buffer, at, end, rule, texts, flow);
    else if (kind === "integer") at = readInteger(buffer, at, end, rule, flow);
    else if (kind === "boolean") at = readBoolean(buffer, at, end, rule, flow);
    else {
      if (learnt !== undefined && isObject(learnt.original) && blocks.find(buffer, at, end) === -1) {
        blocks.add(buffer, at, end, learnt.context, learnt.original);
      }
      at = blocks.find(buffer, at, end);
      flow.context = blocks.context ?? context;
      flow.original = blocks.metadata;
      if (within.length > 0 && at !== -1 && !readWithin(within, blocks.metadata, flow)) return -1;
    }
    if (at === -1) return -1;
  }
  at = afterLiteral(literals[steps.length] as Buffer, buffer, at, end);
  if (at === -1 || flow.start === undefined) return -1;
  flow.time = flow.start;
  return at;
}

function afterLiteral(literal: Buffer, buffer: Buffer, at: number, end: number): number {
  const { length } = literal;
  if (at + length > end) return -1;
  for (let index = 0; index < length; index++) if (buffer[at + index] !== literal[index]) return -1;
  return at + length;
}

/** Reads text up to its closing quote; returns where that stands, -1 for text that does not stand for itself. */
function readText(
  buffer: Buffer,
  at: number,
  end: number,
  rule: FieldRule | undefined,
  texts: TextCache | undefined,
  flow: Flow,
): number {
  let hash = 0;
  let stop = at;
  for (; ; stop++) {
    if (stop === end) return -1;
    const byte = buffer[stop] as number;
    if (byte === QUOTE) break;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (rule === undefined || texts === undefined) return stop;
  // Empty text is no value: what that means depends on the rule.
  const value = stop === at ? undefined : texts.get(buffer, at, stop, hash);
  if (value === undefined) return -1;
  rule.target.set(flow, value);
  return stop;
}

/** Reads an integer as JSON writes it; returns where it ends, -1 for one that has to be read in another way. */
function readInteger(buffer: Buffer, at: number, end: number, rule: FieldRule | undefined, flow: Flow): number {
  let number = 0;
  let stop = at;
  for (; stop < end; stop++) {
    const digit = (buffer[stop] as number) - ZERO;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  const digits = stop - at;
  if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && buffer[at] === ZERO)) return -1;
  if (rule === undefined) return stop;
  const value = rule.kind.convert(number);
  if (value === undefined) return -1;
  rule.target.set(flow, value);
  return stop;
}

/** Sets what the block says; false where its record has to be read in another way. */
function readWithin(rules: readonly FieldRule[], block: unknown, flow: Flow): boolean {
  for (const rule of rules) {
    const raw = memberOf(valueAt(block, rule.parent.slice(1)), rule.member);
    // A counter may be larger than its number says.
    if (typeof raw === "number" && !Number.isSafeInteger(raw)) return false;
    if (setField(rule, flow, raw, false) !== undefined) return false;
  }
  return true;
}

function readBoolean(buffer: Buffer, at: number, end: number, rule: FieldRule | undefined, flow: Flow): number {
  const afterTrue = afterLiteral(TRUE, buffer, at, end);
  const stop = afterTrue === -1 ? afterLiteral(FALSE, buffer, at, end) : afterTrue;
  if (stop !== -1) rule?.target.set(flow, afterTrue !== -1);
  return stop;
}
