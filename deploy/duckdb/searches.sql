-- Searches as table macros over flows that an ndjson sink with schema otel has written. In DuckDB:
--   SET VARIABLE flows = 'out/*.ndjson';
--   .read deploy/duckdb/searches.sql
--   FROM top_talkers();
--   FROM top_talkers(since := TIMESTAMP '2026-01-01', until := TIMESTAMP '2026-02-01');
-- Times are UTC. Without since a search looks back over its own period, from now.
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

-- Accepted and rejected over time: How many flows were accepted and how many rejected, in quarters of an hour.
CREATE OR REPLACE MACRO "accepted_and_rejected"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 900000 * 900000) AS "Time",
    count(*) FILTER (WHERE "flow.action" = 'accept') AS "Accepted",
    count(*) FILTER (WHERE "flow.action" = 'reject') AS "Rejected"
  FROM flows
  WHERE "flow.action" = 'accept' OR "flow.action" = 'reject'
  GROUP BY ALL
  ORDER BY "Time";

-- Accepted TCP by hour: How many TCP flows were accepted in each hour.
CREATE OR REPLACE MACRO "accepted_tcp_by_hour"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 3600000 * 3600000) AS "Time",
    count(*) AS "Accepted Flows"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.protocol.number" = 6
  GROUP BY ALL
  ORDER BY "Time";

-- Accepted TCP by hour, as rows: Who was let in by TCP in each hour, at which network interface and to which port.
CREATE OR REPLACE MACRO "accepted_tcp_rows"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 3600000 * 3600000) AS "Time",
    "flow.vnic.id" AS "VNIC",
    "source.address" AS "Source IP",
    "destination.port" AS "Destination Port",
    count(*) AS "Accepted Flows",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.protocol.number" = 6
  GROUP BY ALL
  ORDER BY "Time";

-- Administration ports accepted from outside: External addresses that were let in at the ports of SSH, Telnet, RDP, VNC and WinRM.
CREATE OR REPLACE MACRO "admin_ports_accepted_from_outside"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "destination.port" AS "Destination Port",
    count(*) AS "Flows",
    max(flows.time) AS "Last Seen"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.protocol.number" = 6 AND "destination.port" IN (22, 23, 3389, 5900, 5985, 5986) AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal'
  GROUP BY ALL
  ORDER BY "Flows" DESC NULLS LAST
  LIMIT 50;

-- Bad actors: External addresses that were rejected on port 443, with how often and at how many hosts they tried.
CREATE OR REPLACE MACRO "bad_actors"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    count(*) AS "Rejected",
    count(DISTINCT "destination.address") AS "Hosts"
  FROM flows
  WHERE "flow.action" = 'reject' AND "destination.port" = 443 AND "flow.source.zone" = 'external'
  GROUP BY ALL
  ORDER BY "Rejected" DESC NULLS LAST
  LIMIT 50;

-- Brute-force suspects: Pairs by how often the source was rejected on administration ports of the destination, how often it was let in, and when it was last seen there.
CREATE OR REPLACE MACRO "brute_force_suspects"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.zone" AS "Source Zone",
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "destination.port" AS "Destination Port",
    count(*) FILTER (WHERE "flow.action" = 'reject') AS "Rejected",
    count(*) FILTER (WHERE "flow.action" = 'accept') AS "Accepted",
    max(flows.time) AS "Last Seen"
  FROM flows
  WHERE "flow.protocol.number" = 6 AND "destination.port" IN (22, 23, 3389, 5900, 5985, 5986)
  GROUP BY ALL
  ORDER BY "Rejected" DESC NULLS LAST
  LIMIT 50;

-- Bytes: Bytes that accepted flows carried.
CREATE OR REPLACE MACRO "byte_count"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    coalesce(sum("flow.bytes"), 0) AS "Bytes"
  FROM flows
  WHERE "flow.action" = 'accept';

