{{- define "sid-cds.labels" -}}
app.kubernetes.io/name: sid-cds
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- define "sid-cds.selector" -}}
app.kubernetes.io/name: sid-cds
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "sid-cds.name" -}}
{{ printf "%s-sid-cds" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
