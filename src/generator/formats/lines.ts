import { Body } from "../body.ts";
import { damagedLines } from "../damage/lines.ts";
import type { Exchange } from "../exchange.ts";
import type { Random } from "../random.ts";
import { Tally } from "../tally.ts";
import type { Host, Subnet } from "../world.ts";
import type { DamagedDraft, Draft, Encoder, Format, RecordSink, Window, WindowWriter } from "./format.ts";
import type { LineDialect } from "./line-dialect.ts";

export interface LineOptions {
  readonly hosts: readonly Host[];
  readonly gzipLevel: number;
  readonly quality: boolean;
  /** How many windows there are. */
  readonly windows: number;
}

/** One object a window, one record a line, gzipped. */
export class LineFormat implements Format {
  readonly cloud = "oci";
  readonly encoder: Encoder;
  readonly #dialect: LineDialect;
  readonly #options: LineOptions;

  constructor(dialect: LineDialect, options: LineOptions) {
    this.encoder = dialect.encoder;
    this.#dialect = dialect;
    this.#options = options;
  }

  open(window: Window, random: Random): WindowWriter {
    this.#dialect.prepare(window, random);
    return new LineWindow(this.#dialect, this.#options, window, random);
  }

  damaged(kind: string, exchanges: readonly Exchange[], window: Window, random: Random): DamagedDraft {
    this.#dialect.prepare(window, random);
    return damagedLines(kind, this.#dialect, exchanges, window, random);
  }

  subnetId(subnet: Subnet): string {
    return this.#dialect.subnetId(subnet);
  }
}

class LineWindow implements WindowWriter, RecordSink {
  readonly #dialect: LineDialect;
  readonly #options: LineOptions;
  readonly #window: Window;
  readonly #random: Random;
  readonly #tally = new Tally();
  readonly #body: Body;
  readonly #sinkOf = () => this;

  constructor(dialect: LineDialect, options: LineOptions, window: Window, random: Random) {
    this.#dialect = dialect;
    this.#options = options;
    this.#window = window;
    this.#random = random;
    this.#body = new Body(options.gzipLevel);
    if (dialect.heading !== undefined) this.#body.put(`${dialect.heading}\n`);
  }

  begin(): number {
    return 0;
  }

  add(exchange: Exchange, from: number, to: number): void {
    this.#dialect.encoder.write(exchange, from, to, this.#random, this.#sinkOf);
  }

  room(): Promise<void> | undefined {
    return this.#body.room();
  }

  end(): Draft[] {
    if (this.#options.quality) this.#statements();
    const { first, last } = this.#tally;
    return [
      {
        key: this.#dialect.key(this.#window, first, last),
        time: Math.round((Math.max(this.#window.to, last) + this.#dialect.delay) * 1000),
        bytes: this.#body.end(),
        truth: this.#tally.truth(),
        marks: this.#tally.marks,
        metadata: {},
      },
    ];
  }

  flow(
    text: string,
    time: number,
    accepted: boolean,
    bytes: number,
    bytesReverse: number,
    incident: number | undefined,
    reply: boolean,
  ): void {
    this.#body.put(`${text}\n`);
    this.#tally.flow(time, accepted, bytes, bytesReverse, incident, reply);
  }

  quality(text: string, time: number, kind: "noData" | "skipData"): void {
    this.#body.put(`${text}\n`);
    this.#tally.quality(time, kind);
  }

  /** A quarter of the objects say that a VNIC had no traffic, one in a hundred that flows were lost; every bucket has both. */
  #statements(): void {
    const { index, from } = this.#window;
    const random = this.#random;
    const state = (kind: "noData" | "skipData") => {
      const time = Math.floor(from);
      this.quality(this.#dialect.quality(random.pick(this.#options.hosts), kind, time, random), time, kind);
    };
    if (index === 0 || random.chance(0.25)) state("noData");
    if (index === this.#options.windows >> 1 || random.chance(0.01)) state("skipData");
  }
}
