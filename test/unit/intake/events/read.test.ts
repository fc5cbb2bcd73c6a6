import { describe, expect, test } from "vitest";
import { readEvents } from "../../../../src/intake/events/read.ts";
import { EVENT_FORMS } from "../../../../src/registry.ts";

/** As the documentation of each service shows them. */
const aws = (key: string, eventName = "ObjectCreated:Put", eventSource = "aws:s3") => ({
  Records: [
    {
      eventVersion: "2.1",
      eventSource,
      awsRegion: "us-west-2",
      eventTime: "2026-01-31T08:00:00.000Z",
      eventName,
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "flows",
        bucket: { name: "flows", ownerIdentity: { principalId: "A3" }, arn: "arn:aws:s3:::flows" },
        object: { key, size: 1024, eTag: "d41d8cd98f00b204e9800998ecf8427e", sequencer: "0055AED6DCD90281E5" },
      },
    },
  ],
});
const eventBridge = (type = "Object Created") => ({
  version: "0",
  id: "17793124-05d4-b198-2fde-7ededc63b103",
  "detail-type": type,
  source: "aws.s3",
  account: "111122223333",
  detail: { version: "0", bucket: { name: "flows" }, object: { key: "a b+c.gz", size: 5, etag: "b1", sequencer: "00617F" } },
});
const oci = (type = "createobject") => ({
  cloudEventsVersion: "0.1",
  eventTypeVersion: "2.0",
  eventType: `com.oraclecloud.objectstorage.${type}`,
  source: "ObjectStorage",
  eventTime: "2026-01-31T08:00:00Z",
  contentType: "application/json",
  data: {
    compartmentId: "ocid1.compartment.oc1..a",
    compartmentName: "network",
    resourceName: "a b+c.gz",
    resourceId: "/n/mytenancy/b/flows/o/a b+c.gz",
    additionalDetails: {
      eTag: "f8ffb6e9",
      namespace: "mytenancy",
      archivalState: "Available",
      bucketName: "flows",
      bucketId: "ocid1.bucket.a",
    },
  },
});
const codeEngine = (operation = "Object:Write") => ({
  bucket: "flows",
  endpoint: "",
  key: "a b+c.gz",
  notification: {
    bucket_name: "flows",
    event_type: operation,
    format: "2.0",
    object_etag: "db3c21eb1c5beb4be1975302bb2f3e3c",
    object_length: "16067",
    object_name: "a b+c.gz",
    request_id: "165f2b57",
    request_time: "2026-01-31T08:00:00.738Z",
  },
  operation,
});
const sns = (message: object) => ({ Type: "Notification", MessageId: "1", TopicArn: "arn", Message: JSON.stringify(message) });

const read = (value: unknown) => readEvents(EVENT_FORMS, JSON.stringify(value));
const object = { bucket: "flows", key: "a b+c.gz" };

describe("an event of each service names the object that was stored", () => {
  test.each([
    ["S3, which writes keys as a query does", aws("a+b%2Bc.gz")],
    ["S3, of an upload in parts", aws("a+b%2Bc.gz", "ObjectCreated:CompleteMultipartUpload")],
    ["Ceph, which writes keys as they are", aws("a b+c.gz", "s3:ObjectCreated:Put", "ceph:s3")],
    ["EventBridge", eventBridge()],
    ["OCI Events", oci()],
    ["OCI Events, of an object that was replaced", oci("updateobject")],
    ["OCI Events as CloudEvents 1.0", { ...oci(), eventType: undefined, specversion: "1.0", type: oci().eventType }],
    ["Code Engine", codeEngine()],
    ["S3 by SNS", sns(aws("a+b%2Bc.gz"))],
    ["S3 by SQS, as a function gets it", { Records: [{ messageId: "1", body: JSON.stringify(aws("a+b%2Bc.gz")) }] }],
    ["S3 by SNS and SQS", { Records: [{ body: JSON.stringify(sns(aws("a+b%2Bc.gz"))) }] }],
    [
      "S3 by SNS, as a function gets it",
      { Records: [{ EventSource: "aws:sns", Sns: { Message: JSON.stringify(aws("a+b%2Bc.gz")) } }] },
    ],
    ["a list of events, the same twice", [oci(), oci()]],
  ])("%s", (_, event) => {
    expect(read(event)).toEqual({ announced: [object], unknown: 0 });
  });
});

test("an event of something else names none", () => {
  const others = [
    aws("a.gz", "ObjectRemoved:Delete"),
    eventBridge("Object Deleted"),
    oci("deleteobject"),
    codeEngine("Object:Delete"),
    { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "flows" },
  ];
  for (const other of others) expect(read(other)).toEqual({ announced: [], unknown: 0 });
});

test("a key that is not written as it should be is taken as it stands", () => {
  expect(read(aws("100%.gz")).announced).toEqual([{ bucket: "flows", key: "100%.gz" }]);
});

test("events on lines of their own are read", () => {
  const text = `${JSON.stringify(oci())}\n\n${JSON.stringify(aws("b.gz"))}\n`;
  expect(readEvents(EVENT_FORMS, text).announced).toEqual([object, { bucket: "flows", key: "b.gz" }]);
});

test("what has no known form is counted, and hides nothing beside it", () => {
  const nested = (depth: number): unknown => (depth === 0 ? oci() : [nested(depth - 1)]);
  const odd = [
    { hello: 1 },
    7,
    null,
    "text",
    { Records: [] },
    { Records: [{ s3: {} }] },
    sns({}),
    { Type: "Notification", Message: "no" },
    nested(9),
  ];
  expect(read([...odd, codeEngine()])).toEqual({ announced: [object], unknown: odd.length - 1 });
  const broken = [
    { ...oci(), data: { resourceName: 5 } },
    { ...eventBridge(), detail: { bucket: {} } },
    { ...codeEngine(), key: 7 },
  ];
  expect(read(broken)).toEqual({ announced: [], unknown: 3 });
});

test.each(["", "no JSON", "{", `${JSON.stringify(oci())}\nno JSON`])("a text that is not JSON is refused: %j", (text) => {
  expect(() => readEvents(EVENT_FORMS, text)).toThrow(expect.objectContaining({ code: "bad-event" }));
});
