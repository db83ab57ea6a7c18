{{- define "team-operator.selectorLabels" -}}
app.kubernetes.io/name: team-operator
app.kubernetes.io/component: controller
{{- end -}}

{{- define "team-operator.labels" -}}
{{ include "team-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "team-operator.namespace" -}}
{{- .Release.Namespace -}}
{{- end -}}

{{- define "team-operator.serviceAccount" -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}

{{/* With a digest the tag says nothing more. */}}
{{- define "team-operator.image" -}}
{{- $repository := required "image.repository is empty: set it to where you keep the image of team-operator (ci/image builds it; none is published yet)" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* What people made with the help of this chart, and requests live in: never removed by an upgrade, a rollback or an uninstallation. */}}
{{- define "team-operator.keep" -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true,Prune=false,Delete=false
{{- end -}}

{{/* The arguments that the chart sets, one a line. The variables are in the Deployment. */}}
{{- define "team-operator.arguments" -}}
run
--service-account={{ include "team-operator.serviceAccount" . }}
--health-listen=0.0.0.0:{{ .Values.ports.http }}
--log-format={{ .Values.log.format }}
{{- with .Values.log.level }}
--log-level={{ . }}
{{- end }}
{{- with .Values.aws.region }}
--aws-region={{ . }}
{{- end }}
{{- with .Values.aws.identityCenterInstanceArn }}
--identity-center-instance-arn={{ . }}
{{- end }}
{{- end -}}

{{/* Two places for one option would contradict each other sooner or later, so that the chart's own is the only one. */}}
{{- define "team-operator.checkExtras" -}}
{{- $owners := dict
  "namespace" "the namespace of the release"
  "service-account" "serviceAccount.name"
  "health-listen" "ports.http"
  "log-format" "log.format"
  "log-level" "log.level"
  "aws-region" "aws.region"
  "identity-center-instance-arn" "aws.identityCenterInstanceArn"
-}}
{{- range .Values.extraArgs -}}
{{- $option := first (splitList "=" .) | trimPrefix "--" -}}
{{- with get $owners $option -}}
{{- fail (printf "extraArgs has --%s, which the chart sets: use %s instead" $option .) -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- $name := .name -}}
{{- if eq $name "POD_NAMESPACE" -}}
{{- fail "extraEnv has POD_NAMESPACE, which the chart sets: use the namespace of the release instead" -}}
{{- end -}}
{{- range $option, $value := $owners -}}
{{- if eq $name (printf "TEAM_OPERATOR_%s" ($option | replace "-" "_" | upper)) -}}
{{- fail (printf "extraEnv has %s, which the chart sets: use %s instead" $name $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "team-operator.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
# Group of the projected token.
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "team-operator.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
