import { z } from "zod";
import { coordinationOptions } from "../coordination/options.ts";
import type { FormatKind } from "../formats/format.ts";
import { AUTO } from "../formats/formats.ts";
import { instantText } from "../lib/durations.ts";
import { secret } from "../lib/secrets/mark.ts";
import { allowInsecure } from "../lib/urls.ts";
import { reductionOptions } from "../reduce/options.ts";
import { intakeOptions, listenAddress } from "./intake.ts";

/** A part of the configuration that is named by `type` and handed to the component of that type. */
const part = z.looseObject({ type: z.string().describe("Kind of the part") });

const filterOptions = z.strictObject({
  action: z.enum(["accept", "reject"]).optional().describe("Ship only flows with this action; by default both are shipped"),
  since: instantText()
    .optional()
    .describe("Ship only flows of this time and later: a time as in 2026-01-31T00:00:00Z, or an age as in 30d"),
  until: instantText()
    .optional()
    .describe(
      "Ship only flows before this time: a time or an age. Objects that begin later by more than the look-back of the source are not read",
    ),
});

const limitOptions = z.strictObject({
  maxObjectBytes: z
    .int()
    .positive()
    .default(16 * 1024 ** 3)
    .describe("Largest decompressed size of one object, in bytes; what lies beyond is set aside as `too-large`"),
  maxRecordBytes: z
    .int()
    .min(1024)
    .max(64 * 1024 ** 2)
    .default(1024 ** 2)
    .describe("Longest single record, in bytes; a longer one is set aside as `line-too-long`"),
});

const runOptions = z.strictObject({
  objects: z.int().min(1).max(256).default(4).describe("How many objects are read side by side"),
  threads: z
    .union([z.int().min(0).max(64), z.literal("auto")])
    .default(0)
    .describe(
      "Threads that read, enrich and encode whole objects: 0 for none beside the main one, auto for one for each core. Each has the lookup tables for itself",
    ),
  pollMs: z.int().min(100).default(10_000).describe("Pause between two looks for new objects, in ms"),
  stallMs: z
    .int()
    .min(100)
    .default(2_000)
    .describe(
      "A sink that had no room for this long while another one had goes on alone, and catches up by reading again, in ms",
    ),
  shutdownMs: z
    .int()
    .min(0)
    .default(20_000)
    .describe(
      "After SIGTERM or Ctrl-C, how long batches and alerts in flight may take to be acknowledged, in ms; a job that ends waits as long for a notifier that takes nothing",
    ),
  checkpointMs: z
    .int()
    .min(100)
    .default(30_000)
    .describe("How often the state of the detections is saved, in ms; after a crash they read again what came since"),
  retry: z
    .strictObject({
      initialMs: z.int().min(1).default(500).describe("First pause after a failure, in ms; it doubles with each further one"),
      maxMs: z.int().min(1).default(30_000).describe("Longest pause that the other side did not ask for, in ms"),
    })
    .prefault({})
    .describe("Pauses between attempts at what may heal"),
});

const ledgerOptions = z.strictObject({
  path: z
    .string()
    .min(1)
    .default("flowferry.db")
    .describe(
      "SQLite file that remembers positions and dead letters; `:memory:` forgets with the process. One ledger serves one worker",
    ),
});

const telemetryOptions = z
  .strictObject({
    listen: listenAddress
      .optional()
      .describe(
        "Address for the status page (/), /metrics (Prometheus), /healthz and /readyz, as in 127.0.0.1:9464; not served by default",
      ),
    token: secret(z.string().min(16, "expected 16 characters or more"))
      .optional()
      .describe(
        "What the status page, /metrics and the reasons of /readyz ask for, as a Bearer token or as the password of whatever user; without it they are there on 127.0.0.1 and ::1 alone. The probes, /healthz and the status code of /readyz, ask for none: an orchestrator has none",
      ),
    otlpEndpoint: z
      .url()
      .optional()
      .describe(
        "Base URL of an OTLP receiver that gets the program's own log lines, and its traces, as in http://localhost:4318",
      ),
    traceOneIn: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        "One object of so many leaves a trace at otlpEndpoint: how long it lay in the bucket, its readings, and when each sink had acknowledged it; none by default",
      ),
    allowInsecure,
    level: z
      .enum(["trace", "debug", "info", "warn", "error"])
      .default("info")
      .describe("Least severity of the program's own log lines"),
  })
  .refine(({ traceOneIn, otlpEndpoint }) => traceOneIn === undefined || otlpEndpoint !== undefined, {
    path: ["traceOneIn"],
    error: "traces go to telemetry.otlpEndpoint, and there is none: add it",
  });

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "expected letters, digits, dots, dashes and underscores");