-- Bytes over time: Bytes of accepted flows in quarters of an hour, by direction as the VNIC's subnet sees it.
CREATE OR REPLACE MACRO "bytes_over_time"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 900000 * 900000) AS "Time",
    "flow.direction" AS "Direction",
    coalesce(sum("flow.bytes"), 0) AS "Bytes"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Time";

-- Cannot SSH: Whether SSH was rejected or let in, for each pair of addresses, and by which rule.
CREATE OR REPLACE MACRO "cannot_ssh"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 HOURS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "flow.action" AS "Action",
    "flow.rule.status" AS "Rule Status",
    "flow.rule.text" AS "Rule",
    "flow.rule.list.name" AS "Rule List",
    count(*) AS "Flows",
    max(flows.time) AS "Last Seen"
  FROM flows
  WHERE "destination.port" = 22 AND "flow.protocol.number" = 6
  GROUP BY ALL
  ORDER BY "Last Seen" DESC NULLS LAST
  LIMIT 50;

-- Capture quality: Percent of the records that say that the log captured everything; the rest are intervals without data or with flows lost.
CREATE OR REPLACE MACRO "capture_quality"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    100 * count(*) FILTER (WHERE "flow.status" = 'OK') / count(*) AS "Captured"
  FROM flows
  WHERE TRUE;

-- Egress by host: Where each internal host sends to outside, and whether it is let; narrow it to one host by its address.
CREATE OR REPLACE MACRO "egress_of_host"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.server" AS "Source Server",
    "destination.address" AS "Destination IP",
    "destination.port" AS "Destination Port",
    "flow.destination.service" AS "Traffic To",
    "flow.action" AS "Action",
    count(*) AS "Flows",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Sent"
  FROM flows
  WHERE "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external'
  GROUP BY ALL
  ORDER BY "Bytes Sent" DESC NULLS LAST
  LIMIT 100;

-- Traffic to one port: Who reaches port 443, and whether it is let in; put the port that you expect traffic on in its place.
CREATE OR REPLACE MACRO "expected_traffic_to_port"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.zone" AS "Source Zone",
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "flow.action" AS "Action",
    count(*) AS "Flows",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "destination.port" = 443
  GROUP BY ALL
  ORDER BY "Flows" DESC NULLS LAST
  LIMIT 50;

-- Flows: How many flow records there are; notices of the log about its own quality are not counted.
CREATE OR REPLACE MACRO "flow_count"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    count(*) AS "Flows"
  FROM flows
  WHERE "flow.status" = 'OK';

-- Flows by weekday and hour: When there is traffic, by weekday and hour (UTC).
CREATE OR REPLACE MACRO "flows_by_hour_of_week"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 30 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    isodow(flows.time) AS "Weekday",
    hour(flows.time) AS "Hour",
    count(*) AS "Flows"
  FROM flows
  WHERE "flow.status" = 'OK'
  GROUP BY ALL
  ORDER BY "Weekday", "Hour";

-- Flows that the log lost: Quality records that say that flows were skipped before they reached the bucket; what other searches count is too low then.
CREATE OR REPLACE MACRO "flows_lost"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "flow.vnic.id" AS "VNIC",
    "flow.subnet.name" AS "Subnet",
    count(*) AS "Notices"
  FROM flows
  WHERE "flow.status" = 'SKIPDATA'
  GROUP BY ALL
  ORDER BY "Notices" DESC NULLS LAST;

-- VNICs with most HTTPS packets: Network interfaces by the packets of their flows to port 443 in the last seven days, and what came back in records that count both ways.
CREATE OR REPLACE MACRO "https_packets_by_vnic"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "flow.vnic.id" AS "VNIC",
    "flow.subnet.name" AS "Subnet",
    coalesce(sum("flow.packets"), 0) AS "Packets",
    coalesce(sum("flow.reverse.packets"), 0) AS "Packets Back",
    count(*) AS "Flows"
  FROM flows
  WHERE "destination.port" = 443 AND "flow.protocol.number" = 6
  GROUP BY ALL
  ORDER BY "Packets" DESC NULLS LAST
  LIMIT 20;

