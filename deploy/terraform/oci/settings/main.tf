# What needs no provider: the policies that the worker needs, and its configuration.
terraform {
  required_version = ">= 1.5.0"
}

variable "compartment_ids" {
  description = "OCIDs of the compartments of the bucket, the network, the topic, the log group and the inventory (the tenancy for all)."
  type = object({
    bucket    = string
    network   = string
    topic     = string
    log_group = string
    inventory = string
  })
}

variable "subject" {
  description = "Who is allowed, as a policy names it: dynamic-group …, or any-user."
  type        = string
}

variable "conditions" {
  description = "Conditions of every statement."
  type        = list(string)
  default     = []
}

variable "namespace" {
  description = "Object Storage namespace."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "region" {
  description = "Region of the bucket."
  type        = string
}

variable "auth" {
  description = "Type of auth of the configuration."
  type        = string
}

variable "enrich_from_api" {
  description = "Whether the rules of the network are asked for."
  type        = bool
}

variable "inventory" {
  description = "Whether names of resources are asked for."
  type        = bool
  default     = false
}

variable "otlp_endpoint" {
  description = "Base URL of an OTLP receiver, or null."
  type        = string
  default     = null
}

variable "log_analytics" {
  description = "Namespace and log group of Log Analytics, or null."
  type = object({
    namespace    = string
    log_group_id = string
  })
  default = null
}

variable "topic_id" {
  description = "OCID of the topic that is told, or null."
  type        = string
  default     = null
}

locals {
  wanted = concat(
    ["bucket", "objects"],
    var.enrich_from_api ? ["subnets", "security-lists", "vnics", "groups"] : [],
    var.inventory ? [for policy in local.all : policy.id if policy.compartment == "inventory"] : [],
    var.log_analytics == null ? [] : ["upload"],
    var.topic_id == null ? [] : ["topic"],
  )
  all      = jsondecode(file("${path.module}/policies.json"))
  policies = { for policy in local.all : policy.id => policy }
  conditions = {
    for id, policy in local.policies : id => concat(
      [for condition in lookup(policy, "where", []) : replace(condition, "{bucket}", var.bucket)],
      var.conditions,
    )
  }
  where = {
    for id, all in local.conditions : id =>
    length(all) == 0 ? "" : length(all) == 1 ? " where ${all[0]}" : " where all {${join(", ", all)}}"
  }
  auth = { type = var.auth }
  sinks = [
    for sink in [
      var.otlp_endpoint == null ? null : { type = "otlp", endpoint = var.otlp_endpoint },
      var.log_analytics == null ? null : {
        type       = "log-analytics"
        namespace  = var.log_analytics.namespace
        logGroupId = var.log_analytics.log_group_id
        region     = var.region
        auth       = local.auth
      },
      var.otlp_endpoint == null && var.log_analytics == null ? { type = "ndjson", path = "/var/lib/flowferry/flows.ndjson" } : null,
    ] : sink if sink != null
  ]
  blocks = {
    api       = var.enrich_from_api ? { region = var.region, auth = local.auth } : null
    inventory = var.inventory ? { api = { region = var.region, auth = local.auth, compartments = [var.compartment_ids.inventory] } } : null
  }
  oci = { for key, value in local.blocks : key => value if value != null }
  parts = {
    source = {
      type      = "oci-object-storage"
      namespace = var.namespace
      bucket    = var.bucket
      region    = var.region
      auth      = local.auth
    }
    enrich = length(local.oci) == 0 ? null : { oci = local.oci }
    sinks  = local.sinks
    alerts = var.topic_id == null ? null : { ociNotifications = { topicId = var.topic_id, region = var.region, auth = local.auth } }
  }
  # Without what Helm's chart sets.
  config = { for key, value in local.parts : key => value if value != null }
}

output "statements" {
  value = [
    for id in local.wanted :
    "Allow ${var.subject} to ${local.policies[id].permission} in compartment id ${var.compartment_ids[local.policies[id].compartment]}${local.where[id]}"
  ]
}

output "flowferry_yaml" {
  value = yamlencode(merge(local.config, {
    ledger    = { path = "/var/lib/flowferry/flowferry.db" }
    telemetry = { listen = "127.0.0.1:9464" }
  }))
}

output "config" {
  value = local.config
}
