import type { Flow, FlowContext } from "../../flow/flow.ts";
import { type IpAddress, parseAddress } from "../../lib/ip/address.ts";
import { type End, isEnd, type Service } from "./ends.ts";

/** `there`: from who asks to who is asked. `back`: the answers, which one-way logs have as records of their own. */
export type Leg = "there" | "back";
/** At whose network interface; `unknown` where a record does not say which of its ends it is at. */
export type Side = "source" | "destination" | "unknown";

/** What one network interface has logged of the conversation, on one leg. */
export interface Point {
  readonly leg: Leg;
  readonly side: Side;
  readonly context: FlowContext;
  readonly subnetName: string | undefined;
  accepted: number;
  rejected: number;
  lastAccepted: Flow | undefined;
  lastRejected: Flow | undefined;
}

/** What an end's own interfaces have logged, with whomever it spoke. */
interface Presence {
  /** From when on it was looked for, in ms since the epoch; undefined where that is all of the time. */
  since: number | undefined;
  flows: number;
  last: Flow | undefined;
  /** Of these, requests at the port that is asked about, from others. */
  sameService: number;
}

/** So many of the newest records are kept to be shown. */
export const MOST_SHOWN = 8;
/** Interfaces of one conversation that are told apart. */
const MOST_POINTS = 256;
/** Answers to whether an address is one of the ends that are remembered. */
const MOST_KNOWN = 65_536;

/** What flows tell of a conversation. Memory is bounded, whatever there is to read. */
export class Evidence {
  readonly source: End;
  readonly destination: End;
  readonly service: Service;
  readonly points = new Map<string, Point>();
  atSource = nothingLogged();
  atDestination = nothingLogged();
  /** Subnets that have logged anything, also that there was no traffic. */
  readonly subnets = new Map<string, { readonly name: string | undefined; records: number }>();
  /** Whether records describe both ways, and whether anything came back in one of them. */
  twoWay = false;
  answered = false;
  /** The newest records of the conversation, newest first. */
  readonly newest: Flow[] = [];
  readonly #ends = new Map<string, number>();

  constructor(source: End, destination: End, service: Service) {
    this.source = source;
    this.destination = destination;
    this.service = service;
  }

  add(flow: Flow): void {
    this.countSubnet(flow);
    if (this.weigh(flow) !== undefined) this.#show(flow);
  }

  /** Of which conversation a flow is does not matter to it: so many flows of one subnet. */
  countSubnet(flow: Flow, times = 1): void {
    const { subnetName, subnet } = flow.context;
    if (subnet === undefined) return;
    const known = this.subnets.get(subnet);
    if (known === undefined) this.subnets.set(subnet, { name: flow.subnetName ?? subnetName, records: times });
    else known.records += times;
  }

  /**
   * Counts so many flows of which this one is the newest, and which are like it but for their time, their client's port, and their addresses
   * within the ends. Returns on which leg of the conversation they are.
   */
  weigh(flow: Flow, times = 1): Leg | undefined {
    if (flow.status !== "OK") return undefined;
    const [from, to] = this.#endsOf(flow);
    if (from === 0 && to === 0) return undefined;
    const local = localOf(flow, from, to);
    if (local & SOURCE) note(this.atSource, flow, times, false);
    if (local & DESTINATION) note(this.atDestination, flow, times, this.#isRequestOfOthers(flow));
    const leg = this.#legOf(flow, from, to);
    if (leg !== undefined) this.#addPoint(leg, flow, times);
    return leg;
  }

  /** What was logged at the ends, with whomever they spoke, is counted anew by `weighPresence`. */
  forgetPresence(): void {
    this.atSource = nothingLogged();
    this.atDestination = nothingLogged();
  }

  /** Counts so many flows like this one, the newest of them, where an interface of that end has logged them. */
  weighPresence(at: "source" | "destination", flow: Flow, times: number): void {
    if (flow.status !== "OK") return;
    const local = localOf(flow, ...this.#endsOf(flow));
    if (at === "source" && local & SOURCE) note(this.atSource, flow, times, false);
    if (at === "destination" && local & DESTINATION) note(this.atDestination, flow, times, this.#isRequestOfOthers(flow));
  }

  #isRequestOfOthers({ protocol, destinationPort, direction, initiator }: Flow): boolean {
    const { service } = this;
    const isService =
      (service.protocol === undefined || protocol === service.protocol) &&
      (service.port === undefined || destinationPort === service.port);
    return isService && direction === "ingress" && initiator !== "destination";
  }

  #legOf(flow: Flow, from: number, to: number): Leg | undefined {
    const { protocol } = this.service;
    if (protocol !== undefined && flow.protocol !== protocol) return undefined;
    if (from & SOURCE && to & DESTINATION && this.#isRequest(flow)) return "there";
    return from & DESTINATION && to & SOURCE && this.#isAnswer(flow) ? "back" : undefined;
  }

  #isRequest({ destinationPort, initiator }: Flow): boolean {
    const { port } = this.service;
    return port === undefined ? initiator !== "destination" : destinationPort === port;
  }

  #isAnswer({ sourcePort, initiator }: Flow): boolean {
    const { port } = this.service;
    return port === undefined ? initiator === "destination" : sourcePort === port;
  }