-- Largest transfer and its two ends: The largest flow record of each pair of addresses and service, those with most bytes first.
CREATE OR REPLACE MACRO "largest_transfer"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.server" AS "Source Server",
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "flow.destination.service" AS "Traffic To",
    max("flow.bytes") AS "Largest Flow"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Largest Flow" DESC NULLS LAST
  LIMIT 10;

-- Most bytes received in the last hour: Destinations by the bytes that were sent to them within the hour.
CREATE OR REPLACE MACRO "most_bytes_received"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 HOURS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Received"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Bytes Received" DESC NULLS LAST
  LIMIT 20;

-- Newest objects of each stream: Objects of IBM's collectors, newest first: what its flow logs are of, and how many arrived. A number that is missing between two of a stream is an object that is missing.
CREATE OR REPLACE MACRO "newest_objects"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "flow.vnic.id" AS "VNIC",
    "flow.record_type" AS "Record Type",
    "flow.stream.id" AS "Stream",
    "log.file.path" AS "Object",
    max(flows.time) AS "Newest Flow",
    max("flow.capture.records") AS "Records Stated",
    count(*) AS "Records"
  FROM flows
  WHERE "flow.stream.id" IS NOT NULL
  GROUP BY ALL
  ORDER BY "Newest Flow" DESC NULLS LAST
  LIMIT 100;

-- Packets sent and received by VNIC: Packets of each network interface by direction: those of egress are sent, those of ingress received. Packets Back are the other way of records that count both ways.
CREATE OR REPLACE MACRO "packets_by_vnic"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "flow.vnic.id" AS "VNIC",
    "flow.subnet.name" AS "Subnet",
    "flow.direction" AS "Direction",
    coalesce(sum("flow.packets"), 0) AS "Packets",
    coalesce(sum("flow.reverse.packets"), 0) AS "Packets Back",
    count(*) AS "Flows"
  FROM flows
  WHERE "flow.status" = 'OK'
  GROUP BY ALL
  ORDER BY "Packets" DESC NULLS LAST
  LIMIT 100;

-- Pairs by day: Which addresses talk to which services of which addresses, a row for each day.
CREATE OR REPLACE MACRO "pairs_per_day"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 86400000 * 86400000) AS "Time",
    "source.address" AS "Source IP",
    "destination.address" AS "Destination IP",
    "flow.destination.service" AS "Traffic To",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred",
    count(*) AS "Flows"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Time";

-- Port usage by destination: Which TCP and UDP ports of which destination are used, from inside and from outside, and by how many sources.
CREATE OR REPLACE MACRO "port_usage_by_destination"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    CASE "flow.protocol.number" WHEN 6 THEN 'TCP' WHEN 17 THEN 'UDP' ELSE 'Unknown' END AS "Protocol",
    "destination.port" AS "Destination Port",
    "flow.destination.service" AS "Traffic To",
    count(*) AS "Flows",
    count(*) FILTER (WHERE "flow.source.zone" = 'internal') AS "Internal",
    count(*) FILTER (WHERE "flow.source.zone" = 'external') AS "External",
    count(DISTINCT "source.address") AS "Sources"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.protocol.number" IN (6, 17)
  GROUP BY ALL
  ORDER BY "Flows" DESC NULLS LAST
  LIMIT 100;

-- Port usage by subnet: For each subnet, protocol and zone of the source, how many ports are used, which range they span, and how often.
CREATE OR REPLACE MACRO "port_usage_by_subnet"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "flow.subnet.name" AS "Subnet",
    "flow.subnet.id" AS "Subnet OCID",
    CASE "flow.protocol.number" WHEN 6 THEN 'TCP' WHEN 17 THEN 'UDP' ELSE 'Unknown' END AS "Protocol",
    "flow.source.zone" AS "Source Zone",
    count(DISTINCT "destination.port") AS "Ports",
    min("destination.port") AS "Lowest",
    max("destination.port") AS "Highest",
    count(*) AS "Flows"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.protocol.number" IN (6, 17) AND "flow.direction" = 'ingress'
  GROUP BY ALL
  ORDER BY "Flows" DESC NULLS LAST;