/** What each of several sources may have beside the options of its type. */
export const ofSource = z.object({
  name: name
    .optional()
    .describe(
      "Name of the source in the ledger, in metrics and in logs; its type and its bucket by default. Positions belong to the name",
    ),
  format: z.string().optional().describe("Format of its objects; the common one by default"),
  filter: filterOptions.optional().describe("Which of its flows are shipped, in place of the common filter"),
  enrich: z.unknown().optional().describe("Lookup tables for its flows, in place of the common block"),
});

const settings = z.strictObject({
  source: part.optional().describe("The bucket to tail; this, or `sources`"),
  format: z.string().default(AUTO).describe("Format of the objects; `auto` finds it from the first bytes of each"),
  filter: filterOptions.prefault({}).describe("Which flows are shipped"),
  intake: intakeOptions.optional().describe("Object-created events, which shorten the way from a stored object to its delivery"),
  coordination: coordinationOptions
    .optional()
    .describe(
      "Several workers with this configuration share the work: one of them lists the buckets, each delivers its share, and the brokers keep the positions. Without it one worker does all, with a ledger of its own",
    ),
  limits: limitOptions.prefault({}).describe("Bounds for what comes from outside"),
  enrich: z.unknown().optional().describe("Lookup tables"),
  sinks: z
    .array(
      part.extend({
        name: name
          .refine(
            (text) => text !== "none",
            "none is no name for a sink: as `--sink none` it stands for records that could not be decoded",
          )
          .optional()
          .describe("Name of the sink in the ledger, in metrics and in logs; its type by default. Positions belong to the name"),
        filter: z
          .record(z.string(), z.unknown())
          .optional()
          .describe(
            "Which flows the sink gets, all by default: searches and a condition, as in the `detection` of a rule, as in { wanted: { action: reject }, condition: wanted }. Its field `detections` holds the names of the rules that the flow matched",
          ),
        ...reductionOptions,
      }),
    )
    .min(1, "at least one sink is needed")
    .optional()
    .describe("Destinations; each has its own position. Where there is an archive there may be none"),
  reports: z
    .unknown()
    .optional()
    .describe("The bucket or folder to which reports go with `--out bucket:FOLDER`; it may be that of the archive"),
  archive: z.unknown().optional().describe("Files of all flows, in a bucket or a folder, for questions over days and years"),
  alerts: z.unknown().optional().describe("Detections and who is told; without this block no rule is evaluated"),
  ledger: ledgerOptions.prefault({}).describe("Memory of the worker"),
  run: runOptions.prefault({}).describe("Pace of the worker"),
  telemetry: telemetryOptions.prefault({}).describe("The program's own logs and metrics"),
});

/** What stands beside the options of a part's own type. */
export const OF_SOURCE = Object.keys(ofSource.shape);
export const OF_SINK = ["name", "filter", ...Object.keys(reductionOptions)];

/** The top level of a configuration file. Parts are validated by their components. */
export function configSchema(formats: readonly FormatKind[]) {
  const { format } = settings.shape;
  const names = z.enum([AUTO, ...formats.map(({ name }) => name)]).default(AUTO);
  const one = part.extend({
    ...ofSource.shape,
    format: names
      .unwrap()
      .optional()
      .describe(ofSource.shape.format.description ?? ""),
  });
  return settings.extend({
    format: names.describe(format.description ?? ""),
    sources: z
      .array(one)
      .min(1, "at least one source is needed")
      .optional()
      .describe("Several buckets to tail side by side; each has positions, readers and pauses of its own"),
  });
}
