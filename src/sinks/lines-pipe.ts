import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { fileFailure, type Lines } from "./lines-file.ts";

/**
 * A named pipe. Lines have arrived when the operating system has them; a slow reader is waited for. While nobody reads, a write fails and
 * may be repeated; a reader that comes then begins with a whole line.
 */
export function createLinesPipe(path: string, writer: string): Lines {
  let current: Socket | undefined;
  return {
    async write(lines, signal) {
      signal.throwIfAborted();
      try {
        current ??= openPipe(path);
        await send(current, lines, signal);
      } catch (error) {
        current?.destroy();
        current = undefined;
        signal.throwIfAborted();
        throw fileFailure(error, path, writer);
      }
    },
    async close() {
      current?.destroy();
      current = undefined;
    },
  };
}

/** Without a reader the opening fails at once (ENXIO). */
function openPipe(path: string): Socket {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  if (!fstatSync(fd).isFIFO()) {
    closeSync(fd);
    throw new Error("it is no longer a pipe");
  }
  const socket = new Socket({ fd, readable: false, writable: true });
  // A failed write is reported by its callback; the event beside it must not end the process.
  socket.on("error", () => {});
  return socket;
}

function send(socket: Socket, lines: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const giveUp = () => void socket.destroy();
    signal.addEventListener("abort", giveUp, { once: true });
    socket.write(lines, (error) => {
      signal.removeEventListener("abort", giveUp);
      if (error) fail(error);
      else done();
    });
  });
}
