# What needs no provider: the roles that the worker needs, and its configuration.
terraform {
  required_version = ">= 1.5.0"
}

variable "region" {
  description = "Region of the bucket."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "endpoint_type" {
  description = "direct, private or public."
  type        = string
  default     = "direct"
}

variable "otlp_endpoint" {
  description = "Base URL of an OTLP receiver, or null."
  type        = string
  default     = null
}

variable "logs_guid" {
  description = "GUID of the instance of IBM Cloud Logs, or null."
  type        = string
  default     = null
}

variable "inventory" {
  description = "Whether names of resources are asked for."
  type        = bool
  default     = false
}

variable "api_key" {
  description = "What stands for the API key in the configuration."
  type        = string
  default     = "$${IBMCLOUD_API_KEY}"
}

locals {
  auth = { type = "ibm-iam", apiKey = var.api_key }
  host = join(".", compact(["s3", var.endpoint_type == "public" ? "" : var.endpoint_type, var.region, "cloud-object-storage.appdomain.cloud"]))
  sinks = [
    for sink in [
      var.otlp_endpoint == null ? null : { type = "otlp", endpoint = var.otlp_endpoint },
      var.logs_guid == null ? null : { type = "ibm-cloud-logs", instance = var.logs_guid, region = var.region, auth = local.auth },
      var.otlp_endpoint == null && var.logs_guid == null ? { type = "ndjson", path = "/var/lib/flowferry/flows.ndjson" } : null,
    ] : sink if sink != null
  ]
  parts = {
    source = {
      type     = "s3"
      bucket   = var.bucket
      endpoint = "https://${local.host}"
      region   = var.region
      auth     = local.auth
    }
    enrich = var.inventory ? { ibm = { inventory = { api = { region = var.region, auth = local.auth } } } } : null
    sinks  = local.sinks
  }
  config = { for key, value in local.parts : key => value if value != null }
}

output "roles" {
  value = jsondecode(file("${path.module}/roles.json"))
}

output "flowferry_yaml" {
  value = yamlencode(merge(local.config, {
    ledger    = { path = "/var/lib/flowferry/flowferry.db" }
    telemetry = { listen = "127.0.0.1:9464" }
  }))
}

# Where a platform asks for health from outside, and there is no disk that stays.
output "code_engine_yaml" {
  value = yamlencode(merge(local.config, {
    ledger    = { path = "/tmp/flowferry.db" }
    telemetry = { listen = "0.0.0.0:9464" }
  }))
}

output "config" {
  value = local.config
}
