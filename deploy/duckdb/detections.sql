-- Detections as views over flows that an ndjson sink with schema otel has written. In DuckDB:
--   SET VARIABLE flows = 'out/*.ndjson';
--   .read deploy/duckdb/detections.sql
--   FROM ssh_accepted_from_outside;
-- COPY (FROM flows) TO 'flows.parquet' makes an archive; CREATE OR REPLACE VIEW flows AS FROM 'flows.parquet' reads it.
CREATE OR REPLACE VIEW flows AS
SELECT
  timestamp AS time,
  resource."cloud.provider",
  resource."cloud.account.id",
  resource."cloud.region",
  resource."flow.vcn.id",
  attributes."log.record.uid",
  attributes."source.address",
  attributes."source.port",
  attributes."destination.address",
  attributes."destination.port",
  attributes."flow.bytes",
  attributes."flow.packets",
  attributes."flow.start",
  attributes."flow.end",
  attributes."flow.action",
  attributes."flow.status",
  attributes."flow.protocol.number",
  attributes."flow.protocol.name",
  attributes."network.transport",
  attributes."network.type",
  attributes."network.io.direction",
  attributes."flow.direction",
  attributes."flow.traffic_type",
  attributes."flow.initiator",
  attributes."flow.source.zone",
  attributes."flow.destination.zone",
  attributes."flow.source.service",
  attributes."flow.destination.service",
  attributes."flow.source.server",
  attributes."flow.source.network",
  attributes."source.geo.country.iso_code",
  attributes."source.as.number",
  attributes."source.as.organization.name",
  attributes."flow.destination.server",
  attributes."flow.destination.network",
  attributes."flow.destination.approved",
  attributes."destination.geo.country.iso_code",
  attributes."destination.as.number",
  attributes."destination.as.organization.name",
  attributes."flow.reverse.bytes",
  attributes."flow.reverse.packets",
  attributes."flow.cumulative.bytes",
  attributes."flow.cumulative.packets",
  attributes."flow.cumulative.reverse.bytes",
  attributes."flow.cumulative.reverse.packets",
  attributes."flow.connection.start",
  attributes."flow.connection.initiated",
  attributes."flow.connection.terminated",
  attributes."flow.id",
  attributes."flow.tcp.flags",
  attributes."flow.packet.source.address",
  attributes."flow.packet.destination.address",
  attributes."flow.source.cloud_service",
  attributes."flow.destination.cloud_service",
  attributes."flow.traffic_path",
  attributes."flow.reject_reason",
  attributes."flow.encryption",
  attributes."flow.rule.status",
  attributes."flow.rule.kind",
  attributes."flow.rule.list.name",
  attributes."flow.rule.list.id",
  attributes."flow.rule.index",
  attributes."flow.rule.text",
  attributes."flow.rule.stateless",
  attributes."flow.rule.reply",
  attributes."flow.rule.partial",
  attributes."flow.rule.version",
  attributes."flow.detections",
  attributes."flow.subnet.id",
  attributes."flow.subnet.name",
  attributes."flow.vnic.id",
  attributes."flow.vnic.public_ip",
  attributes."host.id",
  attributes."cloud.availability_zone",
  attributes."flow.compartment.id",
  attributes."flow.capture_filter.id",
  attributes."flow.resource.id",
  attributes."flow.resource.type",
  attributes."flow.resource.managed",
  attributes."flow.collector.id",
  attributes."flow.log.version",
  attributes."flow.capture.start",
  attributes."flow.capture.end",
  attributes."flow.capture.state",
  attributes."flow.capture.records",
  attributes."flow.record_type",
  attributes."flow.stream.id",
  attributes."log.file.path",
  attributes."flow.lookups.version",
  attributes."flow.sampling.rate",
  attributes."flow.aggregated.records",
  attributes."flow.source.role",
  attributes."flow.destination.role"
FROM read_json(
  getvariable('flows'),
  format = 'newline_delimited',
  columns = {
    timestamp: 'TIMESTAMP',
    resource: 'STRUCT("cloud.provider" VARCHAR, "cloud.account.id" VARCHAR, "cloud.region" VARCHAR, "flow.vcn.id" VARCHAR)',
    attributes: 'STRUCT("log.record.uid" VARCHAR, "source.address" VARCHAR, "source.port" UBIGINT, "destination.address" VARCHAR, "destination.port" UBIGINT, "flow.bytes" UBIGINT, "flow.packets" UBIGINT, "flow.start" UBIGINT, "flow.end" UBIGINT, "flow.action" VARCHAR, "flow.status" VARCHAR, "flow.protocol.number" UBIGINT, "flow.protocol.name" VARCHAR, "network.transport" VARCHAR, "network.type" VARCHAR, "network.io.direction" VARCHAR, "flow.direction" VARCHAR, "flow.traffic_type" VARCHAR, "flow.initiator" VARCHAR, "flow.source.zone" VARCHAR, "flow.destination.zone" VARCHAR, "flow.source.service" VARCHAR, "flow.destination.service" VARCHAR, "flow.source.server" VARCHAR, "flow.source.network" VARCHAR, "source.geo.country.iso_code" VARCHAR, "source.as.number" UBIGINT, "source.as.organization.name" VARCHAR, "flow.destination.server" VARCHAR, "flow.destination.network" VARCHAR, "flow.destination.approved" VARCHAR, "destination.geo.country.iso_code" VARCHAR, "destination.as.number" UBIGINT, "destination.as.organization.name" VARCHAR, "flow.reverse.bytes" UBIGINT, "flow.reverse.packets" UBIGINT, "flow.cumulative.bytes" UBIGINT, "flow.cumulative.packets" UBIGINT, "flow.cumulative.reverse.bytes" UBIGINT, "flow.cumulative.reverse.packets" UBIGINT, "flow.connection.start" UBIGINT, "flow.connection.initiated" BOOLEAN, "flow.connection.terminated" BOOLEAN, "flow.id" VARCHAR, "flow.tcp.flags" UBIGINT, "flow.packet.source.address" VARCHAR, "flow.packet.destination.address" VARCHAR, "flow.source.cloud_service" VARCHAR, "flow.destination.cloud_service" VARCHAR, "flow.traffic_path" UBIGINT, "flow.reject_reason" VARCHAR, "flow.encryption" UBIGINT, "flow.rule.status" VARCHAR, "flow.rule.kind" VARCHAR, "flow.rule.list.name" VARCHAR, "flow.rule.list.id" VARCHAR, "flow.rule.index" UBIGINT, "flow.rule.text" VARCHAR, "flow.rule.stateless" BOOLEAN, "flow.rule.reply" BOOLEAN, "flow.rule.partial" BOOLEAN, "flow.rule.version" VARCHAR, "flow.detections" VARCHAR[], "flow.subnet.id" VARCHAR, "flow.subnet.name" VARCHAR, "flow.vnic.id" VARCHAR, "flow.vnic.public_ip" VARCHAR, "host.id" VARCHAR, "cloud.availability_zone" VARCHAR, "flow.compartment.id" VARCHAR, "flow.capture_filter.id" VARCHAR, "flow.resource.id" VARCHAR, "flow.resource.type" VARCHAR, "flow.resource.managed" BOOLEAN, "flow.collector.id" VARCHAR, "flow.log.version" VARCHAR, "flow.capture.start" UBIGINT, "flow.capture.end" UBIGINT, "flow.capture.state" VARCHAR, "flow.capture.records" UBIGINT, "flow.record_type" VARCHAR, "flow.stream.id" VARCHAR, "log.file.path" VARCHAR, "flow.lookups.version" VARCHAR, "flow.sampling.rate" UBIGINT, "flow.aggregated.records" UBIGINT, "flow.source.role" VARCHAR, "flow.destination.role" VARCHAR)'
  }
);