  #addPoint(leg: Leg, flow: Flow, times: number): void {
    const { context, direction, action, bytesReverse, packetsReverse } = flow;
    const side: Side =
      direction === "unknown" ? "unknown" : (direction === "egress") === (leg === "there") ? "source" : "destination";
    if (bytesReverse !== undefined || packetsReverse !== undefined) {
      this.twoWay = true;
      if (action === "accept" && (Number(bytesReverse ?? 0) > 0 || Number(packetsReverse ?? 0) > 0)) this.answered = true;
    }
    if (leg === "back" && action === "accept") this.answered = true;
    const key = `${leg} ${side} ${context.vnic ?? ""} ${context.subnet ?? ""}`;
    let point = this.points.get(key);
    if (point === undefined) {
      if (this.points.size >= MOST_POINTS) return;
      const subnetName = flow.subnetName ?? context.subnetName;
      const counts = { accepted: 0, rejected: 0, lastAccepted: undefined, lastRejected: undefined };
      point = { leg, side, context, subnetName, ...counts };
      this.points.set(key, point);
    }
    if (action === "reject") {
      point.rejected += times;
      if (point.lastRejected === undefined || flow.time >= point.lastRejected.time) point.lastRejected = flow;
    } else {
      point.accepted += times;
      if (point.lastAccepted === undefined || flow.time >= point.lastAccepted.time) point.lastAccepted = flow;
    }
  }

  /** One of the newest flows, if it is of the conversation: these are kept to be shown. */
  show(flow: Flow): void {
    if (this.#legOf(flow, ...this.#endsOf(flow)) !== undefined) this.#show(flow);
  }

  #show(flow: Flow): void {
    const { newest } = this;
    if (newest.length === MOST_SHOWN && flow.time <= (newest.at(-1) as Flow).time) return;
    const place = newest.findIndex(({ time }) => time < flow.time);
    newest.splice(place === -1 ? newest.length : place, 0, flow);
    newest.length = Math.min(newest.length, MOST_SHOWN);
  }

  #endsOf(flow: Flow): [from: number, to: number] {
    return [this.#endsAt(flow.sourceAddress, flow.sourceServer), this.#endsAt(flow.destinationAddress, flow.destinationServer)];
  }

  /** Which of the ends an address is, as bits: an address may be both. */
  #endsAt(text: string | undefined, server: string | undefined): number {
    if (text === undefined) return 0;
    const key = server === undefined ? text : `${text} ${server}`;
    let ends = this.#ends.get(key);
    if (ends === undefined) {
      const address: IpAddress | undefined = parseAddress(text);
      ends = (isEnd(this.source, address, server) ? SOURCE : 0) | (isEnd(this.destination, address, server) ? DESTINATION : 0);
      if (this.#ends.size >= MOST_KNOWN) this.#ends.clear();
      this.#ends.set(key, ends);
    }
    return ends;
  }
}

const SOURCE = 1;
const DESTINATION = 2;

const nothingLogged = (): Presence => ({ since: undefined, flows: 0, last: undefined, sameService: 0 });

/** Which of the ends are those whose interface has logged it. */
const localOf = ({ direction }: Flow, from: number, to: number): number =>
  direction === "egress" ? from : direction === "ingress" ? to : 0;

function note(presence: Presence, flow: Flow, times: number, isService: boolean): void {
  presence.flows += times;
  if (isService) presence.sameService += times;
  if (presence.last === undefined || flow.time >= presence.last.time) presence.last = flow;
}
