# Every subnet of a compartment, read by instances of it. tofu init && tofu apply; tofu destroy takes all of it away again.
terraform {
  required_providers {
    oci = {
      source = "oracle/oci"
    }
  }
}

variable "tenancy_id" { type = string }
variable "compartment_id" { type = string }
variable "slack_webhook_url" {
  type      = string
  default   = null
  sensitive = true
}
variable "workers" {
  type    = number
  default = 1
}

provider "oci" {
  region = "us-phoenix-1"
}

module "flow_logs" {
  source            = "../"
  tenancy_id        = var.tenancy_id
  compartment_id    = var.compartment_id
  region            = "us-phoenix-1"
  otlp_endpoint     = "https://otlp.example.com"
  slack_webhook_url = var.slack_webhook_url
  workers           = var.workers
}

output "flowferry_yaml" {
  value = module.flow_logs.flowferry_yaml
}

output "coordination" {
  value = module.flow_logs.coordination
}
