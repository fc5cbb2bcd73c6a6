locals {
  on_workload = var.worker.kind == "workload"
}

module "settings" {
  source = "./settings"

  compartment_ids = {
    bucket    = var.compartment_id
    network   = local.network_compartment_id
    topic     = var.compartment_id
    log_group = var.log_analytics == null ? var.compartment_id : var.log_analytics.compartment_id
    inventory = var.tenancy_id
  }
  subject = local.on_workload ? "any-user" : "dynamic-group id ${oci_identity_dynamic_group.worker[0].id}"
  conditions = local.on_workload ? [
    "request.principal.type = 'workload'",
    "request.principal.namespace = '${var.worker.namespace}'",
    "request.principal.service_account = '${var.worker.service_account}'",
    "request.principal.cluster_id = '${var.worker.cluster_id}'",
  ] : []
  namespace       = data.oci_objectstorage_namespace.this.namespace
  bucket          = oci_objectstorage_bucket.this.name
  region          = var.region
  auth            = local.on_workload ? "oke-workload-identity" : var.container_instance == null ? "instance-principal" : "resource-principal"
  enrich_from_api = var.enrich_from_api
  inventory       = var.inventory
  otlp_endpoint   = var.otlp_endpoint
  log_analytics   = var.log_analytics == null ? null : { namespace = var.log_analytics.namespace, log_group_id = var.log_analytics.log_group_id }
  topic_id        = local.tells ? oci_ons_notification_topic.alerts[0].id : null
}

resource "oci_identity_dynamic_group" "worker" {
  count          = local.on_workload ? 0 : 1
  compartment_id = var.tenancy_id
  name           = var.name
  description    = "Who may run flowferry"
  matching_rule  = var.container_instance == null ? "Any {instance.compartment.id = '${var.compartment_id}'}" : "All {resource.type = 'computecontainerinstance', resource.compartment.id = '${var.compartment_id}'}"
}

# What the worker may do, and nothing else: settings/policies.json.
resource "oci_identity_policy" "worker" {
  compartment_id = var.tenancy_id
  name           = "${var.name}-worker"
  description    = "What flowferry needs to read flow logs"
  statements     = module.settings.statements
}

# What the services need that fill the bucket and delete from it.
resource "oci_identity_policy" "services" {
  compartment_id = var.tenancy_id
  name           = "${var.name}-services"
  description    = "Connector and lifecycle of the bucket ${var.bucket_name}"
  statements = concat([
    "Allow any-user to manage objects in compartment id ${var.compartment_id} where all {request.principal.type = 'serviceconnector', request.principal.compartment.id = '${var.compartment_id}', target.bucket.name = '${var.bucket_name}'}",
    "Allow service objectstorage-${var.region} to manage object-family in compartment id ${var.compartment_id} where target.bucket.name = '${var.bucket_name}'",
    ], var.events ? [
    "Allow service cloudEvents to use stream-push in compartment id ${var.compartment_id}",
  ] : [])
}
