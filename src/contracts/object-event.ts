/** An object of a bucket that somebody says was stored. It may be wrong, late, doubled or forged: whether it is there says the listing. */
export interface Announced {
  /** The bucket as its service calls it. */
  readonly bucket: string;
  /** The object's key in it. */
  readonly key: string;
}

/** A form in which a service tells of objects that were stored. */
export interface EventForm {
  /** What the program calls it. */
  readonly name: string;
  /** The objects that a message says were stored; empty for one that tells of something else; undefined for one of another form. Never throws. */
  read(message: Readonly<Record<string, unknown>>): readonly Announced[] | undefined;
}

/** As `Announced`, of a source of the configuration, by its name. */
export interface EventHint {
  /** The source's name. */
  readonly source: string;
  /** The object's key in its bucket. */
  readonly key: string;
}
