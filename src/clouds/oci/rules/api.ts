import { setTimeout as sleep } from "node:timers/promises";
import type { NetworkApi, NetworkEvent } from "../../../enrich/rules/cloud.ts";
import { Document, isObject } from "../../../enrich/rules/document.ts";
import type { NetworkData } from "../../../enrich/rules/snapshot.ts";
import type { FlowContext } from "../../../flow/flow.ts";
import { Failure } from "../../../lib/errors.ts";
import type { OciSurroundings } from "../identity.ts";
import { type Answer, Answers } from "./answers.ts";
import { kindOf, missingAdvice, type OciNetworkClient, ociNetworkClient, type ResourceKind } from "./client.ts";
import { Failures } from "./failures.ts";
import type { OciApiOptions } from "./options.ts";
import { Pacer } from "./pacer.ts";
import { OciReader } from "./reader.ts";

/** Answers that no flow has made use of for so long are forgotten. */
const FORGET_MS = 7 * 24 * 3_600_000;
/** Pauses before flows that wait have a question asked again: they double from the first on. */
const QUICK_PAUSE_MS = 200;
/** So many refreshes run side by side. */
const MOST_REFRESHES = 4;
const LOOK_MS = 500;
/** So many resources are kept; beyond, new ones are not asked for. */
const MOST_RESOURCES = 100_000;
/** So many messages of one kind are told before they are only counted. */
const MOST_TOLD = 5;
const MOST_TOPICS = 10_000;
/** A question that failed so often, about something that flows make no use of any more, is given up. */
const MOST_TRIES = 10;

/** What is kept of a resource. */
const KEPT: Readonly<Record<ResourceKind, readonly string[]>> = {
  subnet: ["id", "displayName", "vcnId", "cidrBlock", "ipv4CidrBlocks", "ipv6CidrBlock", "ipv6CidrBlocks", "securityListIds"],
  securityList: ["id", "displayName", "vcnId", "ingressSecurityRules", "egressSecurityRules"],
  vnic: ["id", "nsgIds", "privateIp", "ipv6Addresses"],
  group: ["id", "displayName", "vcnId", "securityRules"],
};

/** Reads the kept answers and connects; asks nothing of the network. Throws UsageError. */
export async function openOciApi(
  options: OciApiOptions,
  surroundings: OciSurroundings,
  onEvent: (event: NetworkEvent) => void,
  onChange: () => void,
): Promise<NetworkApi> {
  const message = "OCI refused the credentials (401) when asked about the network; they were read again, and the questions go on";
  const client = await ociNetworkClient(options, surroundings, () => onEvent({ ok: false, message }));
  const answers = new Answers(options.cache, (message) => onEvent({ ok: false, message }));
  await answers.load();
  const api = new Asker(client, answers, options, onEvent, onChange);
  api.start();
  return api;
}

class Asker implements NetworkApi {
  readonly counts = { asked: 0, failed: 0, missing: 0, foreign: 0 };
  readonly #client: OciNetworkClient;
  readonly #answers: Answers;
  readonly #options: OciApiOptions;
  readonly #onEvent: (event: NetworkEvent) => void;
  readonly #onChange: () => void;
  readonly #pacer: Pacer;
  readonly #closing = new AbortController();
  readonly #asking = new Map<string, Promise<void>>();
  /** What flows wait for: a subnet or VNIC, and what belongs to it. */
  readonly #pursuits = new Map<string, Promise<void>>();
  readonly #failures = new Failures();
  readonly #foreign = new Set<string>();
  readonly #told = new Map<string, number>();
  /** Somebody waited in vain, and nothing was answered since: nobody waits until something is. */
  #silent = false;
  #seen = new WeakSet<FlowContext>();
  #seenSince = Date.now();
  #reader = new OciReader();
  #data: NetworkData | undefined;

  constructor(
    client: OciNetworkClient,
    answers: Answers,
    options: OciApiOptions,
    onEvent: (event: NetworkEvent) => void,
    onChange: () => void,
  ) {
    this.#client = client;
    this.#answers = answers;
    this.#options = options;
    this.#onEvent = onEvent;
    this.#onChange = onChange;
    this.#pacer = new Pacer(options.requestsPerSecond);
  }

