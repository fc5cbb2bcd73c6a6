import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runs } from "../../runs.ts";
import { collect, isInside } from "./recount.ts";

const OCID = "[a-z2-7]{60}";
const OCI_KEY = new RegExp(
  `^vcn/ocid1\\.serviceconnector\\.oc1\\.iad\\.${OCID}/(\\d{8}T\\d{6}Z)_(\\d{8}T\\d{6}Z)\\.\\d+\\.log\\.gz$`,
);
const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const CRN = (type: string) => `crn:v1:bluemix:public:is:us-south(?:-[123])?:a/[0-9a-f]{32}::${type}`;
const IBM_KEY = new RegExp(
  `^ibm_vpc_flowlogs_v1/account=[0-9a-f]{32}/region=us-south/vpc-id=${CRN("vpc")}:r006-${UUID}` +
    `/subnet-id=${CRN("subnet")}:07\\d7-${UUID}/endpoint-type=vnics/instance-id=${CRN("instance")}:07\\d7_${UUID}` +
    `/vnic-id=(07\\d7-${UUID})/record-type=all/year=(\\d{4})/month=(\\d\\d)/day=(\\d\\d)/hour=(\\d\\d)` +
    "/stream-id=(\\d{8}T\\d{6}Z)/(\\d{8})\\.gz$",
);

interface Event {
  readonly data: Readonly<Record<string, unknown>>;
  readonly id: string;
  readonly oracle: Readonly<Record<string, string>>;
  readonly source: string;
  readonly specversion: string;
  readonly time: string;
  readonly type: string;
}

function linesOf(objects: readonly { readonly bytes: Uint8Array }[]): string[] {
  return objects.flatMap(({ bytes }) => gunzipSync(bytes).toString("utf8").trimEnd().split("\n"));
}

/** `YYYYMMDDTHHMMSSZ` to seconds since the epoch. */
function seconds(stamp: string): number {
  return Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000;
}

