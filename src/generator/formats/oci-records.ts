import type { Exchange } from "../exchange.ts";
import { ICMP, protocolName } from "../exchange.ts";
import { hex8, Random } from "../random.ts";
import { isoSecond } from "../stamps.ts";
import type { Host, Subnet, World } from "../world.ts";
import type { Encoder, RecordSink } from "./format.ts";
import { type View, viewsOf } from "./views.ts";

const REGION = "us-ashburn-1";
const REGION_KEY = "iad";
const TYPE = "com.oraclecloud.vcn.flowlogs";

/** What stands around the ingestion time and the time in every record of one VNIC. */
interface Fixed {
  readonly before: string;
  readonly after: string;
}

/** How the times of one object are written: both ways are found in real buckets. */
export interface TimeStyle {
  readonly timeMillis: boolean;
  readonly ingestedMillis: boolean;
  /** Seconds between a record's time and its arrival in the log service. */
  readonly lag: number;
}

/** OCIDs of a tenancy, made up from the seed. */
export class OciNames {
  readonly connector: string;
  readonly #fixed: readonly Fixed[];
  readonly #subnets: readonly string[];

  constructor(seed: string, world: World) {
    const random = new Random(seed, "ocids");
    const regional = (type: string, start: string) =>
      `ocid1.${type}.oc1.${REGION_KEY}.${start}${random.base32(60 - start.length)}`;
    const global = (type: string) => `ocid1.${type}.oc1..aaaaaaaa${random.base32(52)}`;
    const tenancy = global("tenancy");
    const network = global("compartment");
    const workload = global("compartment");
    const vcn = regional("vcn", "amaaaaaa");
    const logGroup = regional("loggroup", "amaaaaaa");
    this.connector = regional("serviceconnector", "amaaaaaa");
    this.#subnets = world.subnets.map(() => regional("subnet", "aaaaaaaa"));
    const logs = world.subnets.map(() => regional("log", "amaaaaaa"));
    this.#fixed = world.hosts.map((host) => {
      const vnic = regional("vnic", "abuwcljt");
      const managed = host.role === "load-balancer";
      const instance = managed ? `VNICaaS:${vnic}` : regional("instance", "anuwcljt");
      const before = [`"oracle":{"compartmentid":"${network}",`];
      if (managed) before.push('"filterOcid":"DEFAULT_CAPTURE_FILTER",');
      before.push('"ingestedtime":"');
      const after = [`","instanceOcid":"${instance}","loggroupid":"${logGroup}","logid":"${logs[host.subnet.index]}",`];
      if (managed) after.push('"managed":"true",');
      if (host.publicAddress !== undefined) after.push(`"publicIpv4":"${host.publicAddress}",`);
      if (managed) after.push(`"resourceId":"${regional("loadbalancer", "aaaaaaaa")}","resourceType":"loadbalancer",`);
      after.push(`"tenantid":"${tenancy}","vcnOcid":"${vcn}","vniccompartmentocid":"${workload}","vnicocid":"${vnic}",`);
      after.push(`"vnicsubnetocid":"${this.#subnets[host.subnet.index]}"},"source":"-","specversion":"1.0","time":"`);
      // join makes one flat string; a concatenation would be walked piece by piece in every record.
      return { before: before.join(""), after: after.join("") };
    });
  }

  subnet(subnet: Subnet): string {
    return this.#subnets[subnet.index] as string;
  }

  fixed(host: Host): Fixed {
    return this.#fixed[host.index] as Fixed;
  }
}

/**
 * VCN flow log events as Connector Hub writes them: one-directional, so a connection is a record for each direction and each
 * of its VNICs; a rejected one is a single record of the VNIC whose rules rejected it.
 */
export class OciEncoder implements Encoder {
  #style: TimeStyle = { timeMillis: true, ingestedMillis: true, lag: 300 };
  readonly #names: OciNames;
  readonly #wrapped: boolean;
  #id = "";

  constructor(names: OciNames, wrapped: boolean) {
    this.#names = names;
    this.#wrapped = wrapped;
  }

  /** To be called before the records of each object, so that none depends on another. */
  begin(style: TimeStyle): void {
    this.#style = style;
    this.#id = "";
  }

