import type { Source } from "../contracts/source.ts";
import type { Reader, Stages } from "./reader.ts";

/** A source of the worker, with what makes flows of its objects. */
export interface Inlet extends Stages {
  /** In the configuration, the ledger, metrics and logs. */
  readonly name: string;
  readonly source: Source;
  /** Where the stages run; in this thread if left out. */
  readonly read?: Reader | undefined;
}