-- Accepted on one side, rejected on the other (low)
CREATE OR REPLACE VIEW "accepted_here_rejected_there" AS
WITH "attempt_let_out" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.direction" = 'egress' AND "flow.traffic_type" = 'east-west' AND "flow.protocol.number" = 6 AND "flow.packets" <= 6 AND "flow.bytes" <= 360
),
"attempt_rejected" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'reject' AND "flow.direction" = 'ingress' AND "flow.traffic_type" = 'east-west' AND "flow.protocol.number" = 6
),
"accepted_here_rejected_there parts" AS (
  SELECT *, 0 AS part, "source.address"::VARCHAR AS key_1, "source.port"::VARCHAR AS key_2, "destination.address"::VARCHAR AS key_3, "destination.port"::VARCHAR AS key_4 FROM "attempt_let_out"
  UNION ALL
  SELECT *, 1 AS part, "source.address"::VARCHAR AS key_1, "source.port"::VARCHAR AS key_2, "destination.address"::VARCHAR AS key_3, "destination.port"::VARCHAR AS key_4 FROM "attempt_rejected"
),
"accepted_here_rejected_there" AS (
  SELECT * EXCLUDE (part, key_1, key_2, key_3, key_4) FROM "accepted_here_rejected_there parts"
  QUALIFY count(DISTINCT part) OVER (PARTITION BY key_1, key_2, key_3, key_4 ORDER BY time RANGE BETWEEN INTERVAL 2 MINUTES PRECEDING AND CURRENT ROW) >= 2
)
SELECT * FROM "accepted_here_rejected_there";

-- Scan of many ports of many hosts (medium)
CREATE OR REPLACE VIEW "block_scan" AS
WITH "port_probe" AS (
  SELECT * FROM flows
  WHERE (("flow.action" = 'reject' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (6, 17)) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" <= 3 AND "flow.bytes" < 200) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 17 AND "flow.packets" <= 2 AND "flow.bytes" < 200)) AND (("flow.protocol.number" = 17) IS NOT TRUE OR ("destination.port" IN (53, 67, 123, 137, 138, 514, 5353)) IS NOT TRUE) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"block_scan" AS (
  SELECT * FROM "port_probe"
  WHERE ("destination.address" || ' ' || "destination.port") IS NOT NULL
  QUALIFY count(DISTINCT ("destination.address" || ' ' || "destination.port")) OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 5 MINUTES PRECEDING AND CURRENT ROW) >= 60
)
SELECT * FROM "block_scan";

-- Brute force against a login (medium)
CREATE OR REPLACE VIEW "brute_force" AS
WITH "login_attempt" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 902, 2222, 3389, 5900, 5985, 5986) AND "flow.packets" >= 6 AND "flow.packets" <= 60
),
"brute_force" AS (
  SELECT * FROM "login_attempt"
  WHERE "source.port" IS NOT NULL
  QUALIFY count(DISTINCT "source.port") OVER (PARTITION BY "source.address", "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 30
)
SELECT * FROM "brute_force";

-- Brute force that may have succeeded (high)
CREATE OR REPLACE VIEW "brute_force_succeeded" AS
WITH "login_guess" AS (
  SELECT * FROM flows
  WHERE ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 902, 2222, 3389, 5900, 5985, 5986) AND "flow.packets" >= 6 AND "flow.packets" <= 60) OR ("flow.action" = 'reject' AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 902, 2222, 3389, 5900, 5985, 5986))
),
"repeated_guesses" AS (
  SELECT * FROM "login_guess"
  WHERE "source.port" IS NOT NULL
  QUALIFY count(DISTINCT "source.port") OVER (PARTITION BY "source.address", "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 10
),
"login_session" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 902, 2222, 3389, 5900, 5985, 5986) AND "flow.packets" > 60
),
"brute_force_succeeded parts" AS (
  SELECT *, 0 AS part, "source.address"::VARCHAR AS key_1, "destination.address"::VARCHAR AS key_2, "destination.port"::VARCHAR AS key_3 FROM "repeated_guesses"
  UNION ALL
  SELECT *, 1 AS part, "source.address"::VARCHAR AS key_1, "destination.address"::VARCHAR AS key_2, "destination.port"::VARCHAR AS key_3 FROM "login_session"
),
"brute_force_succeeded" AS (
  SELECT * EXCLUDE (part, began, key_1, key_2, key_3) FROM (
    SELECT * REPLACE (CASE WHEN part = 1 THEN max(began) OVER (PARTITION BY key_1, key_2, key_3 ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) END AS began) FROM (
      SELECT *, CASE WHEN part = 0 THEN time END AS began FROM "brute_force_succeeded parts"
    )
  )
  WHERE part = 1 AND time - began <= INTERVAL 1 HOURS
)
SELECT * FROM "brute_force_succeeded";

