resource "oci_streaming_stream" "objects" {
  count              = var.events ? 1 : 0
  compartment_id     = var.compartment_id
  name               = "${var.name}-objects"
  partitions         = 1
  retention_in_hours = 24
}

# To a worker that listens (intake.listen): a hint to look at once.
resource "oci_ons_notification_topic" "objects" {
  count          = local.wakes ? 1 : 0
  compartment_id = var.compartment_id
  name           = "${var.name}-objects"
  description    = "Objects that were stored, for flowferry's intake.listen"
}

resource "oci_ons_subscription" "objects" {
  count          = local.wakes ? 1 : 0
  compartment_id = var.compartment_id
  topic_id       = oci_ons_notification_topic.objects[0].id
  protocol       = "CUSTOM_HTTPS"
  endpoint       = var.events_url
}

resource "oci_events_rule" "objects" {
  count          = var.events || local.wakes ? 1 : 0
  compartment_id = var.compartment_id
  display_name   = "${var.name}-objects"
  is_enabled     = true
  condition = jsonencode({
    eventType = ["com.oraclecloud.objectstorage.createobject", "com.oraclecloud.objectstorage.updateobject"]
    data      = { additionalDetails = { bucketName = [var.bucket_name] } }
  })
  actions {
    dynamic "actions" {
      for_each = oci_streaming_stream.objects
      content {
        action_type = "OSS"
        is_enabled  = true
        stream_id   = actions.value.id
      }
    }
    dynamic "actions" {
      for_each = oci_ons_notification_topic.objects
      content {
        action_type = "ONS"
        is_enabled  = true
        topic_id    = actions.value.id
      }
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
