import type { ZodType } from "zod";
import type { Encoder, EncoderDependencies, TimeWindow } from "./sink.ts";

/** A kind of source, sink or other part that a configuration names by `type`. Options are described in the schema. */
export interface Component<Options, Dependencies, Part> {
  /** What a configuration calls it; short, in lower case, with dashes. */
  readonly type: string;
  /** One line for the reference. */
  readonly summary: string;
  /** Validates the options, and describes each for the reference. */
  readonly options: ZodType<Options>;
  /** Of a sink whose receiver refuses records of other times. */
  readonly timeWindow?: TimeWindow;
  /** Called when a configuration is read: refuses credentials that would be sent in the open. Throws UsageError; opens nothing. */
  check?(options: Options, env: NodeJS.ProcessEnv): void;
  /** Of a sink: its encoder alone, for a thread that sends nothing. Opens nothing; throws UsageError as `create` does. */
  encoder?(options: Options, dependencies: EncoderDependencies): Encoder;
  /** Makes the part of options that are valid. Throws UsageError for what only the surroundings show to be wrong. */
  create(options: Options, dependencies: Dependencies): Part | Promise<Part>;
}
