import { gzipSync } from "node:zlib";
import { Entries, type Entry, truthOf } from "../damage/entries.ts";
import { damagedObject, type IbmObject } from "../damage/ibm.ts";
import type { Exchange } from "../exchange.ts";
import type { Random } from "../random.ts";
import { isoSecond, stamp } from "../stamps.ts";
import type { Host, Subnet } from "../world.ts";
import type { DamagedDraft, Draft, Format, Window, WindowWriter } from "./format.ts";
import { closeNotice, IbmEncoder, type IbmNames, REGION } from "./ibm-records.ts";

export interface IbmOptions {
  readonly hosts: readonly Host[];
  readonly gzipLevel: number;
  readonly prefix: string;
  /** CRNs in keys are URL-encoded, as older documents show them. */
  readonly encodedKeys: boolean;
  readonly quality: boolean;
  /** A VNIC's flows of one window go into objects of at most so many. */
  readonly flowsPerObject: number;
  /** So many VNICs, the first ones, write two objects in the last window. */
  readonly extraObjects: number;
}

interface Stream {
  readonly id: string;
  hour: string;
  next: number;
}

/** Rejected flows of one VNIC whose end is not reported yet. */
type Pending = { readonly exchange: Exchange; readonly direction: "I" | "O" }[];

/**
 * One object a VNIC and window, under
 * `ibm_vpc_flowlogs_v1/account=…/region=…/vpc-id=…/subnet-id=…/endpoint-type=vnics/instance-id=…/vnic-id=…/record-type=all/year=…/…/stream-id=…/<number>.gz`.
 * A VNIC's stream keeps its id; the numbers begin at 0 in each hour's folder, the hour being that of the capture's end.
 */
export class IbmFormat implements Format {
  readonly cloud = "ibm";
  readonly encoder = new IbmEncoder();
  readonly #names: IbmNames;
  readonly #options: IbmOptions;
  readonly #streams = new Map<Host, Stream>();
  readonly #pending = new Map<Host, Pending>();

  constructor(names: IbmNames, options: IbmOptions) {
    this.#names = names;
    this.#options = options;
  }

  open(window: Window, random: Random): WindowWriter {
    const kept = new Map<Host, Entries>(this.#options.hosts.map((host) => [host, new Entries()]));
    const sinkOf = (host: Host) => kept.get(host) as Entries;
    return {
      begin: (limit) => this.#notices(limit, sinkOf, Math.floor(window.from)),
      add: (exchange, from, to) => {
        this.#remember(exchange, random);
        this.encoder.write(exchange, from, to, random, sinkOf);
      },
      room: () => undefined,
      end: () => this.#options.hosts.flatMap((host) => this.#objects(host, sinkOf(host).list, window, random)),
    };
  }

  damaged(kind: string, exchanges: readonly Exchange[], window: Window, random: Random): DamagedDraft {
    const host = this.#options.hosts[0] as Host;
    const kept = new Entries();
    for (const exchange of exchanges) this.encoder.write(exchange, 0, Number.POSITIVE_INFINITY, random, () => kept);
    const object: IbmObject = { host, entries: kept.list, from: Math.floor(window.from), to: Math.floor(window.to) };
    return { ...this.#base(object), marks: [], ...damagedObject(kind, object, (part, header) => this.#text(part, header)) };
  }

  subnetId(subnet: Subnet): string {
    return this.#names.subnet(subnet);
  }

  #notices(limit: number, sinkOf: (host: Host) => Entries, time: number): number {
    let written = 0;
    for (const [host, pending] of this.#pending) {
      for (const { exchange, direction } of pending.splice(0, limit - written)) {
        sinkOf(host).flow(closeNotice(exchange, direction), time, false, 0, 0, undefined, false);
        written++;
      }
    }
    return written;
  }

  /** Half of the rejected flows of everyday traffic get a close notice in the next window. */
  #remember(exchange: Exchange, random: Random): void {
    if (exchange.accepted || exchange.incident !== undefined || !random.chance(0.5)) return;
    const host = exchange.source.host ?? exchange.destination.host;
    if (host === undefined) return;
    const pending = this.#pending.get(host) ?? [];
    if (pending.length >= 50) return;
    pending.push({ exchange, direction: exchange.source.host === undefined ? "I" : "O" });
    this.#pending.set(host, pending);
  }