-- Clear-text protocol accepted (low)
CREATE OR REPLACE VIEW "clear_text_accepted" AS
WITH "clear_text_accepted" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND ("destination.port" IN (20, 21, 23, 69, 110, 143, 512, 513) OR ("flow.traffic_type" = 'north-south' AND "destination.port" IN (161, 162, 389, 514, 1883)))
)
SELECT * FROM "clear_text_accepted";

-- Connection back to a scanner (high)
CREATE OR REPLACE VIEW "connect_back" AS
WITH "rejected_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'reject' AND "flow.source.zone" = 'external' AND "flow.protocol.number" IN (6, 17)
),
"outsider_probes" AS (
  SELECT * FROM "rejected_from_outside"
  WHERE "destination.port" IS NOT NULL
  QUALIFY count(DISTINCT "destination.port") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 10 MINUTES PRECEDING AND CURRENT ROW) >= 5
),
"connected_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "source.port" >= 32768 AND "destination.port" >= 1 AND ("destination.port" IN (53, 80, 123, 443, 853)) IS NOT TRUE
),
"connect_back parts" AS (
  SELECT *, 0 AS part, "source.address"::VARCHAR AS key_1 FROM "outsider_probes"
  UNION ALL
  SELECT *, 1 AS part, "destination.address"::VARCHAR AS key_1 FROM "connected_outside"
),
"connect_back" AS (
  SELECT * EXCLUDE (part, began, key_1) FROM (
    SELECT * REPLACE (CASE WHEN part = 1 THEN max(began) OVER (PARTITION BY key_1 ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) END AS began) FROM (
      SELECT *, CASE WHEN part = 0 THEN time END AS began FROM "connect_back parts"
    )
  )
  WHERE part = 1 AND time - began <= INTERVAL 1 HOURS
)
SELECT * FROM "connect_back";

-- Container or cluster API accepted from outside (high)
CREATE OR REPLACE VIEW "container_api_accepted_from_outside" AS
WITH "container_api_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (2375, 2376, 2379, 2380, 6443, 10250, 10255)
)
SELECT * FROM "container_api_accepted_from_outside";

-- Container APIs of many hosts (medium)
CREATE OR REPLACE VIEW "container_api_fanout" AS
WITH "container_api_inside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 3 AND "destination.port" IN (2375, 2376, 2379) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"container_api_fanout" AS (
  SELECT * FROM "container_api_inside"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 5
)
SELECT * FROM "container_api_fanout";

-- Database accepted from outside (high)
CREATE OR REPLACE VIEW "database_accepted_from_outside" AS
WITH "database_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (1433, 1521, 2483, 2484, 3306, 5432, 5984, 6379, 9042, 9200, 9300, 11211, 27017)
)
SELECT * FROM "database_accepted_from_outside";

-- Brute force from many sources (medium)
CREATE OR REPLACE VIEW "distributed_brute_force" AS
WITH "login_attempt_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 902, 2222, 3389, 5900, 5985, 5986) AND "flow.packets" >= 6 AND "flow.packets" <= 60
),
"distributed_brute_force" AS (
  SELECT * FROM "login_attempt_from_outside"
  WHERE "source.address" IS NOT NULL
  QUALIFY count(DISTINCT "source.address") OVER (PARTITION BY "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 20
)
SELECT * FROM "distributed_brute_force";

-- High volume of DNS (low)
CREATE OR REPLACE VIEW "dns_high_volume" AS
WITH "dns_query" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "destination.port" = 53
),
"dns_high_volume" AS (
  SELECT * FROM "dns_query"
  QUALIFY count(*) OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 10 MINUTES PRECEDING AND CURRENT ROW) >= 2000
)
SELECT * FROM "dns_high_volume";

-- Many long questions for names (medium)
CREATE OR REPLACE VIEW "dns_long_questions" AS
WITH "dns_long_question" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.protocol.number" = 17 AND "destination.port" = 53 AND ("flow.bytes"::DOUBLE / nullif("flow.packets", 0)) >= 150 AND (lower("flow.source.role") IN ('dns', 'domain-controller')) IS NOT TRUE
),
"dns_long_questions" AS (
  SELECT * FROM "dns_long_question"
  WHERE "flow.bytes" > 0
  QUALIFY sum("flow.bytes") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 150000
)
SELECT * FROM "dns_long_questions";

-- DNS to a server off the list (low)
CREATE OR REPLACE VIEW "dns_off_list" AS
WITH "dns_off_list" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (6, 17) AND "destination.port" IN (53, 853) AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
)
SELECT * FROM "dns_off_list";

-- Much data in questions for names (medium)
CREATE OR REPLACE VIEW "dns_tunnel" AS
WITH "dns_request" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.protocol.number" IN (6, 17) AND "destination.port" = 53 AND (lower("flow.source.role") IN ('dns', 'domain-controller')) IS NOT TRUE
),
"dns_tunnel" AS (
  SELECT * FROM "dns_request"
  WHERE "flow.bytes" > 0
  QUALIFY sum("flow.bytes") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 30 MINUTES PRECEDING AND CURRENT ROW) >= 400000
)
SELECT * FROM "dns_tunnel";

