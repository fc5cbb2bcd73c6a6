import type { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { version } from "../../lib/version.ts";
import { type ObjectAnswer, objectAnswer } from "./answers.ts";
import { encoded, s3Signer } from "./signature.ts";
import type { S3Transport } from "./transport.ts";

/** Where URL and signature depend on more than the name it is another one: access points, and directory buckets of S3 Express. */
const PLAIN_NAME = /^(?!.*--x-s3$)[a-zA-Z0-9._-]+$/;

interface Place {
  readonly endpoint?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
  readonly bucket: string;
}

interface Parts {
  readonly client: S3Client;
  readonly transport: Pick<S3Transport, "ask" | "answering">;
  /** What requests are signed for. */
  readonly region: string;
  /** A token to authenticate by, instead of a signature. */
  readonly token: (() => Promise<string>) | undefined;
}

/** Sends a GetObject. Throws what the SDK makes of an answer that brings no object. */
export type SendGet = (command: GetObjectCommand, signal: AbortSignal) => Promise<ObjectAnswer>;

/**
 * How a GetObject is sent. To a store that has an endpoint of its own, and the bucket in the path, it goes without the SDK, which would ask
 * for the same and take a sixth of the CPU time of a small object for that. An answer that is no success the SDK is given.
 */
export function sendGet(place: Place, { client, transport, region, token }: Parts): SendGet {
  const { endpoint, forcePathStyle = true, bucket } = place;
  const bySdk: SendGet = (command, abortSignal) => client.send(command, { abortSignal });
  if (endpoint === undefined || !forcePathStyle || !PLAIN_NAME.test(bucket)) return bySdk;
  const { protocol, hostname, port, host, pathname } = new URL(endpoint);
  const folder = `${pathname.replace(/\/$/, "")}/${bucket}/`;
  const to = { protocol, hostname, ...(port !== "" && { port: Number(port) }), method: "GET" };
  const { config } = client;
  const sign = s3Signer(region);
  const authorized = async (path: string, headers: Record<string, string>) =>
    token === undefined
      ? sign(path, headers, await config.credentials(), Date.now() + config.systemClockOffset)
      : { ...headers, authorization: `Bearer ${await token()}` };
  return async (command, signal) => {
    const { Key = "", IfMatch, Range } = command.input;
    const path = folder + encoded(Key, "/");
    const given = { host, ...(IfMatch !== undefined && { "if-match": IfMatch }), ...(Range !== undefined && { range: Range }) };
    const headers = { ...(await authorized(path, given)), "user-agent": `flowferry/${version}` };
    const answer = await transport.ask({ ...to, path, headers }, signal);
    if (answer.statusCode < 300) return objectAnswer(answer);
    return transport.answering(path, answer, () => bySdk(command, signal));
  };
}