  #objects(host: Host, entries: readonly Entry[], window: Window, random: Random): Draft[] {
    const twice = window.last && host.index < this.#options.extraObjects;
    const size = twice ? Math.max(1, Math.ceil(entries.length / 2)) : this.#options.flowsPerObject;
    const parts = Math.max(twice ? 2 : 1, Math.ceil(entries.length / size));
    const cut = (part: number) => {
      if (part === 0) return Math.floor(window.from);
      return Math.floor(part === parts ? window.to : Math.max(window.from, entries[part * size]?.time ?? window.to));
    };
    return Array.from({ length: parts }, (_, part) => {
      const chosen = entries.slice(part * size, (part + 1) * size);
      return this.#object({ host, entries: chosen, from: cut(part), to: cut(part + 1) }, random);
    });
  }

  #object(object: IbmObject, random: Random): Draft {
    const truth = truthOf(object.entries);
    const wrong = this.#options.quality && object.entries.length > 1 && random.chance(0.004);
    const lost = this.#options.quality && random.chance(0.004);
    if (wrong) truth.countMismatch = 1;
    if (lost) truth.skipData = 1;
    const header = { count: object.entries.length - (wrong ? 1 : 0), state: lost ? "skip data" : "ok" };
    const marks = object.entries.flatMap(({ incident, reply, accepted }, index) =>
      incident === undefined ? [] : [{ incident, record: index + 1, reply, accepted }],
    );
    const bytes = gzipSync(Buffer.from(this.#text(object, header), "latin1"), { level: this.#options.gzipLevel });
    return { ...this.#base(object, header), bytes, truth, marks };
  }

  #base(object: IbmObject, header = { count: object.entries.length, state: "ok" }) {
    const metadata = Object.fromEntries(this.#header(object, header).map(([name, value]) => [name, String(value)]));
    return { key: this.#key(object), time: object.to * 1000 + 600, metadata };
  }

  #header({ host, from, to }: IbmObject, { count, state }: { count: number; state: string }): [string, string | number][] {
    const { instance, vnic } = this.#names.host(host);
    return [
      ["version", "0.0.1"],
      ["collector_crn", this.#names.collector],
      ["attached_endpoint_type", "vnic"],
      ["network_interface_id", vnic],
      ["instance_crn", instance],
      ["vpc_crn", this.#names.vpc],
      ["capture_start_time", `${isoSecond(from)}Z`],
      ["capture_end_time", `${isoSecond(to)}Z`],
      ["state", state],
      ["number_of_flow_logs", count],
    ];
  }

  #text(object: IbmObject, header = { count: object.entries.length, state: "ok" }): string {
    const fields = this.#header(object, header).map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
    return `{${fields.join(",")},"flow_logs":[${object.entries.map(({ text }) => text).join(",")}]}`;
  }

  #key({ host, to }: IbmObject): string {
    const hour = isoSecond(to).slice(0, 13);
    const stream = this.#streams.get(host) ?? { id: stamp(to), hour, next: 0 };
    this.#streams.set(host, stream);
    if (stream.hour !== hour) Object.assign(stream, { hour, next: 0 });
    const number = String(stream.next++).padStart(8, "0");
    const { prefix, encodedKeys } = this.#options;
    const { instance, vnic } = this.#names.host(host);
    const named = (crn: string) => (encodedKeys ? encodeURIComponent(crn) : crn);
    const [date = "", hours = ""] = hour.split("T");
    const [year, month, day] = date.split("-");
    return (
      `${prefix}ibm_vpc_flowlogs_v1/account=${this.#names.account}/region=${REGION}/vpc-id=${named(this.#names.vpc)}` +
      `/subnet-id=${named(this.#names.subnet(host.subnet))}/endpoint-type=vnics/instance-id=${named(instance)}/vnic-id=${vnic}` +
      `/record-type=all/year=${year}/month=${month}/day=${day}/hour=${hours}/stream-id=${stream.id}/${number}.gz`
    );
  }
}
