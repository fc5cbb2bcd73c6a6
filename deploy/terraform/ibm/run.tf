resource "ibm_code_engine_project" "this" {
  count             = var.code_engine == null ? 0 : 1
  name              = var.name
  resource_group_id = var.resource_group_id
}

resource "ibm_code_engine_config_map" "worker" {
  count      = var.code_engine == null ? 0 : 1
  project_id = ibm_code_engine_project.this[0].project_id
  name       = "${var.name}-config"
  data = {
    "flowferry.yaml" = module.settings.code_engine_yaml
  }
}

resource "ibm_code_engine_secret" "worker" {
  count      = var.code_engine == null ? 0 : 1
  project_id = ibm_code_engine_project.this[0].project_id
  name       = "${var.name}-key"
  format     = "generic"
  data = {
    IBMCLOUD_API_KEY = ibm_iam_service_api_key.worker.apikey
  }
}

# One instance that always runs, asked for its health from within the project only. A new instance has no ledger: it reads the look-back again.
resource "ibm_code_engine_app" "worker" {
  count                   = var.code_engine == null ? 0 : 1
  project_id              = ibm_code_engine_project.this[0].project_id
  name                    = var.name
  image_reference         = var.code_engine.image
  image_secret            = var.code_engine.image_secret
  image_port              = 9464
  managed_domain_mappings = "local"
  run_as_user             = 65532
  run_arguments           = ["run", "-c", "/etc/flowferry/flowferry.yaml"]
  scale_min_instances     = 1
  scale_max_instances     = 1
  scale_cpu_limit         = var.code_engine.cpu
  scale_memory_limit      = var.code_engine.memory
  run_env_variables {
    type      = "secret_full_reference"
    reference = ibm_code_engine_secret.worker[0].name
  }
  run_volume_mounts {
    type       = "config_map"
    name       = "config"
    mount_path = "/etc/flowferry"
    reference  = ibm_code_engine_config_map.worker[0].name
  }
  probe_liveness {
    type              = "http"
    path              = "/healthz"
    port              = 9464
    interval          = 30
    timeout           = 5
    failure_threshold = 3
  }
  depends_on = [ibm_iam_service_policy.bucket, ibm_iam_service_policy.logs]
}
