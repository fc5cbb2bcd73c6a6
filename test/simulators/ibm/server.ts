import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawAnswer, sendRaw } from "../raw-answer.ts";
import { CloudLogs } from "./cloud-logs.ts";
import { CloudLogsContent } from "./content.ts";
import { Iam, type Reply } from "./iam.ts";
import { Vpc } from "./vpc.ts";

/** IBM Cloud on loopback: the token service, and the ingress and the API of one instance of IBM Cloud Logs. */
export interface Ibm {
  readonly endpoint: string;
  readonly tokenUrl: string;
  readonly iam: Iam;
  readonly cloudLogs: CloudLogs;
  readonly content: CloudLogsContent;
  readonly vpc: Vpc;
  /** Headers of the requests for `singles`, in the order in which they came, whatever was answered. */
  readonly requests: { readonly authorization: string | undefined; readonly bytes: number; readonly at: number }[];
  /** Asked before a request for `singles`, with its number from 0, is looked at: a reply in its stead, or `hang`. */
  fault: (request: number) => Reply | "hang" | undefined;
  /** Asked before a call of the API, as in `GET /v1/views`, is looked at: a reply in its stead. */
  apiFault: (call: string) => Reply | undefined;
  /** What every request for `singles` is answered with instead. */
  raw: RawAnswer | ((request: { headers: IncomingHttpHeaders; body: string }) => RawAnswer) | undefined;
  /** How far the clock of the simulator is ahead, in ms. */
  clockAheadMs: number;
  close(): Promise<void>;
}

export async function startIbm(): Promise<Ibm> {
  const now = () => Date.now() + self.clockAheadMs;
  const replyTo = async (request: IncomingMessage): Promise<Reply | { readonly raw: RawAnswer } | "hang"> => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const { authorization, "content-type": contentType } = request.headers;
    if (request.url !== undefined && self.vpc.serves(request.url)) {
      return self.vpc.answer(request.method, request.url, self.iam.admits(authorization));
    }
    if (request.url?.startsWith("/v1/")) {
      if (!self.iam.admits(authorization)) return { status: 401, body: { errors: [{ message: "token is not valid" }] } };
      const fault = self.apiFault(`${request.method} ${request.url}`);
      return fault ?? self.content.answer(request.method ?? "", request.url, body);
    }
    if (request.method !== "POST") return { status: 405, body: { message: "method not allowed" } };
    if (request.url === "/identity/token") return self.iam.exchange(contentType, body);
    if (request.url !== "/logs/v1/singles") return { status: 404, body: { message: "no such path" } };
    const number = self.requests.push({ authorization, bytes: Buffer.byteLength(body), at: performance.now() }) - 1;
    if (self.raw !== undefined) {
      return { raw: typeof self.raw === "function" ? self.raw({ headers: request.headers, body }) : self.raw };
    }
    const fault = self.fault(number);
    if (fault !== undefined) return fault;
    if (!self.iam.admits(authorization)) return { status: 401, body: { message: "token is not valid" } };
    return self.cloudLogs.singles(contentType, body);
  };
  const server = createServer(async (request, response) => {
    const reply = await replyTo(request);
    if (reply === "hang") return;
    if ("raw" in reply) {
      sendRaw(request.socket, reply.raw);
      return;
    }
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const self: Ibm = {
    endpoint,
    tokenUrl: `${endpoint}/identity/token`,
    iam: new Iam(() => now()),
    cloudLogs: new CloudLogs(() => now()),
    vpc: new Vpc(),
    requests: [],
    content: new CloudLogsContent(),
    fault: () => undefined,
    apiFault: () => undefined,
    raw: undefined,
    clockAheadMs: 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}