-- Ports in use: Destination ports of accepted flows by how many flows they have.
CREATE OR REPLACE MACRO "ports_in_use"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "destination.port" AS "Destination Port",
    "flow.destination.service" AS "Traffic To",
    count(*) AS "Flows",
    coalesce(sum("flow.bytes"), 0) AS "Bytes"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.protocol.number" IN (6, 17)
  GROUP BY ALL
  ORDER BY "Flows" DESC NULLS LAST
  LIMIT 50;

-- Public egress: External addresses that internal hosts send to, with bytes, flows and how many hosts do.
CREATE OR REPLACE MACRO "public_egress"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "flow.destination.network" AS "Destination Network",
    "flow.destination.service" AS "Traffic To",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Sent",
    count(*) AS "Flows",
    count(DISTINCT "source.address") AS "Hosts"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external'
  GROUP BY ALL
  ORDER BY "Bytes Sent" DESC NULLS LAST
  LIMIT 50;

-- Records by status over time: Records of OK (flows), NODATA (nothing happened) and SKIPDATA (flows were lost; all other numbers are too low then), in quarters of an hour.
CREATE OR REPLACE MACRO "records_by_status"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 900000 * 900000) AS "Time",
    "flow.status" AS "Status",
    count(*) AS "Records"
  FROM flows
  WHERE TRUE
  GROUP BY ALL
  ORDER BY "Time";

-- Reject share: Percent of the flow records that were rejected.
CREATE OR REPLACE MACRO "reject_share"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    100 * count(*) FILTER (WHERE "flow.action" = 'reject') / count(*) AS "Reject Share"
  FROM flows
  WHERE "flow.status" = 'OK';

-- Rejected ports: Destination ports of rejected flows, and how many sources tried them.
CREATE OR REPLACE MACRO "rejected_ports"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "destination.port" AS "Destination Port",
    "flow.destination.service" AS "Traffic To",
    count(*) AS "Rejected",
    count(DISTINCT "source.address") AS "Sources"
  FROM flows
  WHERE "flow.action" = 'reject'
  GROUP BY ALL
  ORDER BY "Rejected" DESC NULLS LAST
  LIMIT 20;

-- Rejected sources: Who is turned away most, at how many hosts and ports.
CREATE OR REPLACE MACRO "rejected_sources"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.zone" AS "Source Zone",
    "flow.source.server" AS "Source Server",
    count(*) AS "Rejected",
    count(DISTINCT "destination.address") AS "Hosts",
    count(DISTINCT "destination.port") AS "Ports"
  FROM flows
  WHERE "flow.action" = 'reject'
  GROUP BY ALL
  ORDER BY "Rejected" DESC NULLS LAST
  LIMIT 50;

-- Rejected traffic by destination: What was turned away from each destination; narrow it to one host by its address.
CREATE OR REPLACE MACRO "rejected_traffic_to_host"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "destination.port" AS "Destination Port",
    CASE "flow.protocol.number" WHEN 1 THEN 'ICMP' WHEN 6 THEN 'TCP' WHEN 17 THEN 'UDP' WHEN 58 THEN 'ICMPv6' ELSE 'Other' END AS "Protocol",
    "flow.source.zone" AS "Source Zone",
    count(*) AS "Rejected",
    count(DISTINCT "source.address") AS "Sources"
  FROM flows
  WHERE "flow.action" = 'reject'
  GROUP BY ALL
  ORDER BY "Rejected" DESC NULLS LAST
  LIMIT 50;

-- Scan suspects: Pairs by how many different ports of the destination the source tried, and how many of its flows were rejected.
CREATE OR REPLACE MACRO "scan_suspects"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 HOURS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.zone" AS "Source Zone",
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    count(DISTINCT "destination.port") AS "Ports",
    count(*) AS "Flows",
    100 * count(*) FILTER (WHERE "flow.action" = 'reject') / count(*) AS "Reject Share"
  FROM flows
  WHERE "flow.protocol.number" IN (6, 17) AND ("source.port" < 1024) IS NOT TRUE
  GROUP BY ALL
  ORDER BY "Ports" DESC NULLS LAST
  LIMIT 50;