-- Data to the outside by an unusual protocol (medium)
CREATE OR REPLACE VIEW "exfiltration_by_other_protocol" AS
WITH "bulk_by_other_protocol" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "flow.bytes" >= 100000 AND ("destination.port" IN (25, 80, 443, 465, 587, 993, 8080, 8443)) IS NOT TRUE AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
),
"exfiltration_by_other_protocol" AS (
  SELECT * FROM "bulk_by_other_protocol"
  WHERE "flow.bytes" > 0
  QUALIFY sum("flow.bytes") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 300000000
)
SELECT * FROM "exfiltration_by_other_protocol";

-- Much data to one address in a day (medium)
CREATE OR REPLACE VIEW "exfiltration_of_a_day" AS
WITH "bulk_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.bytes" >= 1000000 AND (("flow.protocol.number" = 17) IS NOT TRUE OR ("destination.port" IN (500, 1194, 4500, 51820)) IS NOT TRUE) AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
),
"exfiltration_of_a_day" AS (
  SELECT * FROM "bulk_outside"
  WHERE "flow.bytes" > 0
  QUALIFY sum("flow.bytes") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 4000000000
)
SELECT * FROM "exfiltration_of_a_day";

-- Data to many addresses outside (medium)
CREATE OR REPLACE VIEW "exfiltration_to_many" AS
WITH "upload_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "flow.bytes" >= 3000000 AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
),
"exfiltration_to_many" AS (
  SELECT * FROM "upload_outside"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 40
)
SELECT * FROM "exfiltration_to_many";

-- Much data to the outside (high)
CREATE OR REPLACE VIEW "exfiltration_volume" AS
WITH "bulk_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.bytes" >= 1000000 AND (("flow.protocol.number" = 17) IS NOT TRUE OR ("destination.port" IN (500, 1194, 4500, 51820)) IS NOT TRUE) AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
),
"exfiltration_volume" AS (
  SELECT * FROM "bulk_outside"
  WHERE "flow.bytes" > 0
  QUALIFY sum("flow.bytes") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 3000000000
)
SELECT * FROM "exfiltration_volume";

-- Scan from outside (low)
CREATE OR REPLACE VIEW "external_scan" AS
WITH "rejected_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'reject' AND "flow.source.zone" = 'external' AND "flow.protocol.number" IN (6, 17)
),
"external_scan" AS (
  SELECT * FROM "rejected_from_outside"
  WHERE "destination.port" IS NOT NULL
  QUALIFY count(DISTINCT "destination.port") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 5 MINUTES PRECEDING AND CURRENT ROW) >= 15
)
SELECT * FROM "external_scan";

-- Flows lost before the bucket (low)
CREATE OR REPLACE VIEW "flows_lost" AS
WITH "flows_lost" AS (
  SELECT * FROM flows
  WHERE "flow.status" = 'SKIPDATA'
)
SELECT * FROM "flows_lost";

-- FTP accepted from outside (medium)
CREATE OR REPLACE VIEW "ftp_accepted_from_outside" AS
WITH "ftp_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (20, 21)
)
SELECT * FROM "ftp_accepted_from_outside";

-- Horizontal scan inside (medium)
CREATE OR REPLACE VIEW "horizontal_scan" AS
WITH "port_probe" AS (
  SELECT * FROM flows
  WHERE (("flow.action" = 'reject' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (6, 17)) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" <= 3 AND "flow.bytes" < 200) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 17 AND "flow.packets" <= 2 AND "flow.bytes" < 200)) AND (("flow.protocol.number" = 17) IS NOT TRUE OR ("destination.port" IN (53, 67, 123, 137, 138, 514, 5353)) IS NOT TRUE) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"horizontal_scan" AS (
  SELECT * FROM "port_probe"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 5 MINUTES PRECEDING AND CURRENT ROW) >= 25
)
SELECT * FROM "horizontal_scan";

-- Sweep of hosts on administration ports (medium)
CREATE OR REPLACE VIEW "host_sweep" AS
WITH "admin_port_contact" AS (
  SELECT * FROM flows
  WHERE "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" <= 5 AND "destination.port" IN (22, 23, 135, 139, 445, 3389, 5900, 5985, 5986) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"host_sweep" AS (
  SELECT * FROM "admin_port_contact"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 9 MINUTES PRECEDING AND CURRENT ROW) >= 100
)
SELECT * FROM "host_sweep";

-- Data in echo requests to the outside (medium)
CREATE OR REPLACE VIEW "icmp_payload" AS
WITH "icmp_with_payload" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (1, 58) AND ("flow.bytes"::DOUBLE / nullif("flow.packets", 0)) >= 200
),
"icmp_payload" AS (
  SELECT * FROM "icmp_with_payload"
  WHERE "flow.bytes" > 0
  QUALIFY sum("flow.bytes") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 150000
)
SELECT * FROM "icmp_payload";

-- Sweep by ICMP (medium)
CREATE OR REPLACE VIEW "icmp_sweep" AS
WITH "icmp_probe" AS (
  SELECT * FROM flows
  WHERE "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (1, 58) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"icmp_sweep" AS (
  SELECT * FROM "icmp_probe"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 5 MINUTES PRECEDING AND CURRENT ROW) >= 50
)
SELECT * FROM "icmp_sweep";

-- Much data by ICMP to the outside (medium)
CREATE OR REPLACE VIEW "icmp_tunnel" AS
WITH "icmp_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (1, 58)
),
"icmp_tunnel" AS (
  SELECT * FROM "icmp_outside"
  WHERE "flow.bytes" > 0
  QUALIFY sum("flow.bytes") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 1000000
)
SELECT * FROM "icmp_tunnel";