describe("an OCI bucket", async () => {
  const { objects } = await collect({ format: "oci", flows: runs(20_000, 3), prefix: "vcn/" });
  const lines = linesOf(objects);
  const parsed = objects.map((object) => ({
    key: object.key,
    events: linesOf([object]).map((line) => JSON.parse(line) as Event),
  }));
  const events = parsed.flatMap((object) => object.events);
  const flows = events.filter(({ type }) => type === "com.oraclecloud.vcn.flowlogs.DataEvent");

  it("has the keys of Connector Hub: connector, earliest and latest record", () => {
    for (const { key, events: own } of parsed) {
      const [, first = "", last = ""] = OCI_KEY.exec(key) ?? [];
      const times = own.map(({ time }) => Date.parse(time) / 1000);
      expect([key, seconds(first), seconds(last)]).toEqual([key, Math.min(...times), Math.max(...times)]);
    }
  });

  it("has late records, so that keys do not sort by when the objects came into being", () => {
    const firsts = objects.map(({ key }) => seconds(OCI_KEY.exec(key)?.[1] ?? ""));
    const back = firsts.map((first, i) => Math.max(...firsts.slice(0, i + 1)) - first);
    expect(Math.max(...back)).toBeGreaterThan(60);
    expect(Math.max(...back)).toBeLessThanOrEqual(1_602);
  });

  it("has events of the documented shape, about 1,400 bytes each", () => {
    const [first] = flows;
    expect(Object.keys(first ?? {})).toEqual(["data", "id", "oracle", "source", "specversion", "time", "type"]);
    const data =
      "action bytesOut destinationAddress destinationPort endTime flowid packets protocol protocolName sourceAddress sourcePort startTime status version";
    const always = ["compartmentid", "ingestedtime", "loggroupid", "logid", "tenantid", "vniccompartmentocid", "vnicocid"];
    const odd = flows.filter(
      (event) =>
        Object.keys(event.data).join(" ") !== data ||
        always.some((name) => typeof event.oracle[name] !== "string") ||
        !/^[0-9a-f]{8}$/.test(event.id),
    );
    expect(odd).toEqual([]);
    const average = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
    expect(average).toBeGreaterThan(1_250);
    expect(average).toBeLessThan(1_500);
  });

  it("repeats ids, and writes times with and without milliseconds", () => {
    const distinct = new Set(events.map(({ id }) => id)).size / events.length;
    expect(distinct).toBeGreaterThan(0.4);
    expect(distinct).toBeLessThan(0.6);
    for (const time of [(event: Event) => event.time, (event: Event) => event.oracle.ingestedtime ?? ""]) {
      const withMillis = events.filter((event) => time(event).includes(".")).length;
      expect(withMillis).toBeGreaterThan(events.length / 2);
      expect(withMillis).toBeLessThan(events.length);
    }
  });

  it("has quality records with null for everything but times, status and version", () => {
    const quality = events.filter(({ type }) => type.includes("QualityEvent"));
    expect(new Set(quality.map(({ type, data }) => `${type} ${data.status}`))).toEqual(
      new Set([
        "com.oraclecloud.vcn.flowlogs.QualityEvent.NoData NODATA",
        "com.oraclecloud.vcn.flowlogs.QualityEvent.SkipData SKIPDATA",
      ]),
    );
    for (const { data } of quality) {
      const filled = Object.entries(data).filter(([, value]) => value !== null);
      expect(filled.map(([name]) => name)).toEqual(["endTime", "startTime", "status", "version"]);
    }
  });

  it("logs each direction of a connection by each VNIC, and a rejected one once", () => {
    const inside = flows.filter(({ data }) => data.sourceAddress === "10.20.0.2" && data.destinationPort === 8443);
    for (const { data } of inside.slice(0, 50)) {
      const { sourceAddress, sourcePort, destinationAddress, destinationPort, startTime } = data;
      const same = (a: unknown, p: unknown, b: unknown, q: unknown) =>
        flows.filter(
          ({ data: other }) =>
            other.startTime === startTime &&
            [other.sourceAddress, other.sourcePort, other.destinationAddress, other.destinationPort].join() ===
              [a, p, b, q].join(),
        );
      const forward = same(sourceAddress, sourcePort, destinationAddress, destinationPort);
      const back = same(destinationAddress, destinationPort, sourceAddress, sourcePort);
      expect(new Set([...forward, ...back].map(({ oracle }) => oracle.vnicocid)).size).toBe(2);
      expect([forward.length, back.length]).toEqual([2, 2]);
    }
    const rejected = flows.filter(({ data }) => data.action === "REJECT");
    const tuples = rejected.map(({ data }) => [data.sourceAddress, data.sourcePort, data.destinationPort, data.startTime].join());
    expect(new Set(tuples).size).toBe(tuples.length);
  });

  it("has IPv6, ICMP without ports, and nothing from link-local addresses", () => {
    expect(flows.some(({ data }) => String(data.sourceAddress).includes(":"))).toBe(true);
    const icmp = flows.filter(({ data }) => data.protocol === 1);
    expect(icmp.length).toBeGreaterThan(0);
    for (const { data } of icmp) expect([data.protocolName, data.sourcePort, data.destinationPort]).toEqual(["ICMP", 0, 0]);
    expect(lines.some((line) => line.includes('"169.254.'))).toBe(false);
  });

  it("wraps events as the console does, where that is asked for", async () => {
    const wrapped = await collect({ format: "oci", flows: 500, wrapped: true, incidents: [] });
    const bare = await collect({ format: "oci", flows: 500, incidents: [] });
    const contents = linesOf(wrapped.objects).map((line) => JSON.parse(line));
    expect(Object.keys(contents[0])).toEqual(["datetime", "logContent", "regionId"]);
    expect(contents.map(({ logContent }) => logContent)).toEqual(linesOf(bare.objects).map((line) => JSON.parse(line)));
    for (const { datetime, logContent } of contents) expect(datetime).toBe(logContent.data.startTime * 1000);
  });
});

