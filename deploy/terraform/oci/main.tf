locals {
  tells                  = nonsensitive(var.slack_webhook_url != null)
  wakes                  = nonsensitive(var.events_url != null)
  network_compartment_id = coalesce(var.network_compartment_id, var.compartment_id)
  subnets                = var.subnet_ids == null ? { for subnet in data.oci_core_subnets.all[0].subnets : subnet.id => subnet.display_name } : { for id in var.subnet_ids : id => substr(id, -12, 12) }
}

data "oci_objectstorage_namespace" "this" {
  compartment_id = var.tenancy_id
}

data "oci_core_subnets" "all" {
  count          = var.subnet_ids == null ? 1 : 0
  compartment_id = local.network_compartment_id
}

# Flow logs cannot be switched on without one; the first rule that fits decides.
resource "oci_core_capture_filter" "this" {
  compartment_id = var.compartment_id
  display_name   = "${var.name}-capture"
  filter_type    = "FLOWLOG"
  flow_log_capture_filter_rules {
    is_enabled    = true
    priority      = 0
    sampling_rate = var.sampling_rate
    flow_log_type = var.flow_log_type
    rule_action   = "INCLUDE"
  }
}

resource "oci_logging_log_group" "this" {
  compartment_id = var.compartment_id
  display_name   = "${var.name}-flow-logs"
  description    = "Flow logs that flowferry reads from the bucket ${var.bucket_name}"
}

resource "oci_logging_log" "subnet" {
  for_each     = local.subnets
  display_name = "${var.name}-${each.value}-${substr(each.key, -6, 6)}"
  log_group_id = oci_logging_log_group.this.id
  log_type     = "SERVICE"
  is_enabled   = true
  configuration {
    compartment_id = var.compartment_id
    source {
      source_type = "OCISERVICE"
      service     = "flowlogs"
      category    = "subnet"
      resource    = each.key
      parameters = {
        capture_filter = oci_core_capture_filter.this.id
      }
    }
  }
}

resource "oci_objectstorage_bucket" "this" {
  compartment_id        = var.compartment_id
  namespace             = data.oci_objectstorage_namespace.this.namespace
  name                  = var.bucket_name
  access_type           = "NoPublicAccess"
  object_events_enabled = var.events || local.wakes
}

resource "oci_objectstorage_object_lifecycle_policy" "this" {
  namespace = oci_objectstorage_bucket.this.namespace
  bucket    = oci_objectstorage_bucket.this.name
  rules {
    name        = "${var.name}-retention"
    action      = "DELETE"
    is_enabled  = true
    time_amount = tostring(var.retention_days)
    time_unit   = "DAYS"
  }
  depends_on = [oci_identity_policy.services]
}

resource "oci_sch_service_connector" "this" {
  compartment_id = var.compartment_id
  display_name   = "${var.name}-to-bucket"
  description    = "Writes flow logs to the bucket that flowferry tails"
  source {
    kind = "logging"
    log_sources {
      compartment_id = var.compartment_id
      log_group_id   = oci_logging_log_group.this.id
    }
  }
  target {
    kind                       = "objectStorage"
    namespace                  = oci_objectstorage_bucket.this.namespace
    bucket                     = oci_objectstorage_bucket.this.name
    batch_rollover_size_in_mbs = 100
    batch_rollover_time_in_ms  = var.rollover_seconds * 1000
  }
  depends_on = [oci_identity_policy.services]
}