-- Inbound port off the list (low)
CREATE OR REPLACE VIEW "inbound_port_off_list" AS
WITH "inbound_port_off_list" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (6, 17) AND "destination.port" >= 1 AND "destination.port" < 32768 AND ("destination.port" IN (25, 53, 80, 123, 443, 500, 1194, 4500, 8080, 8443)) IS NOT TRUE AND ("destination.port" IN (20, 21, 22, 23, 111, 135, 139, 445, 593, 1433, 1521, 2323, 2375, 2376, 2379, 2380, 2483, 2484, 3306, 3389, 5432, 5900, 5901, 5902, 5903, 5984, 6379, 6443, 9042, 9200, 9300, 10250, 10255, 11211, 27017)) IS NOT TRUE AND ("destination.port" IN (67, 68)) IS NOT TRUE
)
SELECT * FROM "inbound_port_off_list";

-- Connection that is kept open (medium)
CREATE OR REPLACE VIEW "kept_connection" AS
WITH "connection_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "destination.port" >= 1 AND "destination.port" < 32768 AND ("destination.port" IN (80, 443, 465, 587, 853, 993, 995, 1194, 1883, 4500, 5061, 5222, 5223, 5228, 5229, 5230, 5269, 5671, 8883, 9092, 9093, 9997)) IS NOT TRUE AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
),
"kept_connection" AS (
  SELECT * FROM "connection_outside"
  WHERE (epoch_ms(time) // 3600000) IS NOT NULL
  QUALIFY count(DISTINCT (epoch_ms(time) // 3600000)) OVER (PARTITION BY "source.address", "source.port", "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 12 HOURS PRECEDING AND CURRENT ROW) >= 7
)
SELECT * FROM "kept_connection";

-- Rejected from outside, then let in elsewhere (high)
CREATE OR REPLACE VIEW "knock_then_access" AS
WITH "rejected_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'reject' AND "flow.source.zone" = 'external' AND "flow.protocol.number" IN (6, 17)
),
"knocked_from_outside" AS (
  SELECT * FROM "rejected_from_outside"
  WHERE "destination.port" IS NOT NULL
  QUALIFY count(DISTINCT "destination.port") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 3
),
"unusual_session_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 10 AND ("destination.port" IN (25, 53, 80, 443, 465, 587, 853, 993, 995)) IS NOT TRUE
),
"knock_then_access parts" AS (
  SELECT *, 0 AS part, "source.address"::VARCHAR AS key_1, "destination.address"::VARCHAR AS key_2 FROM "knocked_from_outside"
  UNION ALL
  SELECT *, 1 AS part, "source.address"::VARCHAR AS key_1, "destination.address"::VARCHAR AS key_2 FROM "unusual_session_from_outside"
),
"knock_then_access" AS (
  SELECT * EXCLUDE (part, began, key_1, key_2) FROM (
    SELECT * REPLACE (CASE WHEN part = 1 THEN max(began) OVER (PARTITION BY key_1, key_2 ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) END AS began) FROM (
      SELECT *, CASE WHEN part = 0 THEN time END AS began FROM "knock_then_access parts"
    )
  )
  WHERE part = 1 AND time - began <= INTERVAL 1 HOURS
)
SELECT * FROM "knock_then_access";

-- Large ICMP packets to the outside (medium)
CREATE OR REPLACE VIEW "large_icmp_outbound" AS
WITH "large_icmp_outbound" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (1, 58) AND (("flow.packets" = 1 AND "flow.bytes" > 1000) OR ("flow.packets" <= 3 AND "flow.bytes" > 3000) OR ("flow.packets" <= 10 AND "flow.bytes" > 10000) OR ("flow.packets" <= 30 AND "flow.bytes" > 30000) OR ("flow.packets" <= 100 AND "flow.bytes" > 100000) OR ("flow.packets" <= 1000 AND "flow.bytes" > 1000000))
)
SELECT * FROM "large_icmp_outbound";

-- Large transfer to the outside (medium)
CREATE OR REPLACE VIEW "large_transfer" AS
WITH "large_transfer" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND (("flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.bytes" > 500000000 AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL) OR ("flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.reverse.bytes" > 500000000))
)
SELECT * FROM "large_transfer";

