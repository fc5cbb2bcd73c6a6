import { S3Client } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { encoded, s3Signer } from "../../../../src/intake/s3/signature.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Example: GET Object". */
it("signs as AWS's example does", () => {
  const keys = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
  const given = { host: "examplebucket.s3.amazonaws.com", range: "bytes=0-9" };
  const { authorization } = s3Signer("us-east-1")("/test.txt", given, keys, Date.UTC(2013, 4, 24));
  expect(authorization).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, " +
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
});

it.each([
  ["plain", "a/b.json.gz", undefined],
  ["with a session", "a/b.json.gz", "FwoGZXIv="],
  ["a key of other characters", "a b/ä!'()*&=+$,:;?@%/../x", undefined],
])("signs as the SDK does: %s", async (_, key, sessionToken) => {
  const credentials = { accessKeyId: "AKID", secretAccessKey: "secret", ...(sessionToken !== undefined && { sessionToken }) };
  const region = "eu-de";
  const client = new S3Client({ region, credentials, endpoint: "http://s3.example.test:9000" });
  const path = `/flows/${encoded(key, "/")}`;
  const given = { host: "s3.example.test:9000", "if-match": '"tag"', range: "bytes=1-2" };
  const properties = { signingName: "s3", signingRegion: region, disableDoubleEncoding: true };
  const signer = await client.config.signer({ name: "sigv4", signingName: "s3", signingRegion: region, properties });
  const sign = s3Signer(region);
  for (const now of ["2026-01-31T23:59:59.999Z", "2026-02-01T00:00:00Z"].map(Date.parse)) {
    const request = {
      method: "GET",
      protocol: "http:",
      hostname: "s3.example.test",
      port: 9000,
      path,
      query: {},
      headers: given,
    };
    const signed = (await signer.sign(request as never, { signingDate: new Date(now) })) as { headers: Record<string, string> };
    expect(sign(path, given, credentials, now)).toEqual(signed.headers);
  }
});

it("encodes a key as the store decodes it", () => {
  expect(encoded("a b/ä!'()*+", "/")).toBe("a%20b/%C3%A4%21%27%28%29%2A%2B");
  expect(encoded("a/b")).toBe("a%2Fb");
});
