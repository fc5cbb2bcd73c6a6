import type { Flow } from "../flow/flow.ts";
import { bytes } from "./words.ts";

/** A flow as a person reads it: when, what became of it, who to whom, and what is known of it. */
export function flowLine(flow: Flow): string {
  const { action, protocolName, protocol, detections, rule } = flow;
  const from = endOf(flow.sourceAddress, flow.sourcePort, flow.sourceServer ?? flow.sourceNetwork);
  const to = endOf(flow.destinationAddress, flow.destinationPort, flow.destinationServer ?? flow.destinationNetwork);
  const known = [
    flow.destinationService,
    flow.trafficType,
    flow.bytes === undefined ? undefined : bytes(Number(flow.bytes)),
    rule?.text,
    ...detections.map((name) => `!${name}`),
  ];
  return [
    new Date(flow.time).toISOString().slice(0, 19),
    (action ?? "-").padEnd(6),
    (protocolName ?? String(protocol ?? "-")).padEnd(5),
    `${from} -> ${to}`,
    ...known.filter((word) => word !== undefined),
  ].join("  ");
}

function endOf(address = "-", port: number | undefined, name: string | undefined): string {
  const place = port === undefined ? address : address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  return name === undefined ? place : `${place} (${name})`;
}