-- From one login to the next (high)
CREATE OR REPLACE VIEW "lateral_chain" AS
WITH "admin_session_in" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 5 AND "destination.port" IN (22, 3389, 5985, 5986) AND (lower("flow.destination.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE AND (lower("flow.source.role") IN ('automation', 'monitoring', 'metrics', 'scanner', 'backup')) IS NOT TRUE
),
"lasting_session_in" AS (
  SELECT * FROM "admin_session_in"
  WHERE "flow.packets" > 0
  QUALIFY sum("flow.packets") OVER (PARTITION BY "source.address", "source.port", "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 15 MINUTES PRECEDING AND CURRENT ROW) >= 100
),
"admin_session_out" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 5 AND "destination.port" IN (22, 3389, 5985, 5986) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"lasting_session_out" AS (
  SELECT * FROM "admin_session_out"
  WHERE "flow.packets" > 0
  QUALIFY sum("flow.packets") OVER (PARTITION BY "source.address", "source.port", "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 15 MINUTES PRECEDING AND CURRENT ROW) >= 100
),
"lateral_chain parts" AS (
  SELECT *, 0 AS part, "destination.address"::VARCHAR AS key_1 FROM "lasting_session_in"
  UNION ALL
  SELECT *, 1 AS part, "source.address"::VARCHAR AS key_1 FROM "lasting_session_out"
),
"lateral_chain" AS (
  SELECT * EXCLUDE (part, began, key_1) FROM (
    SELECT * REPLACE (CASE WHEN part = 1 THEN max(began) OVER (PARTITION BY key_1 ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) END AS began) FROM (
      SELECT *, CASE WHEN part = 0 THEN time END AS began FROM "lateral_chain parts"
    )
  )
  WHERE part = 1 AND time - began <= INTERVAL 1 HOURS
)
SELECT * FROM "lateral_chain";

-- Logins on many internal hosts (medium)
CREATE OR REPLACE VIEW "lateral_fanout" AS
WITH "internal_admin_session" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 20 AND "destination.port" IN (22, 3389, 5985, 5986) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE AND (lower("flow.source.network") = 'vpn') IS NOT TRUE
),
"lateral_fanout" AS (
  SELECT * FROM "internal_admin_session"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 5
)
SELECT * FROM "lateral_fanout";

-- Rejected on an administration port again and again (low)
CREATE OR REPLACE VIEW "login_rejected" AS
WITH "rejected_admin_port" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'reject' AND "flow.protocol.number" = 6 AND "destination.port" IN (22, 23, 3389, 5900, 5985, 5986)
),
"login_rejected" AS (
  SELECT * FROM "rejected_admin_port"
  QUALIFY count(*) OVER (PARTITION BY "source.address", "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 10
)
SELECT * FROM "login_rejected";

-- Long connection with the outside (low)
CREATE OR REPLACE VIEW "long_connection" AS
WITH "long_connection" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.traffic_type" = 'north-south' AND ("flow.end"::HUGEINT - "flow.connection.start"::HUGEINT) >= 14400000 AND ("flow.destination.zone" IN ('provider', 'multicast', 'broadcast')) IS NOT TRUE
)
SELECT * FROM "long_connection";

-- Session that lasts for hours (low)
CREATE OR REPLACE VIEW "long_session" AS
WITH "session_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "source.port" >= 32768 AND "destination.port" < 32768
),
"long_session" AS (
  SELECT * FROM "session_outside"
  QUALIFY count(*) OVER (PARTITION BY "source.address", "source.port", "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 4 HOURS PRECEDING AND CURRENT ROW) >= 200
)
SELECT * FROM "long_session";

-- Outbound database connection (medium)
CREATE OR REPLACE VIEW "outbound_database" AS
WITH "outbound_database" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "destination.port" IN (1433, 1521, 3306, 5432, 6379, 9042, 9200, 11211, 27017)
)
SELECT * FROM "outbound_database";

-- Outbound LDAP (medium)
CREATE OR REPLACE VIEW "outbound_ldap" AS
WITH "outbound_ldap" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "destination.port" IN (389, 636, 1389, 3268, 3269)
)
SELECT * FROM "outbound_ldap";

-- Scan of hosts outside (medium)
CREATE OR REPLACE VIEW "outbound_scan" AS
WITH "outbound_probe" AS (
  SELECT * FROM flows
  WHERE (("flow.action" = 'reject' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (6, 17)) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "flow.packets" <= 3 AND "flow.bytes" < 200)) AND ("destination.port" IN (53, 80, 123, 443, 853)) IS NOT TRUE
),
"outbound_scan" AS (
  SELECT * FROM "outbound_probe"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 5 MINUTES PRECEDING AND CURRENT ROW) >= 25
)
SELECT * FROM "outbound_scan";

-- Outbound SMB (high)
CREATE OR REPLACE VIEW "outbound_smb" AS
WITH "outbound_smb" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "destination.port" IN (139, 445)
)
SELECT * FROM "outbound_smb";

-- Outbound SMTP (medium)
CREATE OR REPLACE VIEW "outbound_smtp" AS
WITH "outbound_smtp" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "destination.port" = 25 AND (lower("flow.source.role") IN ('mail', 'relay')) IS NOT TRUE
)
SELECT * FROM "outbound_smtp";

-- Password spraying over many hosts (medium)
CREATE OR REPLACE VIEW "password_spraying" AS
WITH "login_attempt_of_nobody" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 902, 2222, 3389, 5900, 5985, 5986) AND "flow.packets" >= 6 AND "flow.packets" <= 60 AND "flow.bytes" <= 6000 AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"password_spraying" AS (
  SELECT * FROM "login_attempt_of_nobody"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 25
)
SELECT * FROM "password_spraying";

-- Scan of IP protocols (medium)
CREATE OR REPLACE VIEW "protocol_scan" AS
WITH "unusual_protocol_tried" AS (
  SELECT * FROM flows
  WHERE "flow.protocol.number" >= 0 AND ("flow.protocol.number" IN (1, 6, 17, 58)) IS NOT TRUE
),
"protocol_scan" AS (
  SELECT * FROM "unusual_protocol_tried"
  WHERE "flow.protocol.number" IS NOT NULL
  QUALIFY count(DISTINCT "flow.protocol.number") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 10 MINUTES PRECEDING AND CURRENT ROW) >= 8
)
SELECT * FROM "protocol_scan";

-- A host that serves the outside logs in elsewhere (medium)
CREATE OR REPLACE VIEW "published_host_login" AS
WITH "session_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" = 'source' AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 4 AND ("destination.port" IN (22, 2222, 3389, 5985, 5986)) IS NOT TRUE
),
"login_of_published_host" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" = 'source' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 20 AND "destination.port" IN (22, 3389, 5985, 5986) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner', 'vpn', 'build', 'build-server', 'backup')) IS NOT TRUE
),
"published_host_login parts" AS (
  SELECT *, 0 AS part, "destination.address"::VARCHAR AS key_1 FROM "session_from_outside"
  UNION ALL
  SELECT *, 1 AS part, "source.address"::VARCHAR AS key_1 FROM "login_of_published_host"
),
"published_host_login" AS (
  SELECT * EXCLUDE (part, began, key_1) FROM (
    SELECT * REPLACE (CASE WHEN part = 1 THEN max(began) OVER (PARTITION BY key_1 ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) END AS began) FROM (
      SELECT *, CASE WHEN part = 0 THEN time END AS began FROM "published_host_login parts"
    )
  )
  WHERE part = 1 AND time - began <= INTERVAL 1 HOURS
)
SELECT * FROM "published_host_login";