  count(exchange: Exchange): number {
    return viewsOf(exchange).length;
  }

  write(exchange: Exchange, from: number, to: number, random: Random, sinkOf: (host: Host) => RecordSink): void {
    const flowId = flowIdOf(exchange);
    const views = viewsOf(exchange);
    for (let i = from; i < Math.min(to, views.length); i++) {
      const { host, reply } = views[i] as View;
      this.#record(exchange, host, reply, flowId, random, sinkOf(host));
    }
  }

  /** A statement of a VNIC about one minute: no traffic, or flows lost. Everything but times and status is null. */
  quality(host: Host, kind: "noData" | "skipData", time: number, random: Random): string {
    const status = kind === "noData" ? "NODATA" : "SKIPDATA";
    const data =
      '{"action":null,"bytesOut":null,"destinationAddress":null,"destinationPort":null,' +
      `"endTime":${time + 60},"flowid":null,"packets":null,"protocol":null,"protocolName":null,"sourceAddress":null,` +
      `"sourcePort":null,"startTime":${time},"status":"${status}","version":"2"}`;
    return this.event(
      host,
      data,
      time,
      kind === "noData" ? `${TYPE}.QualityEvent.NoData` : `${TYPE}.QualityEvent.SkipData`,
      random,
    );
  }

  /** An event around a `data` block. */
  event(host: Host, data: string, time: number, type: string, random: Random): string {
    // About half of the ids are unique, as in real logs.
    if (this.#id === "" || random.chance(0.49)) this.#id = random.hex8();
    const { before, after } = this.#names.fixed(host);
    const { timeMillis, ingestedMillis, lag } = this.#style;
    const ingested = isoSecond(time + lag) + (ingestedMillis ? `.${100 + random.below(900)}Z` : "Z");
    const event = `{"data":${data},"id":"${this.#id}",${before}${ingested}${after}${isoSecond(time)}${timeMillis ? ".000Z" : "Z"}","type":"${type}"}`;
    return this.#wrapped ? `{"datetime":${time * 1000},"logContent":${event},"regionId":"${REGION}"}` : event;
  }

  #record(exchange: Exchange, host: Host, reply: boolean, flowId: number, random: Random, sink: RecordSink): void {
    const { time, protocol, accepted } = exchange;
    const bytes = reply ? exchange.bytesReverse : exchange.bytes;
    const from = reply ? exchange.destination : exchange.source;
    const to = reply ? exchange.source : exchange.destination;
    const data = `{"action":"${accepted ? "ACCEPT" : "REJECT"}","bytesOut":${bytes},"destinationAddress":"${to.address}","destinationPort":${
      reply ? exchange.sourcePort : exchange.destinationPort
    },"endTime":${time + exchange.duration},"flowid":"${hex8(reply ? ~flowId >>> 0 : flowId)}","packets":${
      reply ? exchange.packetsReverse : exchange.packets
    },"protocol":${protocol},"protocolName":"${protocolName(protocol)}","sourceAddress":"${from.address}","sourcePort":${
      reply ? exchange.destinationPort : exchange.sourcePort
    },"startTime":${time},"status":"OK","version":"2"}`;
    sink.flow(this.event(host, data, time, `${TYPE}.DataEvent`, random), time, accepted, bytes, 0, exchange.incident, reply);
  }
}

/** The same for every record of one five-tuple (FNV-1a). */
function flowIdOf(exchange: Exchange): number {
  let hash = 0x811c_9dc5 ^ exchange.protocol ^ (exchange.protocol === ICMP ? 0 : exchange.sourcePort << 8);
  hash = Math.imul(hash, 0x0100_0193) ^ exchange.destinationPort;
  const { address: source } = exchange.source;
  const { address: destination } = exchange.destination;
  for (let i = 0; i < source.length; i++) hash = Math.imul(hash, 0x0100_0193) ^ source.charCodeAt(i);
  for (let i = 0; i < destination.length; i++) hash = Math.imul(hash, 0x0100_0193) ^ destination.charCodeAt(i);
  return Math.imul(hash, 0x0100_0193) >>> 0;
}
