import type { Flow } from "../../flow/flow.ts";
import type { Seen } from "../match.ts";

/**
 * The only flow of its group, as most groups have no other: what it contributes, and what a match would show of it. A flow has several times as
 * many fields, all of which the garbage collector would copy and follow.
 */
export class Only implements Seen {
  readonly contribution: string | number;
  readonly origin: Flow["origin"];
  readonly record: number;
  readonly context: Flow["context"];
  readonly time: number;
  readonly action: Flow["action"];
  readonly protocolName: string | undefined;
  readonly protocol: number | undefined;
  readonly sourceAddress: string | undefined;
  readonly sourcePort: number | undefined;
  readonly sourceService: string | undefined;
  readonly sourceServer: string | undefined;
  readonly destinationAddress: string | undefined;
  readonly destinationPort: number | undefined;
  readonly destinationService: string | undefined;
  readonly destinationServer: string | undefined;
  readonly direction: Flow["direction"];
  readonly bytes: Flow["bytes"];
  readonly packets: Flow["packets"];
  readonly subnetName: string | undefined;

  constructor(flow: Flow, contribution: string | number) {
    this.contribution = contribution;
    this.origin = flow.origin;
    this.record = flow.record;
    this.context = flow.context;
    this.time = flow.time;
    this.action = flow.action;
    this.protocolName = flow.protocolName;
    this.protocol = flow.protocol;
    this.sourceAddress = flow.sourceAddress;
    this.sourcePort = flow.sourcePort;
    this.sourceService = flow.sourceService;
    this.sourceServer = flow.sourceServer;
    this.destinationAddress = flow.destinationAddress;
    this.destinationPort = flow.destinationPort;
    this.destinationService = flow.destinationService;
    this.destinationServer = flow.destinationServer;
    this.direction = flow.direction;
    this.bytes = flow.bytes;
    this.packets = flow.packets;
    this.subnetName = flow.subnetName;
  }
}
