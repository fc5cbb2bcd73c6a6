variable "tenancy_id" {
  description = "OCID of the tenancy: dynamic groups live there."
  type        = string
  validation {
    condition     = can(regex("^ocid1\\.tenancy\\.", var.tenancy_id))
    error_message = "tenancy_id is the OCID of a tenancy: ocid1.tenancy.…"
  }
}

variable "compartment_id" {
  description = "OCID of the compartment that holds what is made here."
  type        = string
  validation {
    condition     = can(regex("^ocid1\\.(compartment|tenancy)\\.", var.compartment_id))
    error_message = "compartment_id is the OCID of a compartment: ocid1.compartment.…"
  }
}

variable "network_compartment_id" {
  description = "OCID of the compartment of the subnets; by default compartment_id."
  type        = string
  default     = null
  validation {
    condition     = var.network_compartment_id == null || can(regex("^ocid1\\.(compartment|tenancy)\\.", var.network_compartment_id))
    error_message = "network_compartment_id is the OCID of a compartment: ocid1.compartment.…"
  }
}

variable "region" {
  description = "Region, such as us-phoenix-1."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region is a name such as us-phoenix-1."
  }
}

variable "name" {
  description = "What the names of all that is made begin with."
  type        = string
  default     = "flowferry"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}$", var.name))
    error_message = "name has 2 to 41 small letters, digits and hyphens, and begins with a letter."
  }
}

variable "subnet_ids" {
  description = "OCIDs of the subnets whose flows are logged; null for every subnet that network_compartment_id holds when it is applied."
  type        = list(string)
  default     = null
  validation {
    condition     = var.subnet_ids == null || alltrue([for id in coalesce(var.subnet_ids, []) : can(regex("^ocid1\\.subnet\\.", id))])
    error_message = "subnet_ids are OCIDs of subnets: ocid1.subnet.…"
  }
}

variable "flow_log_type" {
  description = "Which flows are captured: ALL, ACCEPT or REJECT."
  type        = string
  default     = "ALL"
  validation {
    condition     = contains(["ALL", "ACCEPT", "REJECT"], var.flow_log_type)
    error_message = "flow_log_type is ALL, ACCEPT or REJECT."
  }
}

variable "sampling_rate" {
  description = "1 captures every flow, N one of N: counts are then too low, and rare flows are missed."
  type        = number
  default     = 1
  validation {
    condition     = var.sampling_rate >= 1 && floor(var.sampling_rate) == var.sampling_rate
    error_message = "sampling_rate is a whole number from 1 on."
  }
}

variable "bucket_name" {
  description = "Name of the bucket of the flow logs."
  type        = string
  default     = "Flow-Logs"
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,256}$", var.bucket_name))
    error_message = "bucket_name has letters, digits, dots, underscores and hyphens."
  }
}

variable "retention_days" {
  description = "After how many days objects are deleted. A worker that was down for longer has lost them."
  type        = number
  default     = 30
  validation {
    condition     = var.retention_days >= 1 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days is a whole number from 1 on."
  }
}

variable "rollover_seconds" {
  description = "How long the connector collects before it writes an object: what an alert is late by, at most."
  type        = number
  default     = 60
  validation {
    condition     = var.rollover_seconds >= 60 && var.rollover_seconds <= 1800
    error_message = "rollover_seconds is from 60 to 1800."
  }
}

variable "worker" {
  description = "Who reads: instance (an instance or container instance of compartment_id), or workload (a pod of OKE, with cluster_id, namespace and service_account)."
  type = object({
    kind            = string
    cluster_id      = optional(string)
    namespace       = optional(string, "flowferry")
    service_account = optional(string, "flowferry")
  })
  default = { kind = "instance" }
  validation {
    condition     = contains(["instance", "workload"], var.worker.kind) && (var.worker.kind != "workload" || can(regex("^ocid1\\.cluster\\.", var.worker.cluster_id)))
    error_message = "worker.kind is instance, or workload with cluster_id = ocid1.cluster.…"
  }
}

variable "enrich_from_api" {
  description = "Whether the worker asks for the rules of the network (enrich.oci.api)."
  type        = bool
  default     = true
}

variable "inventory" {
  description = "Whether the worker asks for the names of resources in the tenancy (enrich.oci.inventory)."
  type        = bool
  default     = false
}

variable "otlp_endpoint" {
  description = "Base URL of the OTLP receiver in the configuration that is printed; null for none."
  type        = string
  default     = null
  validation {
    condition     = var.otlp_endpoint == null || can(regex("^https?://", var.otlp_endpoint))
    error_message = "otlp_endpoint is an http or https URL."
  }
}

variable "log_analytics" {
  description = "Namespace and log group of a sink log-analytics; null for none."
  type = object({
    namespace      = string
    log_group_id   = string
    compartment_id = string
  })
  default = null
}

variable "events" {
  description = "Whether the bucket tells a stream of each new object."
  type        = bool
  default     = false
}

variable "events_url" {
  description = "Where a worker takes object-created events (intake.listen), as in https://flowferry:TOKEN@flows.example/; null for nowhere. Notifications asks for a confirmation: the worker logs its URL."
  type        = string
  default     = null
  sensitive   = true
  validation {
    condition     = var.events_url == null || startswith(coalesce(var.events_url, "-"), "https://")
    error_message = "Notifications sends to https:// URLs alone."
  }
}

variable "slack_webhook_url" {
  description = "Incoming webhook of Slack that a topic of Notifications tells; null for no topic. Slack asks for a confirmation within three days."
  type        = string
  default     = null
  sensitive   = true
}

variable "container_instance" {
  description = "An image, a subnet and an availability domain to run the worker in a container instance; null for none. Its ledger ends with it."
  type = object({
    image               = string
    subnet_id           = string
    availability_domain = string
    shape               = optional(string, "CI.Standard.E4.Flex")
    ocpus               = optional(number, 1)
    memory_in_gbs       = optional(number, 1)
  })
  default = null
}

variable "workers" {
  description = "How many workers share the work; more than one get streams to do so over. The partitions of a stream stay as they were made: say the most that there will be."
  type        = number
  default     = 1
  validation {
    condition     = var.workers >= 1 && var.workers <= 8 && floor(var.workers) == var.workers
    error_message = "workers is a whole number from 1 to 8: a consumer group of OCI Streaming takes ten commits a second, one of each worker."
  }
}

variable "stream_retention_hours" {
  description = "How long the workers' streams keep a message."
  type        = number
  default     = 24
  validation {
    condition     = var.stream_retention_hours >= 24 && var.stream_retention_hours <= 168
    error_message = "stream_retention_hours is from 24 to 168."
  }
}