  start(): void {
    for (const [ocid, answer] of this.#answers.all) {
      // A process that died between two answers: what is missing comes with the refresh.
      const belongings = this.#referred(kindOf(ocid), answer.value);
      if (belongings.some((id) => !this.#answers.all.has(id))) this.#answers.all.set(ocid, { ...answer, at: 0 });
    }
    this.#readAll();
    void this.#watch();
  }

  data(): NetworkData {
    this.#data ??= this.#reader.data(false);
    return this.#data;
  }

  async prepare(contexts: Iterable<FlowContext>, signal: AbortSignal): Promise<void> {
    const waiting: Promise<void>[] = [];
    const unsettled: FlowContext[] = [];
    for (const context of contexts) {
      if (this.#seen.has(context)) continue;
      let settled = true;
      for (const ocid of [context.subnet, context.vnic]) {
        if (ocid === undefined || kindOf(ocid) === undefined) continue;
        const known = this.#answers.all.get(ocid);
        if (known !== undefined) this.#answers.all.set(ocid, { ...known, used: Date.now() });
        const fresh = known === undefined && !this.#failures.all.has(ocid);
        const pursuit = this.#pursuits.get(ocid) ?? (fresh ? this.#pursue(ocid) : undefined);
        if (pursuit === undefined) continue;
        settled = false;
        waiting.push(pursuit);
      }
      if (settled) this.#seen.add(context);
      else unsettled.push(context);
    }
    if (waiting.length === 0 || this.#options.waitMs === 0 || this.#silent) return;
    const done = new AbortController();
    const either = AbortSignal.any([signal, this.#closing.signal, done.signal]);
    const late = () => {
      this.#silent = true;
    };
    const deadline = sleep(this.#options.waitMs, undefined, { signal: either }).then(late, () => undefined);
    try {
      await Promise.race([Promise.all(waiting), deadline]);
    } finally {
      done.abort();
    }
    signal.throwIfAborted();
    const pursued = (ocid: string | undefined) => ocid !== undefined && this.#pursuits.has(ocid);
    for (const context of unsettled) if (!pursued(context.subnet) && !pursued(context.vnic)) this.#seen.add(context);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#asking.values());
    this.#answers.changed();
    await this.#answers.flush();
    await this.#client.close();
  }

  /** Asks about a subnet or VNIC until it and what belongs to it is known, or no brief failure is what keeps it from that. Never rejects. */
  #pursue(ocid: string): Promise<void> {
    const pursuit = this.#askUntil(ocid, Date.now() + (this.#silent ? 0 : this.#options.waitMs)).finally(() =>
      this.#pursuits.delete(ocid),
    );
    this.#pursuits.set(ocid, pursuit);
    return pursuit;
  }

  async #askUntil(ocid: string, deadline: number): Promise<void> {
    const { signal } = this.#closing;
    let wanted = [ocid];
    for (let pause = QUICK_PAUSE_MS; ; pause *= 2) {
      await Promise.all(wanted.map((one) => this.#ask(one)));
      const parts = [ocid, ...this.#referred(kindOf(ocid), this.#answers.all.get(ocid)?.value)];
      wanted = parts.filter((one) => this.#failures.all.get(one)?.brief);
      if (wanted.length === 0 || signal.aborted) return;
      const pauseMs = Math.max(pause, ...wanted.map((one) => this.#failures.all.get(one)?.retryAfterMs ?? 0));
      if (Date.now() + pauseMs > deadline) {
        this.#silent = true;
        return;
      }
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Asks about a resource, and about what belongs to it. Never rejects. */
  #ask(ocid: string): Promise<void> {
    const running = this.#asking.get(ocid);
    if (running !== undefined) return running;
    const asking = this.#fetch(ocid).finally(() => this.#asking.delete(ocid));
    this.#asking.set(ocid, asking);
    return asking;
  }

  async #fetch(ocid: string): Promise<void> {
    const kind = kindOf(ocid);
    if (kind === undefined || this.#closing.signal.aborted || this.#isForeign(ocid)) return;
    const before = this.#answers.all.get(ocid);
    if (before === undefined && this.#answers.all.size >= MOST_RESOURCES) {
      this.#tell("full", `more than ${MOST_RESOURCES} subnets and VNICs were seen: further ones are not asked for`);
      return;
    }
    const { signal } = this.#closing;
    try {
      this.counts.asked++;
      const value = await this.#client.get(kind, ocid, () => this.#pacer.turn(signal), signal);
      this.#silent = false;
      if (this.#failures.remove(ocid)) this.#onEvent({ ok: true, message: "OCI's API answers about the network again" });
      this.#take(kind, ocid, value, before);
      await Promise.all(this.#belongings(kind, value).map((other) => this.#ask(other)));
    } catch (error) {
      if (!signal.aborted) this.#failed(ocid, error);
    }
  }

  #take(kind: ResourceKind, ocid: string, value: unknown, before: Answer | undefined): void {
    const now = Date.now();
    const used = before?.used ?? now;
    if (value === null) {
      this.counts.missing++;
      const known = before === undefined || before.value === null ? "" : "; what was known of it stays in use";
      this.#tell(`missing ${kind}`, `${ocid} is not there (404): ${missingAdvice(kind)}${known}`);
      this.#answers.set(ocid, { value: before?.value ?? null, at: now, used });
      return;
    }
    const whole = value as Readonly<Record<string, unknown>>;
    const plain: unknown = JSON.parse(JSON.stringify(Object.fromEntries(KEPT[kind].map((key) => [key, whole[key]]))));
    const same = before !== undefined && JSON.stringify(before.value) === JSON.stringify(plain);
    this.#answers.set(ocid, { value: plain, at: now, used });
    if (same) return;
    this.#read(kind, ocid, plain);
    this.#changed();
  }

  /** What a resource refers to and is not known, or not for long any more. */
  #belongings(kind: ResourceKind, value: unknown): string[] {
    const young = Date.now() - this.#options.lifetimeMs / 2;
    return this.#referred(kind, value).filter((id) => (this.#answers.all.get(id)?.at ?? 0) < young);
  }

  #referred(kind: ResourceKind | undefined, value: unknown): string[] {
    if (!isObject(value)) return [];
    const ids = kind === "subnet" ? value.securityListIds : kind === "vnic" ? value.nsgIds : [];
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  }

  #read(kind: ResourceKind, ocid: string, value: unknown): void {
    const report = ({ place, reason }: { place: string; reason: string }) =>
      this.#tell(`fault ${ocid}`, `${ocid}: ${place === "" ? reason : `${place}: ${reason}`}; the rest is used`);
    this.#reader[kind](new Document(JSON.stringify(value), report), value, []);
  }

  #readAll(): void {
    this.#reader = new OciReader();
    const order: readonly ResourceKind[] = ["group", "securityList", "subnet", "vnic"];
    const kept = [...this.#answers.all].filter(([, { value }]) => value !== null);
    for (const kind of order) {
      for (const [ocid, { value }] of kept) if (kindOf(ocid) === kind) this.#read(kind, ocid, value);
    }
    this.#changed();
  }

  #changed(): void {
    this.#data = undefined;
    this.#onChange();
  }

  #isForeign(ocid: string): boolean {
    if (this.#foreign.has(ocid)) return true;
    const message = this.#client.foreign(ocid);
    if (message === undefined) return false;
    if (this.#foreign.size < MOST_RESOURCES) this.#foreign.add(ocid);
    this.counts.foreign++;
    this.#tell("foreign", message);
    return true;
  }

  #failed(ocid: string, error: unknown): void {
    this.counts.failed++;
    if (error instanceof Failure && error.retryAfterMs !== undefined) this.#pacer.hold(error.retryAfterMs);
    const message = this.#failures.add(ocid, error);
    if (message !== undefined) this.#onEvent({ ok: false, message });
  }

  /** Tells a message, the first few of a topic. */
  #tell(topic: string, message: string): void {
    const times = (this.#told.get(topic) ?? 0) + 1;
    if (times === 1 && this.#told.size >= MOST_TOPICS) return;
    this.#told.set(topic, times);
    if (times <= MOST_TOLD)
      this.#onEvent({ ok: false, message: times < MOST_TOLD ? message : `${message} (further ones are counted)` });
  }

  /** Looks at what is due, until the end. */
  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (await sleep(LOOK_MS, true, { signal, ref: false }).catch(() => false)) this.#refresh();
  }

  /** Asks again about what has grown old and is in use, and about what could not be had. */
  #refresh(): void {
    const now = Date.now();
    const { lifetimeMs } = this.#options;
    if (now - this.#seenSince > lifetimeMs) {
      // Contexts that are met again say that their subnet and VNIC are in use.
      this.#seen = new WeakSet();
      this.#seenSince = now;
    }
    for (const [ocid, { nextAt, times }] of this.#failures.all) {
      if (this.#asking.size >= MOST_REFRESHES) return;
      const used = this.#answers.all.get(ocid)?.used ?? 0;
      if (times >= MOST_TRIES && now - used > 2 * lifetimeMs) this.#failures.remove(ocid);
      else if (nextAt <= now) void this.#ask(ocid);
    }
    let forgotten = false;
    for (const [ocid, { at, used }] of this.#answers.all) {
      if (this.#asking.size >= MOST_REFRESHES) break;
      const kind = kindOf(ocid);
      const root = kind === "subnet" || kind === "vnic";
      if (root && now - at >= lifetimeMs && now - used < 2 * lifetimeMs && !this.#failures.all.has(ocid)) void this.#ask(ocid);
      if (now - at < FORGET_MS || now - used < FORGET_MS) continue;
      this.#answers.all.delete(ocid);
      this.#answers.changed();
      forgotten = true;
    }
    if (forgotten) this.#readAll();
  }
}
