import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { goBinary } from "../backends/servers/go-binary.ts";
import type { Peer } from "./peer.ts";

/** Attributes that this program sends of a record, by their place in an object of OCI. Those that look-ups give are not among them. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "source.address": "data.sourceAddress",
  "source.port": "data.sourcePort",
  "destination.address": "data.destinationAddress",
  "destination.port": "data.destinationPort",
  "flow.bytes": "data.bytesOut",
  "flow.packets": "data.packets",
  "flow.start": "data.startTime",
  "flow.end": "data.endTime",
  "flow.action": "data.action",
  "flow.status": "data.status",
  "flow.protocol.number": "data.protocol",
  "flow.protocol.name": "data.protocolName",
  "flow.id": "data.flowid",
  "cloud.account.id": "oracle.tenantid",
  "flow.compartment.id": "oracle.vniccompartmentocid",
  "flow.vcn.id": "oracle.vcnOcid",
  "flow.subnet.id": "oracle.vnicsubnetocid",
  "flow.vnic.id": "oracle.vnicocid",
  "flow.vnic.public_ip": "oracle.publicIpv4",
  "host.id": "oracle.instanceOcid",
};

/**
 * The OpenTelemetry Collector that the tests with real servers build, on the way that its documentation has for such objects: filelog with
 * gzip, json_parser, transform to the names of schema `otel`, batches of 1,000, otlphttp. It looks nothing up.
 */
export function collector(compression: "gzip" | "zstd"): Peer {
  return {
    name: `OpenTelemetry Collector, ${compression}`,
    async command(bucket, endpoint) {
      const binary = await goBinary("OpenTelemetry Collector", "collector", ".");
      const file = join(mkdtempSync(join(tmpdir(), "flowferry-bench-collector-")), "collector.yaml");
      writeFileSync(file, stringify(configuration(bucket, endpoint, compression)));
      return [binary, "--config", file];
    },
  };
}

function configuration(bucket: string, endpoint: string, compression: "gzip" | "zstd"): object {
  const place = (path: string) =>
    `body${path
      .split(".")
      .map((part) => `["${part}"]`)
      .join("")}`;
  const [action, protocol, from, to] = ["data.action", "data.protocolName", "data.sourceAddress", "data.destinationAddress"].map(
    place,
  );
  return {
    receivers: {
      filelog: {
        include: [join(bucket, "**", "*.gz")],
        compression: "gzip",
        start_at: "beginning",
        include_file_name: false,
        operators: [
          {
            type: "json_parser",
            parse_to: "body",
            timestamp: { parse_from: "body.time", layout_type: "gotime", layout: "2006-01-02T15:04:05.000Z07:00" },
          },
        ],
      },
    },
    processors: {
      transform: {
        error_mode: "propagate",
        log_statements: [
          {
            context: "log",
            statements: [
              ...Object.entries(ATTRIBUTES).map(([name, path]) => `set(attributes["${name}"], ${place(path)})`),
              'set(attributes["cloud.provider"], "oracle_cloud")',
              'set(attributes["network.transport"], "tcp") where attributes["flow.protocol.number"] == 6',
              'set(attributes["network.transport"], "udp") where attributes["flow.protocol.number"] == 17',
              'set(severity_text, "INFO") where attributes["flow.action"] == "ACCEPT"',
              'set(severity_text, "WARN") where attributes["flow.action"] == "REJECT"',
              'set(severity_number, 9) where severity_text == "INFO"',
              'set(severity_number, 13) where severity_text == "WARN"',
              `set(body, Concat([${action}, ${protocol}, ${from}, "->", ${to}], " "))`,
            ],
          },
        ],
      },
      batch: { send_batch_size: 1000, send_batch_max_size: 1000, timeout: "1s" },
    },
    exporters: {
      otlp_http: {
        endpoint,
        // On a busy machine an answer takes its time; what is sent again would come twice.
        timeout: "5m",
        compression,
        compression_params: { level: compression === "gzip" ? 1 : 3 },
        sending_queue: { block_on_overflow: true, num_consumers: 4 },
      },
    },
    service: { pipelines: { logs: { receivers: ["filelog"], processors: ["transform", "batch"], exporters: ["otlp_http"] } } },
  };
}
