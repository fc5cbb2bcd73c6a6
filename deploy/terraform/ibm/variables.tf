variable "region" {
  description = "Region of the VPC and the bucket, such as us-south."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]{2,5}$", var.region))
    error_message = "region is a name such as us-south."
  }
}

variable "resource_group_id" {
  description = "ID of the resource group that holds what is made here; null for the account's default."
  type        = string
  default     = null
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

variable "targets" {
  description = "IDs of what is logged, by a name of yours: VPCs, subnets, instances or network interfaces."
  type        = map(string)
  validation {
    condition     = length(var.targets) > 0 && alltrue([for name in keys(var.targets) : can(regex("^[a-z0-9-]{1,20}$", name))])
    error_message = "targets has at least one, each with a name of 1 to 20 small letters, digits and hyphens."
  }
}

variable "cos_instance_id" {
  description = "CRN of the instance of Cloud Object Storage; null makes one."
  type        = string
  default     = null
  validation {
    condition     = var.cos_instance_id == null || can(regex("^crn:v1:.*:cloud-object-storage:", var.cos_instance_id))
    error_message = "cos_instance_id is the CRN of an instance: crn:v1:…:cloud-object-storage:…"
  }
}

variable "bucket_name" {
  description = "Name of the bucket of the flow logs: it must be unique among all accounts."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name has 3 to 63 small letters, digits, dots and hyphens."
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

variable "endpoint_type" {
  description = "How the worker reaches the bucket: direct (from a VPC), private or public."
  type        = string
  default     = "direct"
  validation {
    condition     = contains(["direct", "private", "public"], var.endpoint_type)
    error_message = "endpoint_type is direct, private or public."
  }
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

variable "cloud_logs" {
  description = "Whether an instance of IBM Cloud Logs is made that the worker writes to."
  type        = bool
  default     = false
}

variable "inventory" {
  description = "Whether the worker asks for the names of resources in the region's VPCs (enrich.ibm.inventory)."
  type        = bool
  default     = false
}

variable "code_engine" {
  description = "An image, and the name of a registry secret of the project, to run the worker in Code Engine; null for none. Its ledger ends with it."
  type = object({
    image        = string
    image_secret = optional(string)
    cpu          = optional(string, "0.5")
    memory       = optional(string, "1G")
  })
  default = null
}
