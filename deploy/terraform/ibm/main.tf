locals {
  cos_instance_id = var.cos_instance_id == null ? ibm_resource_instance.cos[0].id : var.cos_instance_id
  # The part of a CRN that names the instance.
  cos_guid = element(split(":", local.cos_instance_id), 7)
}

resource "ibm_resource_instance" "cos" {
  count             = var.cos_instance_id == null ? 1 : 0
  name              = "${var.name}-cos"
  service           = "cloud-object-storage"
  plan              = "standard"
  location          = "global"
  resource_group_id = var.resource_group_id
}

resource "ibm_cos_bucket" "this" {
  bucket_name          = var.bucket_name
  resource_instance_id = local.cos_instance_id
  region_location      = var.region
  storage_class        = "smart"
  force_delete         = true
  expire_rule {
    rule_id = "${var.name}-retention"
    enable  = true
    days    = var.retention_days
  }
}

# The collectors write into the bucket.
resource "ibm_iam_authorization_policy" "collector" {
  source_service_name         = "is"
  source_resource_type        = "flow-log-collector"
  target_service_name         = "cloud-object-storage"
  target_resource_instance_id = local.cos_guid
  roles                       = ["Writer"]
}

resource "ibm_is_flow_log" "this" {
  for_each       = var.targets
  name           = "${var.name}-${each.key}"
  target         = each.value
  storage_bucket = ibm_cos_bucket.this.bucket_name
  active         = true
  resource_group = var.resource_group_id
  depends_on     = [ibm_iam_authorization_policy.collector]
}

resource "ibm_resource_instance" "logs" {
  count             = var.cloud_logs ? 1 : 0
  name              = "${var.name}-logs"
  service           = "logs"
  plan              = "standard"
  location          = var.region
  resource_group_id = var.resource_group_id
}
