import { randomBytes } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startCephCluster } from "./ceph-cluster.ts";
import { freePorts, run, startProcess, untilReady } from "./process.ts";

export interface Radosgw {
  /** `http://127.0.0.1:PORT`; buckets are addressed by path, not by host name. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** A client as the user of the keys above, or with a secret that is not theirs. It is destroyed by `stop`. */
  client(secretKey?: string): S3Client;
  createBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts Ceph's S3 gateway on loopback with a cluster of its own below it and one user. Takes about 4 s once the packages
 * are there. Everything that was put into it is gone after `stop`.
 */
export async function startRadosgw(): Promise<Radosgw> {
  await using stack = new AsyncDisposableStack();
  const cluster = await startCephCluster();
  stack.defer(cluster.stop);

  const accessKey = randomBytes(10).toString("hex").toUpperCase();
  const secretKey = randomBytes(20).toString("hex");
  const keys = [`--access-key=${accessKey}`, `--secret-key=${secretKey}`];
  await run("radosgw-admin", ["user", "create", "--uid=flowferry", "--display-name=flowferry", ...keys], {
    env: cluster.env,
    timeoutMs: 120_000,
  });

  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const gateway = await startProcess(
    "radosgw",
    ["-n", "client.admin", "-f", `--rgw-frontends=beast endpoint=127.0.0.1:${port}`],
    {
      env: cluster.env,
    },
  );
  stack.defer(() => gateway.stop());
  await untilReady("radosgw", gateway, endpoint);

  // The zone group of a new cluster is named `default` and is served under every region name; the client sends a
  // LocationConstraint, which would have to name the zone group, for every region but this one.
  const region = "us-east-1";
  const client = (secretAccessKey: string = secretKey): S3Client => {
    const made = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId: accessKey, secretAccessKey },
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    stop.defer(() => made.destroy());
    return made;
  };
  const stop = stack.move();
  return {
    endpoint,
    region,
    accessKey,
    secretKey,
    client,
    async createBucket(name) {
      await client().send(new CreateBucketCommand({ Bucket: name }));
    },
    stop: () => stop.disposeAsync(),
  };
}
