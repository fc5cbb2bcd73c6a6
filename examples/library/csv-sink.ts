/**
 * A sink of your own: a CSV file with the columns that are asked for.
 *
 * A program registers it; a configuration names it as `type: ./csv-sink.ts`, or as `type: npm:<package>` when it is in a package.
 */
import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Component, type Encoder, Failure, FIELD_NAMES, GETTERS, type Sink, type SinkDependencies } from "flowferry";
import { z } from "zod";

const options = z.strictObject({
  path: z.string().min(1).describe("File to append to, relative to the configuration file"),
  columns: z.array(z.enum(FIELD_NAMES)).min(1).describe("Fields of a flow, in the order of the columns"),
});

type Options = z.output<typeof options>;

/** Makes bytes of flows and opens nothing, so that another thread may do it. */
const encoder = ({ columns }: Pick<Options, "columns">): Encoder => ({
  encode(flows) {
    const rows = flows.map((flow) => columns.map((column) => String(GETTERS[column](flow) ?? "")).join(","));
    return { records: flows.length, parts: [new TextEncoder().encode(rows.map((row) => `${row}\n`).join(""))] };
  },
});

export const sink: Component<Options, SinkDependencies, Sink> = {
  type: "csv",
  summary: "A CSV file with the columns that are asked for",
  options,
  encoder,
  create({ path, columns }, { baseDir }) {
    const file = resolve(baseDir, path);
    const append = async (bytes: Uint8Array) => {
      try {
        await appendFile(file, bytes);
      } catch (cause) {
        // In the drawer `worker`: it is tried again with growing pauses, and nothing is set aside.
        throw new Failure("worker", "csv-unwritable", `cannot write ${file}`, { cause });
      }
    };
    return {
      limits: { records: 1000, inFlight: 1, lingerMs: 200 },
      ...encoder({ columns }),
      // Resolves when the records are safe, and not before: then the ledger says that they are delivered.
      async send({ parts }, signal) {
        signal.throwIfAborted();
        for (const part of parts) await append(part);
        return { rejected: 0 };
      },
      async probe() {
        await append(new Uint8Array());
        return `${file} can be written`;
      },
      async close() {},
    };
  },
};
