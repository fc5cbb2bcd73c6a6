output "flowferry_yaml" {
  description = "The worker's whole configuration: tofu output -raw flowferry_yaml > flowferry.yaml"
  value       = module.settings.flowferry_yaml
}

output "api_key" {
  description = "The worker's API key, for IBMCLOUD_API_KEY: tofu output -raw api_key"
  value       = ibm_iam_service_api_key.worker.apikey
  sensitive   = true
}

output "helm_values" {
  description = "Values for the chart in deploy/helm: tofu output -raw helm_values > values.yaml. The key is in a Secret flowferry-ibm, as IBMCLOUD_API_KEY."
  value = yamlencode({
    config = module.settings.config
    env    = [{ name = "IBMCLOUD_API_KEY", valueFrom = { secretKeyRef = { name = "flowferry-ibm", key = "IBMCLOUD_API_KEY" } } }]
  })
}

output "bucket" {
  description = "Bucket of the flow logs."
  value       = ibm_cos_bucket.this.bucket_name
}

output "cloud_logs_guid" {
  description = "Instance of IBM Cloud Logs, or null."
  value       = one(ibm_resource_instance.logs[*].guid)
}
