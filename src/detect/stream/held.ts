import type { Flow } from "../../flow/flow.ts";
import { counterOf, type FlowSample, plainCounter } from "../match.ts";
import { packFlow, unpackFlow } from "./flow-json.ts";
import type { Emit, Evidence } from "./follower.ts";
import { type GroupLimits, Groups } from "./groups.ts";
import type { GroupValue } from "./keys.ts";
import { NONE } from "./numbering.ts";
import type { Table } from "./table.ts";
import { Texts } from "./texts.ts";
import { type Json, listOf, recordOf } from "./window.ts";

/** What a rule has found, and may yet turn out to be what many do. */
interface Finding {
  readonly flow: Flow;
  readonly time: number;
  readonly key: string;
  readonly incident: string;
  readonly evidence: Evidence;
}

/** Keeps what a rule has found until it can be judged. None is lost: those for which there is no room are judged as far as is known. */
export class Held {
  readonly table: Table;
  readonly #groups: Groups<Finding>;
  readonly #keys = new Texts();
  readonly #limits: GroupLimits;
  /** Is handed every finding when its time has come. */
  readonly judge: Emit;
  /** How many findings there are of an incident. */
  readonly #pending = new Map<string, number>();

  constructor(limits: GroupLimits, judge: Emit) {
    this.#limits = limits;
    this.judge = judge;
    const keys = this.#keys;
    const groups = new Groups<Finding>(limits, keys);
    this.#groups = groups;
    this.table = {
      groups,
      pack(row) {
        const { flow, time, key, incident, evidence } = groups.state(row);
        return [keys.pack(groups.key(row)), packFlow(flow), time, key, incident, packEvidence(evidence)];
      },
      unpack: (touched, [text, flow, time, key, incident, evidence]) => {
        if (typeof time !== "number" || typeof key !== "string" || typeof incident !== "string")
          throw new TypeError("not a finding");
        const finding = { flow: unpackFlow(flow), time, key, incident, evidence: unpackEvidence(evidence) };
        groups.load(keys.unpack(text), touched, time, finding, 0);
        this.#count(incident, 1);
      },
    };
  }

  /** Whether something is held of the incident. */
  has(incident: string): boolean {
    return this.#pending.has(incident);
  }

  add(finding: Finding): void {
    const { flow, time, key, incident } = finding;
    const text = `${flow.uid} ${key}`;
    if (this.#groups.find(this.#keys.find(text)) !== NONE) return;
    if (this.#groups.size >= this.#limits.groups) this.#release(Number.POSITIVE_INFINITY, 1);
    this.#groups.add(this.#keys.take(text), time, finding);
    this.#count(incident, 1);
  }

  /** Has judged what was found before that time, in the order in which it came. */
  release(before: number): void {
    this.#release(before, Number.POSITIVE_INFINITY);
  }

  #release(before: number, most: number): void {
    const due: Finding[] = [];
    for (const row of this.#groups) {
      const finding = this.#groups.state(row);
      if (finding.time >= before || due.length >= most) break;
      due.push(finding);
    }
    if (due.length === 0) return;
    for (const { incident } of due) {
      this.#groups.removeOldest();
      this.#count(incident, -1);
    }
    for (const { flow, time, key, evidence } of due) this.judge(flow, time, key, () => evidence);
  }

  #count(incident: string, change: 1 | -1): void {
    const count = (this.#pending.get(incident) ?? 0) + change;
    if (count > 0) this.#pending.set(incident, count);
    else this.#pending.delete(incident);
  }
}

function packEvidence({ group, firstSeen, lastSeen, count, bytes, reason, samples }: Evidence): Json {
  return [group, firstSeen, lastSeen, count, plainCounter(bytes), reason, samples as unknown as Json];
}

function unpackEvidence(data: unknown): Evidence {
  const [group, firstSeen, lastSeen, count, bytes, reason, samples] = listOf(data);
  const numbers = [firstSeen, lastSeen, count];
  if (!numbers.every((number) => typeof number === "number") || typeof reason !== "string") throw new TypeError("not a finding");
  const [first, last, flows] = numbers as [number, number, number];
  return {
    group: recordOf(group) as Record<string, GroupValue>,
    firstSeen: first,
    lastSeen: last,
    count: flows,
    bytes: counterOf(bytes),
    reason,
    samples: listOf(samples) as FlowSample[],
  };
}
