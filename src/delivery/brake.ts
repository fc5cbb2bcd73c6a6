/** A refusal is believed after so many attempts, if few records are doubted. */
const ATTEMPTS = 5;
/** More records in a row than this are never all bad by chance: it is the receiver that refuses. */
const RECORDS = 100;
/** Requests that the first attempt at a refused batch may cost; each further attempt may cost twice as many. */
const REQUESTS = 64;

/** What is known of one batch, from its first refusal on. */
export interface Doubt {
  /** The receiver refused something of the batch. */
  refused(): void;
  /** How many requests an attempt may cost before it gives up finding a record that is taken. */
  readonly requests: number;
  /** Whether what was refused is bad, rather than the receiver. */
  readonly believed: boolean;
  /** Attempts that found nothing that is taken. */
  readonly attempts: number;
  /** One more such attempt. */
  again(): void;
  /** The batch has come to its end, in whatever way. */
  end(): void;
}

/**
 * Who is to be doubted when a receiver refuses a record: the record or the receiver. A record is bad if the receiver takes others that it
 * is sent later. While it takes nothing it is the receiver (a wrong path, a proxy that answers for it), and nothing is set aside; but few
 * records that are refused again and again, by a receiver that has taken others before, are bad too.
 */
export interface Brake {
  /** A request is sent; the number goes to `accepted`. */
  start(): number;
  /** The receiver took the records of the request with this number. */
  accepted(request: number): void;
  /** Of a batch of so many records. */
  doubt(records: number): Doubt;
}

/** The brake of one sink. `known`: it has acknowledged records in an earlier run. */
export function createBrake(known: boolean): Brake {
  let requests = 0;
  let accepted = 0;
  let doubted = 0;
  /** Records that were believed to be bad without a proof since the receiver last took any. */
  let unproved = 0;
  return {
    start: () => {
      requests += 1;
      return requests;
    },
    accepted: (request) => {
      accepted = Math.max(accepted, request);
      unproved = 0;
    },
    doubt(records) {
      let since: number | undefined;
      let attempts = 0;
      const proved = () => since !== undefined && accepted > since;
      const isBelieved = () => proved() || ((known || accepted > 0) && attempts >= ATTEMPTS && doubted + unproved <= RECORDS);
      return {
        refused: () => {
          since ??= requests;
        },
        get requests() {
          return proved() ? Number.POSITIVE_INFINITY : REQUESTS * 2 ** attempts;
        },
        get believed() {
          return isBelieved();
        },
        get attempts() {
          return attempts;
        },
        again: () => {
          if (attempts === 0) doubted += records;
          attempts += 1;
        },
        end: () => {
          if (attempts === 0) return;
          if (isBelieved() && !proved()) unproved += records;
          doubted -= records;
        },
      };
    },
  };
}

/** Believes every refusal: where nothing is lost by it, as in a replay of what is set aside anyway. */
export const NO_BRAKE: Brake = {
  start: () => 0,
  accepted: () => {},
  doubt: () => ({
    refused: () => {},
    requests: Number.POSITIVE_INFINITY,
    believed: true,
    attempts: 0,
    again: () => {},
    end: () => {},
  }),
};
