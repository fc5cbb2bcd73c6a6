output "flowferry_yaml" {
  description = "The worker's whole configuration: tofu output -raw flowferry_yaml > flowferry.yaml"
  value       = module.settings.flowferry_yaml
}

output "helm_values" {
  description = "Values for the chart in deploy/helm: tofu output -raw helm_values > values.yaml"
  value = yamlencode({
    workloadIdentity = local.on_workload
    serviceAccount   = { create = true, name = var.worker.service_account }
    config           = module.settings.config
    networkPolicy    = { enabled = true, ports = local.on_workload ? [443] : [80, 443] }
  })
}

output "policy_statements" {
  description = "What the worker may do."
  value       = module.settings.statements
}

output "bucket" {
  description = "Bucket of the flow logs."
  value       = oci_objectstorage_bucket.this.name
}

output "stream_id" {
  description = "Stream that is told of new objects, or null."
  value       = one(oci_streaming_stream.objects[*].id)
}

output "topic_id" {
  description = "Topic that the detections tell, or null."
  value       = one(oci_ons_notification_topic.alerts[*].id)
}

output "coordination" {
  description = "What the configuration of several workers has besides, or null: tofu output -raw coordination >> flowferry.yaml. TENANCY/USER is the name of a user with an auth token."
  value = one([for pool in oci_streaming_stream_pool.shared : yamlencode({
    coordination = {
      kafka = {
        brokers = ["${pool.endpoint_fqdn}:9092"]
        sasl    = { username = "TENANCY/USER/${pool.id}", password = "$${OCI_AUTH_TOKEN}" }
        topics = {
          objects     = "${var.name}-shared-objects"
          parked      = "${var.name}-shared-parked"
          deadLetters = "${var.name}-shared-dead-letters"
          detections  = "${var.name}-shared-detections"
          states      = "${var.name}-shared-states"
        }
        retention = "${var.stream_retention_hours}h"
      }
    }
  })])
}
