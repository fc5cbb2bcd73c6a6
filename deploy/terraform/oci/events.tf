resource "oci_streaming_stream" "objects" {
  count              = var.events ? 1 : 0
  compartment_id     = var.compartment_id
  name               = "${var.name}-objects"
  partitions         = 1
  retention_in_hours = 24
}

resource "oci_events_rule" "objects" {
  count          = var.events ? 1 : 0
  compartment_id = var.compartment_id
  display_name   = "${var.name}-objects"
  is_enabled     = true
  condition = jsonencode({
    eventType = ["com.oraclecloud.objectstorage.createobject"]
    data      = { additionalDetails = { bucketName = [var.bucket_name] } }
  })
  actions {
    actions {
      action_type = "OSS"
      is_enabled  = true
      stream_id   = oci_streaming_stream.objects[0].id
    }
  }
}

resource "oci_ons_notification_topic" "alerts" {
  count          = local.tells ? 1 : 0
  compartment_id = var.compartment_id
  name           = "${var.name}-alerts"
  description    = "What flowferry's detections tell"
}

resource "oci_ons_subscription" "slack" {
  count          = local.tells ? 1 : 0
  compartment_id = var.compartment_id
  topic_id       = oci_ons_notification_topic.alerts[0].id
  protocol       = "SLACK"
  endpoint       = var.slack_webhook_url
}
