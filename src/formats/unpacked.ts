/** Why the rest of an object cannot be read. */
export interface Fault {
  /** Stable code: `truncated-gzip`, `corrupt-gzip`, `trailing-garbage`, `too-large`, … */
  readonly code: string;
  /** One line: what is wrong, and where. */
  readonly reason: string;
}

/** The plain bytes of one object. They are read once. */
export interface Unpacked {
  /** Never throws for what the bytes hold: it ends, and `fault` says why before its time. */
  readonly chunks: AsyncIterable<Buffer>;
  /** To be asked once the chunks have ended; undefined when they ended where the object ends. */
  readonly fault: Fault | undefined;
  /** Whether the memory of a chunk is nobody else's, once it was read and no part of it is kept. No by default. */
  readonly owned?: boolean | undefined;
}

/** Ends the reading of an object from within nested generators. */
export class Broken extends Error {
  readonly fault: Fault;

  constructor(code: string, reason: string) {
    super(reason);
    this.fault = { code, reason };
  }
}