-- SSH accepted from outside: SSH that a rule let in from an external address; the search of the alert that goes to Slack.
CREATE OR REPLACE MACRO "ssh_accepted_from_outside"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 HOURS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "destination.address" AS "Destination IP",
    "flow.destination.server" AS "Destination Server",
    "flow.rule.text" AS "Rule",
    "flow.rule.list.name" AS "Rule List",
    count(*) AS "Flows",
    min(flows.time) AS "First Seen",
    max(flows.time) AS "Last Seen"
  FROM flows
  WHERE "flow.action" = 'accept' AND "destination.port" = 22 AND "flow.protocol.number" = 6 AND "flow.source.zone" = 'external' AND "flow.destination.zone" = 'internal'
  GROUP BY ALL
  ORDER BY "Flows" DESC NULLS LAST
  LIMIT 50;

-- Top applications: Services by the bytes sent to them, with how many flows and sources they have.
CREATE OR REPLACE MACRO "top_applications"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "flow.destination.service" AS "Traffic To",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred",
    count(*) AS "Flows",
    count(DISTINCT "source.address") AS "Sources"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Bytes Transferred" DESC NULLS LAST
  LIMIT 20;

-- Top endpoints: Pairs of addresses by the bytes that went from the first to the second.
CREATE OR REPLACE MACRO "top_endpoints"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "destination.address" AS "Destination IP",
    "flow.source.server" AS "Source Server",
    "flow.destination.server" AS "Destination Server",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred",
    count(*) AS "Flows"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Bytes Transferred" DESC NULLS LAST
  LIMIT 20;

-- Top talkers: Sources by the bytes that they sent, with how many destinations they have.
CREATE OR REPLACE MACRO "top_talkers"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.server" AS "Source Server",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Sent",
    count(*) AS "Flows",
    count(DISTINCT "destination.address") AS "Destinations"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Bytes Sent" DESC NULLS LAST
  LIMIT 20;

-- Traffic from, traffic to and server, by a short list: The transfers of each pair with service and server names written out in the query; edit the lists in it.
CREATE OR REPLACE MACRO "traffic_columns"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 86400000 * 86400000) AS "Time",
    "source.address" AS "Source IP",
    "source.port" AS "Source Port",
    "destination.address" AS "Destination IP",
    "destination.port" AS "Destination Port",
    CASE "source.port" WHEN 21 THEN 'FTP' WHEN 22 THEN 'SSH' WHEN 53 THEN 'DNS' WHEN 80 THEN 'HTTP' WHEN 443 THEN 'HTTPS' WHEN 1521 THEN 'Oracle' ELSE 'Unknown' END AS "From",
    CASE "destination.port" WHEN 21 THEN 'FTP' WHEN 22 THEN 'SSH' WHEN 53 THEN 'DNS' WHEN 80 THEN 'HTTP' WHEN 443 THEN 'HTTPS' WHEN 1521 THEN 'Oracle' ELSE 'Unknown' END AS "To",
    CASE "source.address" WHEN '10.0.0.10' THEN 'Storage Server' ELSE 'Unknown' END AS "From Server",
    CASE "destination.address" WHEN '10.0.0.10' THEN 'Storage Server' ELSE 'Unknown' END AS "To Server",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Time";

-- Traffic from, traffic to and server, by the lookup tables: The transfers of each pair with the service and server names that the records carry from ports.csv and servers.csv.
CREATE OR REPLACE MACRO "traffic_columns_enriched"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 86400000 * 86400000) AS "Time",
    "source.address" AS "Source IP",
    "destination.address" AS "Destination IP",
    "flow.source.service" AS "Traffic From",
    "flow.destination.service" AS "Traffic To",
    "flow.source.server" AS "Source Server",
    "flow.destination.server" AS "Destination Server",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Time";

