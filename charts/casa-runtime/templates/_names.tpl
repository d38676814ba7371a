{{- define "casa.labels" -}}
app.kubernetes.io/part-of: casa
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "casa.keycloakUrl" -}}
http://casa-keycloak.{{ .Release.Namespace }}:8080
{{- end }}
{{- define "casa.secret" -}}
{{ .Values.authService.existingSecret | default "casa-runtime" }}
{{- end }}
{{- /* Of a list: the chart, and the image's name in the values. */ -}}
{{- define "casa.image" -}}
{{- $chart := index . 0 }}{{- $image := index $chart.Values.image (index . 1) }}
{{- printf "%s:%s" $image.repository ($image.tag | default $chart.Chart.AppVersion) }}
{{- end }}
{{- define "casa.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}
