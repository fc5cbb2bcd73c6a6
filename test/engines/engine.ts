/** An engine that answers SQL over a folder of Parquet. */
export interface Engine {
  readonly name: string;
  readonly version: string;
  /** Runs a statement to its end, and gives its rows, if it has any. */
  run(sql: string): Promise<readonly (readonly unknown[])[]>;
  stop(): Promise<void>;
}
