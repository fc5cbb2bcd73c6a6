import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { type Block, readHcl } from "./hcl.ts";
import { publishedProvider, type Shape } from "./pulumi.ts";

const provider = available("@pulumi/oci", () => publishedProvider("4.20.0"));

/** Where the typings describe what Terraform calls so. */
const TYPES: Readonly<Record<string, readonly [path: string, type: string]>> = {
  oci_core_capture_filter: ["core/captureFilter", "CaptureFilterArgs"],
  oci_core_subnets: ["core/getSubnets", "GetSubnetsArgs"],
  oci_logging_log_group: ["logging/logGroup", "LogGroupArgs"],
  oci_logging_log: ["logging/log", "LogArgs"],
  oci_objectstorage_bucket: ["objectstorage/bucket", "BucketArgs"],
  oci_objectstorage_namespace: ["objectstorage/getNamespace", "GetNamespaceArgs"],
  oci_objectstorage_object_lifecycle_policy: ["objectstorage/objectLifecyclePolicy", "ObjectLifecyclePolicyArgs"],
  oci_sch_service_connector: ["sch/connector", "ConnectorArgs"],
  oci_identity_dynamic_group: ["identity/dynamicGroup", "DynamicGroupArgs"],
  oci_identity_policy: ["identity/policy", "PolicyArgs"],
  oci_streaming_stream: ["streaming/stream", "StreamArgs"],
  oci_streaming_stream_pool: ["streaming/streamPool", "StreamPoolArgs"],
  oci_events_rule: ["events/rule", "RuleArgs"],
  oci_ons_notification_topic: ["ons/notificationTopic", "NotificationTopicArgs"],
  oci_ons_subscription: ["ons/subscription", "SubscriptionArgs"],
  oci_container_instances_container_instance: ["containerengine/containerInstance", "ContainerInstanceArgs"],
};
/** What Terraform itself gives every resource. */
const OWN = new Set(["count", "for_each", "depends_on", "provider"]);

const blocks = globSync("*.tf", { cwd: asset("deploy/terraform/oci") })
  .flatMap((file) => readHcl(readFileSync(asset(`deploy/terraform/oci/${file}`), "utf8")))
  .filter(({ type }) => type === "resource" || type === "data");

/** What is wrong with the names of a block: unknown ones, and required ones that are missing. */
function faultsOf(block: Block, shape: Shape, place: string): string[] {
  const given = new Set([...block.values.keys(), ...block.blocks.map(({ type }) => type)]);
  return [
    ...[...given].filter((name) => !shape.names.has(name) && !OWN.has(name)).map((name) => `${place}: ${name} is not known`),
    ...[...shape.required].filter((name) => !given.has(name)).map((name) => `${place}: ${name} is missing`),
    ...block.blocks.flatMap((inner) => {
      const own = shape.block(inner.type);
      return own === undefined ? [`${place}: ${inner.type} is no block`] : faultsOf(inner, own, `${place}.${inner.type}`);
    }),
  ];
}

const shapeOf = (kind: string): Shape => provider().shape(...(TYPES[kind] ?? ["", `nothing that describes ${kind}`]));

test.each(blocks.map((block) => [block.labels.join("."), block] as const))("the provider takes %s", (name, block) => {
  expect(faultsOf(block, shapeOf(block.labels[0] ?? ""), name)).toEqual([]);
});

test("a name that is wrong, one that is missing and a block that is none are seen", () => {
  const [bucket] = readHcl(
    'resource "oci_objectstorage_bucket" "x" {\n  compartment_id = "a"\n  names = "b"\n  metadata {\n  }\n}\n',
  );
  expect(faultsOf(bucket as Block, shapeOf("oci_objectstorage_bucket"), "x")).toEqual([
    "x: names is not known",
    "x: namespace is missing",
    "x: metadata is no block",
  ]);
});
