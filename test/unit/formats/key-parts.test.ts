import { expect, test } from "vitest";
import { keyParts } from "../../../src/formats/key-parts.ts";

const CRN = "crn:v1:bluemix:public:is:us-south:a/713c::vpc:r006-fc3e";

test("tells parts apart though CRNs hold slashes", () => {
  const key = `ibm_vpc_flowlogs_v1/account=713c/region=us-south/vpc-id=${CRN}/subnet-id=0717-aa/endpoint-type=vnics/stream-id=20200604T134239Z/00000001.gz`;
  expect({ ...keyParts(key) }).toEqual({
    account: "713c",
    region: "us-south",
    "vpc-id": CRN,
    "subnet-id": "0717-aa",
    "endpoint-type": "vnics",
    "stream-id": "20200604T134239Z",
  });
});

test("decodes URL-encoded values, and leaves what is wrongly encoded as it is", () => {
  expect(keyParts(`a/vpc-id=${encodeURIComponent(CRN)}/x.gz`)["vpc-id"]).toBe(CRN);
  expect(keyParts("a/vpc-id=100%/x.gz")["vpc-id"]).toBe("100%");
});

test.each(["", "x.gz", "a/b/c.gz", "a/b=/c", "=a/"])("finds nothing of use in %j", (key) => {
  expect(Object.values(keyParts(key)).filter((value) => value !== "")).toEqual([]);
});
