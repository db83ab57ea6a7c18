{{/* The namespace that the admission policies recognize the controller by. */}}
{{- define "team-operator-crds.namespace" -}}
{{- .Values.controllerNamespace | default .Release.Namespace -}}
{{- end -}}

{{- define "team-operator-crds.serviceAccount" -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}

{{/* Not empty where names that are left out are filled in. */}}
{{- define "team-operator-crds.stamping" -}}
{{- if eq .Values.stamping "enabled" -}}true
{{- else if eq .Values.stamping "auto" -}}
{{- if .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{- define "team-operator-crds.labels" -}}
app.kubernetes.io/name: team-operator
app.kubernetes.io/component: admission
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Kept whatever is uninstalled: without a definition every request is gone, and without a policy anybody can write approvals.
The wave orders them for Argo CD.
*/}}
{{- define "team-operator-crds.annotations" -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-wave: {{ .wave | quote }}
argocd.argoproj.io/sync-options: Prune=confirm,Delete=false
{{- end -}}
