import { fdatasync, fstatSync, write } from "node:fs";
import { promisify } from "node:util";
import { UsageError } from "../lib/errors.ts";
import { fileFailure, type Lines, type LinesFileOptions } from "./lines-file.ts";

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
const NAME = "standard output";

/** Whether a path in a configuration names standard output. */
export function isStandardOutput(path: string): boolean {
  return ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].includes(path);
}

/** Standard output, whatever it leads to. */
export function createStandardOutput({ sync, writer }: Pick<LinesFileOptions, "sync" | "writer">): Lines {
  const { fd } = process.stdout;
  return fstatSync(fd).isFile() ? intoFile(fd, sync, writer) : intoStream(process.stdout);
}

/**
 * A file that somebody else has opened: it cannot be cut, for where the next write goes is known to the operating system alone. A line
 * that a failed write has broken off is finished first by the next one. Node's own stream would lose what a full disk does not take.
 */
function intoFile(fd: number, sync: boolean, writer: string): Lines {
  let owed: Buffer = NOTHING;
  return {
    async write(lines, signal) {
      signal.throwIfAborted();
      const bytes = Buffer.concat([owed, lines]);
      let done = 0;
      try {
        while (done < bytes.length) done += (await promisify(write)(fd, bytes, done, bytes.length - done, null)).bytesWritten;
        if (sync) await promisify(fdatasync)(fd);
      } catch (error) {
        const broken = done === 0 ? owed.length > 0 : bytes[done - 1] !== NEWLINE;
        owed = broken ? bytes.subarray(done, bytes.indexOf(NEWLINE, done) + 1) : NOTHING;
        throw fileFailure(error, NAME, writer);
      }
      owed = NOTHING;
    },
    close: async () => {},
  };
}

/** Lines have arrived when the operating system has them. A reader that went away ends the run: nobody else would take the rest. */
function intoStream(stream: NodeJS.WriteStream): Lines {
  // A failed write is reported by its callback; the event beside it must not end the process.
  const ignore = (): void => {};
  stream.on("error", ignore);
  return {
    async write(lines, signal) {
      signal.throwIfAborted();
      await new Promise<void>((done, fail) => {
        stream.write(lines, (error) => (error ? fail(streamError(error)) : done()));
      });
    },
    async close() {
      stream.off("error", ignore);
    },
  };
}

function streamError(error: NodeJS.ErrnoException): UsageError {
  const gone = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
  const message = gone ? `${NAME} was closed by its reader (EPIPE)` : `cannot write to ${NAME}: ${error.message}`;
  return new UsageError("ndjson-stdout", message, { cause: error });
}
