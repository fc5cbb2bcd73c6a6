import { createHash, createHmac } from "node:crypto";
import type { Radosgw } from "./radosgw.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const mac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Makes a topic whose notifications the gateway pushes to the URL; returns its ARN. The request is that of SNS, signed for it. */
export async function createTopic(
  { endpoint, region, accessKey, secretKey }: Radosgw,
  name: string,
  pushTo: string,
): Promise<string> {
  const body = new URLSearchParams({
    Action: "CreateTopic",
    Name: name,
    "Attributes.entry.1.key": "push-endpoint",
    "Attributes.entry.1.value": pushTo,
  });
  const { host } = new URL(endpoint);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const headers = { "content-type": "application/x-www-form-urlencoded", host, "x-amz-date": time };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([header, value]) => `${header}:${value}\n`);
  const request = ["POST", "/", "", lines.join(""), names, sha256(body.toString())].join("\n");
  const scope = `${day}/${region}/sns/aws4_request`;
  const key = [region, "sns", "aws4_request"].reduce(mac, mac(`AWS4${secretKey}`, day));
  const signature = mac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(request)].join("\n")).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const answer = await fetch(endpoint, { method: "POST", body: body.toString(), headers: { ...headers, authorization } });
  const text = await answer.text();
  const arn = /<TopicArn>([^<]+)<\/TopicArn>/.exec(text)?.[1];
  if (arn === undefined) throw new Error(`no topic was made: ${answer.status} ${text}`);
  return arn;
}