-- Remote Desktop accepted from outside (high)
CREATE OR REPLACE VIEW "rdp_accepted_from_outside" AS
WITH "rdp_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" = 3389
)
SELECT * FROM "rdp_accepted_from_outside";

-- Outbound remote access tool (medium)
CREATE OR REPLACE VIEW "remote_access_tool_outbound" AS
WITH "remote_access_tool_outbound" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (6, 17) AND "destination.port" IN (4899, 5650, 5938, 6568, 7070, 21115, 21116, 21117)
)
SELECT * FROM "remote_access_tool_outbound";

-- RPC accepted from outside (high)
CREATE OR REPLACE VIEW "rpc_accepted_from_outside" AS
WITH "rpc_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (111, 135, 593)
)
SELECT * FROM "rpc_accepted_from_outside";

-- Scan, then access (high)
CREATE OR REPLACE VIEW "scan_then_access" AS
WITH "sensitive_port_probe" AS (
  SELECT * FROM flows
  WHERE "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 25, 110, 111, 135, 139, 143, 389, 445, 512, 513, 514, 1433, 1521, 2049, 2375, 3306, 3389, 5432, 5900, 5985, 6379, 9200, 11211, 27017) AND ("flow.action" = 'reject' OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.packets" <= 3 AND "flow.bytes" < 200))
),
"sensitive_ports_probed" AS (
  SELECT * FROM "sensitive_port_probe"
  WHERE "destination.port" IS NOT NULL
  QUALIFY count(DISTINCT "destination.port") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 MINUTES PRECEDING AND CURRENT ROW) >= 5
),
"sensitive_session" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.protocol.number" = 6 AND "flow.packets" > 10 AND "destination.port" IN (21, 22, 23, 25, 110, 111, 135, 139, 143, 389, 445, 512, 513, 514, 1433, 1521, 2049, 2375, 3306, 3389, 5432, 5900, 5985, 6379, 9200, 11211, 27017)
),
"scan_then_access parts" AS (
  SELECT *, 0 AS part, "source.address"::VARCHAR AS key_1, "destination.address"::VARCHAR AS key_2 FROM "sensitive_ports_probed"
  UNION ALL
  SELECT *, 1 AS part, "source.address"::VARCHAR AS key_1, "destination.address"::VARCHAR AS key_2 FROM "sensitive_session"
),
"scan_then_access" AS (
  SELECT * EXCLUDE (part, began, key_1, key_2) FROM (
    SELECT * REPLACE (CASE WHEN part = 1 THEN max(began) OVER (PARTITION BY key_1, key_2 ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) END AS began) FROM (
      SELECT *, CASE WHEN part = 0 THEN time END AS began FROM "scan_then_access parts"
    )
  )
  WHERE part = 1 AND time - began <= INTERVAL 1 HOURS
)
SELECT * FROM "scan_then_access";

-- Scan of sensitive ports (medium)
CREATE OR REPLACE VIEW "sensitive_port_scan" AS
WITH "sensitive_port_probe_inside" AS (
  SELECT * FROM flows
  WHERE "flow.source.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 25, 110, 111, 135, 139, 143, 389, 445, 512, 513, 514, 1433, 1521, 2049, 2375, 3306, 3389, 5432, 5900, 5985, 6379, 9200, 11211, 27017) AND ("flow.action" = 'reject' OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.packets" <= 3 AND "flow.bytes" < 200))
),
"sensitive_port_scan" AS (
  SELECT * FROM "sensitive_port_probe_inside"
  WHERE "destination.port" IS NOT NULL
  QUALIFY count(DISTINCT "destination.port") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 MINUTES PRECEDING AND CURRENT ROW) >= 5
)
SELECT * FROM "sensitive_port_scan";

-- Brute force from several sources, low and slow (medium)
CREATE OR REPLACE VIEW "slow_distributed_brute_force" AS
WITH "other_login_attempt_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (23, 902, 3389, 5900, 5985, 5986) AND "flow.packets" >= 6 AND "flow.packets" <= 60
),
"slow_distributed_brute_force" AS (
  SELECT * FROM "other_login_attempt_from_outside"
  WHERE "source.port" IS NOT NULL
  QUALIFY count(DISTINCT "source.port") OVER (PARTITION BY "destination.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 100
)
SELECT * FROM "slow_distributed_brute_force";

-- Slow horizontal scan inside (medium)
CREATE OR REPLACE VIEW "slow_horizontal_scan" AS
WITH "port_probe" AS (
  SELECT * FROM flows
  WHERE (("flow.action" = 'reject' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (6, 17)) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" <= 3 AND "flow.bytes" < 200) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 17 AND "flow.packets" <= 2 AND "flow.bytes" < 200)) AND (("flow.protocol.number" = 17) IS NOT TRUE OR ("destination.port" IN (53, 67, 123, 137, 138, 514, 5353)) IS NOT TRUE) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"slow_horizontal_scan" AS (
  SELECT * FROM "port_probe"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 100
)
SELECT * FROM "slow_horizontal_scan";

-- Slow sweep by ICMP (medium)
CREATE OR REPLACE VIEW "slow_icmp_sweep" AS
WITH "icmp_probe" AS (
  SELECT * FROM flows
  WHERE "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (1, 58) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"slow_icmp_sweep" AS (
  SELECT * FROM "icmp_probe"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 100
)
SELECT * FROM "slow_icmp_sweep";

-- Slow password spraying over many hosts (medium)
CREATE OR REPLACE VIEW "slow_password_spraying" AS
WITH "login_attempt_of_nobody" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.protocol.number" = 6 AND "destination.port" IN (21, 22, 23, 902, 2222, 3389, 5900, 5985, 5986) AND "flow.packets" >= 6 AND "flow.packets" <= 60 AND "flow.bytes" <= 6000 AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"slow_password_spraying" AS (
  SELECT * FROM "login_attempt_of_nobody"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 30
)
SELECT * FROM "slow_password_spraying";

-- Slow vertical scan inside (medium)
CREATE OR REPLACE VIEW "slow_vertical_scan" AS
WITH "port_probe" AS (
  SELECT * FROM flows
  WHERE (("flow.action" = 'reject' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (6, 17)) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" <= 3 AND "flow.bytes" < 200) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 17 AND "flow.packets" <= 2 AND "flow.bytes" < 200)) AND (("flow.protocol.number" = 17) IS NOT TRUE OR ("destination.port" IN (53, 67, 123, 137, 138, 514, 5353)) IS NOT TRUE) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"slow_vertical_scan" AS (
  SELECT * FROM "port_probe"
  WHERE "destination.port" IS NOT NULL
  QUALIFY count(DISTINCT "destination.port") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 1 DAYS PRECEDING AND CURRENT ROW) >= 100
)
SELECT * FROM "slow_vertical_scan";

-- SMB accepted from outside (high)
CREATE OR REPLACE VIEW "smb_accepted_from_outside" AS
WITH "smb_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (139, 445)
)
SELECT * FROM "smb_accepted_from_outside";