describe("an IBM bucket", async () => {
  const { objects } = await collect({
    format: "ibm",
    flows: 8_000,
    vnics: 8,
    spanMs: 4 * 3_600_000,
    start: Date.UTC(2026, 0, 1, 22),
  });
  const parsed = objects.map(({ key, bytes, metadata }) => ({
    key,
    metadata,
    object: JSON.parse(gunzipSync(bytes).toString("utf8")),
  }));

  it("has the documented keys, with numbers that begin at 0 in each hour of a stream", () => {
    const folders = new Map<string, number>();
    for (const { key, object } of parsed) {
      const match = IBM_KEY.exec(key);
      expect(key).toMatch(IBM_KEY);
      const [, vnic, year, month, day, hour, stream, number] = match ?? [];
      expect(object.network_interface_id).toBe(vnic);
      expect(object.capture_end_time.slice(0, 13)).toBe(`${year}-${month}-${day}T${hour}`);
      const folder = [vnic, year, month, day, hour, stream].join("/");
      expect(Number(number)).toBe(folders.get(folder) ?? 0);
      folders.set(folder, Number(number) + 1);
    }
    expect(folders.size).toBe(8 * 5);
  });

  it("has the header of the real thing, and the same beside the object", () => {
    for (const { object, metadata } of parsed) {
      const { flow_logs: _flows, ...header } = object;
      expect(Object.keys(object)).toEqual([
        ...["version", "collector_crn", "attached_endpoint_type", "network_interface_id", "instance_crn", "vpc_crn"],
        ...["capture_start_time", "capture_end_time", "state", "number_of_flow_logs", "flow_logs"],
      ]);
      expect(metadata).toEqual(Object.fromEntries(Object.entries(header).map(([name, value]) => [name, String(value)])));
    }
  });

  it("has close notices without times, and two records of a connection between two servers", () => {
    const flows = parsed.flatMap(({ object }) => object.flow_logs);
    const notices = flows.filter(({ start_time: start }) => start === "");
    expect(notices.length).toBeGreaterThan(0);
    for (const notice of notices) {
      expect(notice).toMatchObject({ end_time: "", action: "rejected", was_initiated: false, was_terminated: true });
      expect([notice.bytes_from_initiator, notice.bytes_from_target]).toEqual([0, 0]);
      expect(notice.cumulative_bytes_from_initiator).toBeGreaterThan(0);
    }
    const inside = flows.filter(({ target_port: port, action }) => port === 8443 && action === "accepted");
    const ways = new Set(inside.map(({ direction }) => direction));
    expect(ways).toEqual(new Set(["I", "O"]));
    expect(flows.every(({ transport_protocol: protocol }) => protocol === 6 || protocol === 17)).toBe(true);
    expect(flows.some(({ target_port: port }) => port === 67)).toBe(true);
  });

  it("encodes the CRNs of its keys, where that is asked for", async () => {
    const encoded = await collect({ format: "ibm", flows: 200, vnics: 8, objects: 8, incidents: [], encodedKeys: true });
    const raw = await collect({ format: "ibm", flows: 200, vnics: 8, objects: 8, incidents: [] });
    expect(encoded.objects.map(({ key }) => decodeURIComponent(key))).toEqual(raw.objects.map(({ key }) => key));
    for (const { key } of encoded.objects) expect(key).not.toContain(":");
  });
});

describe("a text bucket", () => {
  it("has keys that follow the time", async () => {
    const { objects } = await collect({ format: "text", flows: 3_000, objects: 300, spanMs: 3_600_000, prefix: "p/" });
    const keys = objects.map(({ key }) => key);
    for (const key of keys) expect(key).toMatch(/^p\/vcn-flow-logs\/\d{4}\/\d\d\/\d\d\/\d{8}T\d{6}Z\.\d{4}\.log\.gz$/);
    expect(keys).toEqual(keys.toSorted());
  });
});

describe("an AWS bucket", () => {
  it("has keys as VPC Flow Logs names them, and the interface's view of each flow", async () => {
    const { objects } = await collect({ format: "aws", flows: 3_000, objects: 30, spanMs: 3_600_000, prefix: "p/" });
    const PATTERN =
      /^p\/AWSLogs\/(\d{12})\/vpcflowlogs\/eu-west-1\/2026\/01\/05\/\1_vpcflowlogs_eu-west-1_fl-[0-9a-f]{17}_20260105T00\d\dZ_[0-9a-f]{8}\.log\.gz$/;
    for (const { key } of objects) expect(key).toMatch(PATTERN);
    for (const { bytes } of objects) {
      const [heading = "", ...lines] = gunzipSync(bytes).toString().trimEnd().split("\n");
      const names = heading.split(" ");
      const odd = lines.filter((line) => {
        const values = line.split(" ");
        const value = (name: string) => values[names.indexOf(name)] ?? "";
        if (value("log-status") !== "OK") return false;
        const isEgress = isInside(value("srcaddr")) && value("flow-direction") === "egress";
        return (
          value("flow-direction") !== (isEgress ? "egress" : "ingress") ||
          (value("traffic-path") === "-") === isEgress ||
          value("type") !== (value("srcaddr").includes(":") ? "IPv6" : "IPv4")
        );
      });
      expect(odd).toEqual([]);
    }
  });
});
