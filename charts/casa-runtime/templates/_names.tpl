{{- define "casa.labels" -}}
app.kubernetes.io/part-of: casa
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "casa.secret" -}}
{{ .Values.authService.existingSecret | default "casa-runtime" }}
{{- end }}
{{- define "casa.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}
