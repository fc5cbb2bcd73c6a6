import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Alert } from "../../../src/contracts/alert.ts";
import { untilIdle } from "../../simulators/idle.ts";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  readonly body: any;
  readonly at: number;
}

/** An HTTP server on loopback that keeps what it gets and answers as `respond` says, which may be changed. */
export async function startHttp(respond: (response: ServerResponse, call: number) => void) {
  const received: Received[] = [];
  let reading = 0;
  const server = createServer(async (request, response) => {
    let text = "";
    reading += 1;
    try {
      for await (const chunk of request) text += chunk;
    } catch {
      // The client has gone before it had said all.
      return;
    } finally {
      reading -= 1;
    }
    received.push({ path: request.url ?? "", headers: request.headers, body: JSON.parse(text), at: Date.now() });
    started.respond(response, received.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const started = {
    respond,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    /** Resolves when every client has gone, and what they had sent is received. */
    idle: () => untilIdle(server, () => reading),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return started;
}

export function alertOf(changes: Partial<Alert> = {}): Alert {
  return {
    key: "ssh/1",
    rule: "ssh_accepted_from_outside",
    title: "SSH accepted from outside",
    level: "high",
    summary: "TCP from 203.0.113.45 to web-07 (10.20.0.9) port 22 (SSH) was accepted.",
    facts: [
      { label: "From", value: "203.0.113.45" },
      { label: "To", value: "web-07 <10.20.0.9> & co" },
    ],
    labels: { source: "203.0.113.45" },
    firstSeen: 1_767_578_760_000,
    lastSeen: 1_767_578_819_000,
    subject: { source: "203.0.113.45", destination: "10.20.0.9", port: "22", uid: "ab" },
    ...changes,
  };
}