-- Transfers by day and pair: Bytes that each pair of endpoints exchanged, a row for each day.
CREATE OR REPLACE MACRO "transfer_trend"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 86400000 * 86400000) AS "Time",
    "source.address" AS "Source IP",
    "source.port" AS "Source Port",
    "destination.address" AS "Destination IP",
    "destination.port" AS "Destination Port",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Time";

-- Transfers by service over time: Bytes from each service to each service in each hour.
CREATE OR REPLACE MACRO "transfers_by_service"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    epoch_ms(epoch_ms(flows.time) // 3600000 * 3600000) AS "Time",
    "flow.source.service" AS "Traffic From",
    "flow.destination.service" AS "Traffic To",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "flow.action" = 'accept'
  GROUP BY ALL
  ORDER BY "Time";

-- Web destinations that are not approved: Accepted flows from inside to ports 80 and 443 of external addresses that are not among the approved destinations, and that neither the server table nor the network table names.
CREATE OR REPLACE MACRO "unapproved_web_destinations"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.server" AS "Source Server",
    "destination.address" AS "Destination IP",
    count(*) AS "Flows",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND "flow.protocol.number" IN (6, 17) AND "destination.port" IN (80, 443) AND "flow.destination.approved" IS NULL AND "flow.destination.server" IS NULL AND "flow.destination.network" IS NULL
  GROUP BY ALL
  ORDER BY "Bytes Transferred" DESC NULLS LAST
  LIMIT 50;

-- Egress of private hosts: What internal hosts send outside, other than DHCP (67), NTP (123) and DNS (53).
CREATE OR REPLACE MACRO "unusual_egress"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "source.address" AS "Source IP",
    "flow.source.server" AS "Source Server",
    "destination.address" AS "Destination IP",
    "destination.port" AS "Destination Port",
    "flow.destination.service" AS "Traffic To",
    count(*) AS "Flows",
    coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred"
  FROM flows
  WHERE "flow.action" = 'accept' AND "flow.source.zone" = 'internal' AND "flow.destination.zone" = 'external' AND ("destination.port" IN (53, 67, 123)) IS NOT TRUE
  GROUP BY ALL
  ORDER BY "Bytes Transferred" DESC NULLS LAST
  LIMIT 50;

-- Unusual transfers: Quarters of an hour in which a service moved more bytes than its mean and three standard deviations.
CREATE OR REPLACE MACRO "unusual_transfers"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT * FROM (
    SELECT
      epoch_ms(epoch_ms(flows.time) // 900000 * 900000) AS "Time",
      "flow.destination.service" AS "Traffic To",
      coalesce(sum("flow.bytes"), 0) AS "Bytes Transferred",
      count(*) AS "Flows"
    FROM flows
    WHERE "flow.action" = 'accept'
    GROUP BY ALL
  )
  QUALIFY "Bytes Transferred"::DOUBLE > avg("Bytes Transferred"::DOUBLE) OVER (PARTITION BY "Traffic To") + 3 * stddev_samp("Bytes Transferred"::DOUBLE) OVER (PARTITION BY "Traffic To")
  ORDER BY "Bytes Transferred" DESC NULLS LAST
  LIMIT 100;

-- From zone to action: The way of flows from the zone of their source through subnet and service to what became of them.
CREATE OR REPLACE MACRO "zones_to_actions"(
  since := (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAYS,
  until := TIMESTAMP 'infinity'
) AS TABLE
  WITH flows AS (SELECT * FROM flows WHERE flows.time >= since AND flows.time < until)
  SELECT
    "flow.source.zone" AS "Source Zone",
    "flow.subnet.name" AS "Subnet",
    "flow.destination.service" AS "Traffic To",
    "flow.action" AS "Action",
    count(*) AS "Flows"
  FROM flows
  WHERE "flow.status" = 'OK'
  GROUP BY ALL
  ORDER BY "Flows" DESC NULLS LAST
  LIMIT 200;
