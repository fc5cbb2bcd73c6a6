import type { AddressInfo, Server } from "node:net";
import { describeError, UsageError } from "../errors.ts";

/** The host of `host:port`, with the brackets of an IPv6 address. */
export function hostOf(listen: string): string {
  return listen.slice(0, listen.lastIndexOf(":"));
}

/** Whom a server that cannot listen is told of: a code, what it cannot do, and the option that says where. */
type Told = readonly [code: string, what: string, option: string];

/** Listens at `host:port`; resolves to `host:port` as others reach it. Throws UsageError. */
export function listenOn(server: Server, listen: string, [code, what, option]: Told): Promise<string> {
  const host = hostOf(listen).replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new UsageError(code, `${what} on ${listen} (${option}): ${describeError(cause)}`, { cause })),
    );
    server.listen(Number(listen.slice(listen.lastIndexOf(":") + 1)), host, () => {
      const { address, port, family } = server.address() as AddressInfo;
      resolve(family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`);
    });
  });
}
