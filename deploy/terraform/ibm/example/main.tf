# A VPC, read by a worker wherever it runs. tofu init && tofu apply; tofu destroy takes all of it away again, the bucket with what is in it.
terraform {
  required_providers {
    ibm = {
      source = "IBM-Cloud/ibm"
    }
  }
}

variable "vpc_id" { type = string }
variable "bucket_name" { type = string }

provider "ibm" {
  region = "us-south"
}

module "flow_logs" {
  source        = "../"
  region        = "us-south"
  targets       = { vpc = var.vpc_id }
  bucket_name   = var.bucket_name
  otlp_endpoint = "https://otlp.example.com"
}

output "flowferry_yaml" {
  value = module.flow_logs.flowferry_yaml
}
