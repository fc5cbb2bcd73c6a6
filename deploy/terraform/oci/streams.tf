# Over these several workers share the work: deploy/scale.md.
locals {
  shares = var.workers > 1
  shared_streams = {
    objects      = 3 * var.workers
    parked       = 3
    dead-letters = 1
    # One worker reads these, in order.
    detections = 1
    states     = 1
  }
}

resource "oci_streaming_stream_pool" "shared" {
  count          = local.shares ? 1 : 0
  compartment_id = var.compartment_id
  name           = "${var.name}-shared"
  kafka_settings {
    auto_create_topics_enable = false
    log_retention_hours       = var.stream_retention_hours
  }
}

resource "oci_streaming_stream" "shared" {
  for_each           = local.shares ? local.shared_streams : {}
  name               = "${var.name}-shared-${each.key}"
  partitions         = each.value
  retention_in_hours = var.stream_retention_hours
  stream_pool_id     = oci_streaming_stream_pool.shared[0].id
}
