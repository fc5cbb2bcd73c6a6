module "settings" {
  source = "./settings"

  region        = var.region
  bucket        = ibm_cos_bucket.this.bucket_name
  endpoint_type = var.endpoint_type
  otlp_endpoint = var.otlp_endpoint
  inventory     = var.inventory
  logs_guid     = one(ibm_resource_instance.logs[*].guid)
}

resource "ibm_iam_service_id" "worker" {
  name        = "${var.name}-worker"
  description = "Reads the flow logs of the bucket ${var.bucket_name}"
}

# What the worker may do, and nothing else: settings/roles.json.
resource "ibm_iam_service_policy" "bucket" {
  iam_service_id = ibm_iam_service_id.worker.id
  roles          = module.settings.roles.bucket
  resource_attributes {
    name  = "serviceName"
    value = "cloud-object-storage"
  }
  resource_attributes {
    name  = "serviceInstance"
    value = local.cos_guid
  }
  resource_attributes {
    name  = "resourceType"
    value = "bucket"
  }
  resource_attributes {
    name  = "resource"
    value = ibm_cos_bucket.this.bucket_name
  }
}

resource "ibm_iam_service_policy" "logs" {
  count          = var.cloud_logs ? 1 : 0
  iam_service_id = ibm_iam_service_id.worker.id
  roles          = module.settings.roles.logs
  resource_attributes {
    name  = "serviceName"
    value = "logs"
  }
  resource_attributes {
    name  = "serviceInstance"
    value = ibm_resource_instance.logs[0].guid
  }
}

resource "ibm_iam_service_policy" "inventory" {
  count          = var.inventory ? 1 : 0
  iam_service_id = ibm_iam_service_id.worker.id
  roles          = module.settings.roles.inventory
  resource_attributes {
    name  = "serviceName"
    value = "is"
  }
}

resource "ibm_iam_service_api_key" "worker" {
  name           = "${var.name}-worker"
  iam_service_id = ibm_iam_service_id.worker.iam_id
}
