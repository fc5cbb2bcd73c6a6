{{- define "flowferry.name" -}}
{{- if contains "flowferry" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-flowferry" (.Release.Name | trunc 42 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "flowferry.selector" -}}
app.kubernetes.io/name: flowferry
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "flowferry.labels" -}}
{{ include "flowferry.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "flowferry.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "flowferry.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "flowferry.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* flowferry.yaml: what the chart sets goes over what the values have. */}}
{{- define "flowferry.config" -}}
{{- $own := dict "ledger" (dict "path" "/var/lib/flowferry/flowferry.db") "telemetry" (dict "listen" "0.0.0.0:9464") -}}
{{- if .Values.events.enabled -}}
{{- $_ := set $own "intake" (dict "listen" "0.0.0.0:9465") -}}
{{- end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $own) -}}
{{- end -}}
