import type { ShortAdvice } from "../advise/output.ts";

/** Times in ms since the epoch, bytes as numbers near enough for a picture. Text comes from logs and tables: it is not to be trusted. */

export interface Totals {
  readonly flows: number;
  readonly bytes: number;
  readonly packets: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Records that say that all was captured, that there was nothing, and that flows were lost. */
  readonly captured: number;
  readonly idle: number;
  readonly lost: number;
  readonly timeless: number;
  /** Of unknown direction, and in no known subnet. */
  readonly undirected: number;
  readonly subnetless: number;
  /** NaN where no flow has a time. */
  readonly first: number;
  readonly last: number;
}

export interface Moment {
  readonly at: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly bytes: number;
}

/** An address, with the name of its server where it has one. */
export interface End {
  readonly address: string;
  readonly server: string | undefined;
}

/** A row of the Link table: what went from one address to another on a day. */
export interface PairOfDay {
  readonly day: number | undefined;
  readonly source: End;
  readonly destination: End;
  readonly from: string;
  readonly to: string;
  readonly flows: number;
  readonly bytes: number;
}

/** Transfers of the same time, services and range of bytes. */
export interface Bubble {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly transfers: number;
  readonly bytes: number;
  readonly smallest: number;
  readonly largest: number;
}

/** A cluster of transfers, and what is over-represented in it. */
export interface Cluster {
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly from: string;
  readonly to: string;
  readonly transfers: number;
  readonly flows: number;
  readonly bytes: number;
  readonly smallest: number;
  readonly largest: number;
  readonly usual: number;
  readonly compared: string;
  readonly score: number;
  readonly correlated: readonly string[];
}

export interface Talker extends End {
  readonly zone: string | undefined;
  readonly sent: number;
  readonly received: number;
  readonly peers: number;
}

export interface Port {
  readonly protocol: string;
  readonly port: number | undefined;
  readonly service: string | undefined;
  readonly flows: number;
  readonly bytes: number;
}

export interface Way {
  readonly zone: string;
  readonly subnet: string;
  readonly service: string;
  readonly action: string;
  readonly flows: number;
}

export interface RejectedSource extends End {
  readonly zone: string | undefined;
  readonly country: string | undefined;
  readonly rejected: number;
  readonly hosts: number;
  readonly ports: number;
  readonly last: number | undefined;
}

/** A port of administration or of data that somebody outside was let in at. */
export interface Exposure extends End {
  readonly port: number;
  readonly service: string | undefined;
  readonly sources: number;
  readonly flows: number;
  readonly last: number | undefined;
  readonly rule: string | undefined;
}

export interface Suspect {
  readonly kind: "scan" | "brute force" | "beacon";
  readonly source: End;
  /** Whom it concerns, and why it is suspected. */
  readonly target: string;
  readonly evidence: string;
  readonly last: number | undefined;
}

/** What a rule of the detections found, where a worker has looked for it. */
export interface Finding {
  readonly rule: string;
  readonly flows: number;
  readonly sources: number;
  readonly last: number | undefined;
}

export interface Service {
  readonly name: string;
  readonly flows: number;
  readonly bytes: number;
  /** In the window before; undefined where there is none. */
  readonly before: number | undefined;
}

export interface ReportData {
  readonly since: number;
  readonly until: number;
  readonly totals: Totals;
  /** How many addresses sent, and were sent to. */
  readonly sources: number;
  readonly destinations: number;
  /** Of the window of the same length before; undefined where the archive has none of its flows. */
  readonly before: Totals | undefined;
  /** How long a moment lasts. */
  readonly step: number;
  readonly moments: readonly Moment[];
  /** Hours of the window in which there was no flow, from the first flow to the last, as ranges. */
  readonly silent: readonly { readonly since: number; readonly until: number }[];
  /** Flows by weekday (0 is Monday) and hour, UTC. */
  readonly week: readonly (readonly number[])[];
  readonly services: readonly Service[];
  readonly pairs: readonly PairOfDay[];
  readonly pairCount: number;
  readonly bubbles: readonly Bubble[];
  /** Bubbles that are too many to be drawn. */
  readonly bubblesLeft: number;
  readonly bubbleStep: number;
  readonly ranges: readonly { readonly from: number; readonly to: number; readonly transfers: number }[];
  readonly largest: Cluster | undefined;
  readonly unusual: readonly Cluster[];
  readonly unusualCount: number;
  readonly talkers: readonly Talker[];
  readonly ports: readonly Port[];
  readonly portCount: number;
  /** Flows at all ports. */
  readonly portFlows: number;
  readonly ways: readonly Way[];
  readonly rejectedSources: readonly RejectedSource[];
  readonly exposures: readonly Exposure[];
  readonly suspects: readonly Suspect[];
  readonly findings: readonly Finding[];
  /** What the flows leave of the rules, or why nothing is said of them. */
  readonly advice: ShortAdvice | string;
  /** What was passed over, a line each. */
  readonly passedOver: readonly string[];
  /** What else people have to know of what was read, a line each. */
  readonly doubts: readonly string[];
}