-- SMB to many hosts (high)
CREATE OR REPLACE VIEW "smb_fanout" AS
WITH "smb_contact" AS (
  SELECT * FROM flows
  WHERE "flow.source.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" = 445
),
"smb_fanout" AS (
  SELECT * FROM "smb_contact"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 5 MINUTES PRECEDING AND CURRENT ROW) >= 30
)
SELECT * FROM "smb_fanout";

-- SSH accepted from outside (high)
CREATE OR REPLACE VIEW "ssh_accepted_from_outside" AS
WITH "ssh_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" = 22
)
SELECT * FROM "ssh_accepted_from_outside";

-- Mail handed to many servers outside (medium)
CREATE OR REPLACE VIEW "submission_spam" AS
WITH "mail_submitted" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "flow.packets" >= 4 AND "destination.port" IN (465, 587) AND (lower("flow.source.role") IN ('mail', 'relay')) IS NOT TRUE
),
"submission_spam" AS (
  SELECT * FROM "mail_submitted"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 10
)
SELECT * FROM "submission_spam";

-- Outbound to a port known from malware (medium)
CREATE OR REPLACE VIEW "suspicious_port_outbound" AS
WITH "suspicious_port_outbound" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" = 6 AND "destination.port" IN (1337, 3333, 4444, 4445, 5555, 6660, 6666, 6667, 6697, 9001, 9030, 14433, 14444, 31337)
)
SELECT * FROM "suspicious_port_outbound";

-- Telnet accepted from outside (high)
CREATE OR REPLACE VIEW "telnet_accepted_from_outside" AS
WITH "telnet_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (23, 2323)
)
SELECT * FROM "telnet_accepted_from_outside";

-- Web connection to an unapproved destination (low)
CREATE OR REPLACE VIEW "unapproved_web_egress" AS
WITH "unapproved_web_egress" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (6, 17) AND "destination.port" IN (80, 443) AND "flow.destination.approved" IS NULL AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
)
SELECT * FROM "unapproved_web_egress";

-- Unusual IP protocol (low)
CREATE OR REPLACE VIEW "unusual_protocol" AS
WITH "unusual_protocol" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.protocol.number" IS NOT NULL AND ("flow.protocol.number" IN (1, 2, 6, 17, 47, 50, 51, 58, 89, 112)) IS NOT TRUE
)
SELECT * FROM "unusual_protocol";

-- Vertical scan inside (medium)
CREATE OR REPLACE VIEW "vertical_scan" AS
WITH "port_probe" AS (
  SELECT * FROM flows
  WHERE (("flow.action" = 'reject' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" IN (6, 17)) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" <= 3 AND "flow.bytes" < 200) OR ("flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 17 AND "flow.packets" <= 2 AND "flow.bytes" < 200)) AND (("flow.protocol.number" = 17) IS NOT TRUE OR ("destination.port" IN (53, 67, 123, 137, 138, 514, 5353)) IS NOT TRUE) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner')) IS NOT TRUE
),
"vertical_scan" AS (
  SELECT * FROM "port_probe"
  WHERE "destination.port" IS NOT NULL
  QUALIFY count(DISTINCT "destination.port") OVER (PARTITION BY "source.address", "destination.address" ORDER BY time RANGE BETWEEN INTERVAL 5 MINUTES PRECEDING AND CURRENT ROW) >= 15
)
SELECT * FROM "vertical_scan";

-- VNC accepted from outside (high)
CREATE OR REPLACE VIEW "vnc_accepted_from_outside" AS
WITH "vnc_accepted_from_outside" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "destination.port" IN (5900, 5901, 5902, 5903)
)
SELECT * FROM "vnc_accepted_from_outside";

-- SMB or RPC sessions with many internal hosts (medium)
CREATE OR REPLACE VIEW "windows_fanout" AS
WITH "internal_windows_session" AS (
  SELECT * FROM flows
  WHERE "flow.action" = 'accept' AND "flow.initiator" IN ('source', 'unknown') AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'internal' AND "flow.protocol.number" = 6 AND "flow.packets" > 20 AND "destination.port" IN (135, 139, 445) AND (lower("flow.source.role") IN ('bastion', 'jump', 'automation', 'monitoring', 'metrics', 'scanner', 'domain-controller', 'backup')) IS NOT TRUE
),
"windows_fanout" AS (
  SELECT * FROM "internal_windows_session"
  WHERE "destination.address" IS NOT NULL
  QUALIFY count(DISTINCT "destination.address") OVER (PARTITION BY "source.address", "destination.port" ORDER BY time RANGE BETWEEN INTERVAL 1 HOURS PRECEDING AND CURRENT ROW) >= 8
)
SELECT * FROM "windows_fanout";
