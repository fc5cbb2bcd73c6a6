resource "oci_container_instances_container_instance" "worker" {
  count                                = var.container_instance == null ? 0 : 1
  compartment_id                       = var.compartment_id
  display_name                         = var.name
  availability_domain                  = var.container_instance.availability_domain
  shape                                = var.container_instance.shape
  container_restart_policy             = "ALWAYS"
  graceful_shutdown_timeout_in_seconds = "30"
  shape_config {
    ocpus         = var.container_instance.ocpus
    memory_in_gbs = var.container_instance.memory_in_gbs
  }
  vnics {
    subnet_id             = var.container_instance.subnet_id
    is_public_ip_assigned = false
  }
  containers {
    display_name = var.name
    image_url    = var.container_instance.image
    arguments    = ["run", "-c", "/etc/flowferry/flowferry.yaml"]
    security_context {
      security_context_type          = "LINUX"
      is_root_file_system_readonly   = true
      is_non_root_user_check_enabled = true
      run_as_user                    = 65532
      run_as_group                   = 65532
    }
    volume_mounts {
      volume_name  = "config"
      mount_path   = "/etc/flowferry"
      is_read_only = true
    }
    volume_mounts {
      volume_name = "state"
      mount_path  = "/var/lib/flowferry"
    }
    volume_mounts {
      volume_name = "tmp"
      mount_path  = "/tmp"
    }
  }
  volumes {
    name        = "config"
    volume_type = "CONFIGFILE"
    configs {
      file_name = "flowferry.yaml"
      data      = base64encode(module.settings.flowferry_yaml)
    }
  }
  # These end with the container instance: a new one reads the bucket again.
  volumes {
    name          = "state"
    volume_type   = "EMPTYDIR"
    backing_store = "EPHEMERAL_STORAGE"
  }
  volumes {
    name          = "tmp"
    volume_type   = "EMPTYDIR"
    backing_store = "EPHEMERAL_STORAGE"
  }
  depends_on = [oci_identity_policy.worker]
}
