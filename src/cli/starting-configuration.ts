import { stringify } from "yaml";

/** What a configuration to start from is made of. */
export interface Answers {
  readonly source: keyof typeof SOURCES;
  readonly bucket: string;
  readonly namespace?: string;
  readonly region?: string;
  readonly sink: keyof typeof SINKS;
  readonly to?: string;
  readonly logGroup?: string;
  readonly slack: boolean;
}

export const SOURCES = {
  oci: "OCI VCN flow logs in Object Storage",
  ibm: "IBM Flow Logs for VPC in Cloud Object Storage",
  aws: "AWS VPC flow logs in S3",
  directory: "a folder of this machine",
};

export const SINKS = {
  otlp: "any OTLP receiver",
  "log-analytics": "OCI Log Analytics",
  "ibm-cloud-logs": "IBM Cloud Logs",
  ndjson: "a file, a JSON object a line",
};

/** The text of a configuration, with comments. */
export function configurationOf(answers: Answers): string {
  const { slack } = answers;
  return `# What flowferry reads, what it adds to each flow, and where flows go.
# Try it with \`flowferry check\`, run it with \`flowferry run\`. Every option: \`flowferry schema --markdown\`.
# Paths start at the folder of this file. \${NAME} is a variable of the environment, \${file:/path} what is in a file.
# yaml-language-server: $schema=node_modules/flowferry/src/config/schema.json

${sourceOf(answers)}
# What addresses and networks are called. Write your own into these tables: a change is taken up within seconds.
enrich:
  servers: lookups/servers.csv
  networks: lookups/networks.csv
  subnets: lookups/subnets.csv
  approvedDestinations: lookups/approved-destinations.csv

${sinkOf(answers)}
# Rules look at every flow, and somebody is told of what they find. \`flowferry rules list\` shows them, \`flowferry alerts test\` tries the way.
${
  slack
    ? `alerts:
  slack: { webhookUrl: "\${SLACK_WEBHOOK_URL}" }
  minLevel: medium
  # Flows older than this tell nobody, so that a backfill is no news.
  lateness: 1h
`
    : `# alerts:
#   slack: { webhookUrl: "\${SLACK_WEBHOOK_URL}" }
#   minLevel: medium
`
}
# The worker's memory: how far each sink is, and what was set aside.
ledger: { path: flowferry.db }

# Metrics, health and the status page, for this machine alone.
# telemetry: { listen: 127.0.0.1:9464 }
`;
}

/** Variables of the environment that the configuration needs. */
export function variablesOf(answers: Answers): string[] {
  const needed = [...configurationOf(answers).matchAll(/^[^#\n]*\$\{([A-Z_]+)\}/gm)].map(([, name = ""]) => name);
  return [...new Set(needed)];
}

/** A value as YAML has it within a line. */
const word = (text: string | undefined) => stringify(text ?? "", { lineWidth: 0 }).trimEnd();

function sourceOf({ source, bucket, namespace, region }: Answers): string {
  if (source === "oci") {
    return `source:
  type: oci-object-storage
  namespace: ${word(namespace)}
  bucket: ${word(bucket)}
  # Or instance-principal, session-token, resource-principal, oke-workload-identity.
  auth: { type: config-file }
`;
  }
  if (source === "ibm") {
    return `source:
  type: s3
  bucket: ${word(bucket)}
  # The public endpoint; within IBM Cloud the direct one costs nothing: https://s3.direct.<region>.cloud-object-storage.appdomain.cloud
  endpoint: ${word(`https://s3.${region}.cloud-object-storage.appdomain.cloud`)}
  region: ${word(region)}
  # A key whose service ID has the roles Object Reader and Content Reader on the bucket.
  auth: { type: ibm-iam, apiKey: "\${IBMCLOUD_API_KEY}" }
`;
  }
  if (source === "aws") {
    return `# Credentials are what the AWS SDK finds: environment, profile, role. They need s3:ListBucket and s3:GetObject.
source:
  type: s3
  bucket: ${word(bucket)}
  region: ${word(region)}
`;
  }
  return `source:
  type: directory
  path: ${word(bucket)}
`;
}

function sinkOf({ sink, to, namespace, logGroup }: Answers): string {
  if (sink === "log-analytics") {
    return `sinks:
  - type: log-analytics
    namespace: ${word(namespace)}
    logGroupId: ${word(logGroup)}
    auth: { type: config-file }
`;
  }
  if (sink === "ibm-cloud-logs") {
    return `sinks:
  - type: ibm-cloud-logs
    endpoint: ${word(to)}
    # A key whose service ID has the role Sender on the instance.
    auth: { type: ibm-iam, apiKey: "\${IBMCLOUD_API_KEY}" }
`;
  }
  if (sink === "ndjson") {
    return `sinks:
  - type: ndjson
    path: ${word(to)}
`;
  }
  return `sinks:
  - type: otlp
    endpoint: ${word(to)}
    # headers: { authorization: "Bearer \${OTLP_TOKEN}" }
`;
}
