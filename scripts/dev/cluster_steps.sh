#!/usr/bin/env bash
# The steps that put CASA and the bank into the cluster that kubectl and helm lead to. `make cluster-demo` and
# local-setup-standalone.sh run these and no others. Each can be run again.
# Usage: scripts/dev/cluster_steps.sh STEP...     (no STEP: says which there are, in their order)
# CASA_HELM_FLAGS: more flags of `helm`, for the runtime's chart; words, divided by spaces.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly runtime_namespace=casa-runtime
readonly bank_namespace=bank
readonly helm_timeout=5m

# Puts the runtime, its webhooks and the CRDs into the cluster.
step_install_runtime() {
  local flags=()
  read -ra flags <<<"${CASA_HELM_FLAGS:-}"
  helm upgrade --install casa charts/casa-runtime --namespace "$runtime_namespace" --create-namespace \
    --wait --timeout "$helm_timeout" "${flags[@]}" >/dev/null
  kubectl -n "$runtime_namespace" wait --for=condition=ready pod --all --timeout=180s
}

# Tells CASA of the bank: its system and policies, then that its namespace is under enforcement.
step_apply_manifests() {
  local tries
  for tries in 1 2 3 4 5; do
    # A webhook that has just become ready may not be reached at once.
    if kubectl apply -f demo/manifests/multi_agent_system.yaml -f demo/manifests/policies.yaml; then break; fi
    if [ "$tries" = 5 ]; then return 1; fi
    sleep 2
  done
  kubectl label --overwrite namespace "$bank_namespace" casa.io/injection=enabled
  kubectl -n "$bank_namespace" wait --for=condition=Programmed multiagentsystem --all --timeout=60s
}

# Puts the bank's agents and its MCP server beside them; each pod gets its enforcement point.
step_install_bank() {
  helm upgrade --install bank charts/casa-demo --namespace "$bank_namespace" --values demo/helm/values.yaml \
    --wait --timeout "$helm_timeout" >/dev/null
  kubectl -n "$bank_namespace" wait --for=condition=ready pod --all --timeout=180s
}

# Says the prompts of demo/conversations.json to the agents.
step_talk() {
  kubectl -n "$bank_namespace" exec deployment/bank-client -c app -- node dist/demo/src/client/main.js
}

# Prints the path that signs in at the Explorer, once; the management token stays in its pod.
step_explorer_path() {
  # shellcheck disable=SC2016 # JavaScript, not the shell's
  kubectl -n "$runtime_namespace" exec deployment/casa-auth-service -- node -e '
    const token = require("fs").readFileSync("/etc/casa/runtime/admin-token", "utf8").trim();
    const headers = { authorization: `Bearer ${token}` };
    fetch("http://127.0.0.1:8000/explorer/codes", { method: "POST", headers })
      .then((answer) => answer.json())
      .then(({ path }) => console.log(path));'
}

# Takes everything out again, in the opposite order. Helm keeps CRDs and with them everybody's resources: here they go too.
step_remove() {
  helm uninstall bank --namespace "$bank_namespace" --ignore-not-found --wait --timeout "$helm_timeout" >/dev/null
  # While the runtime is there, which gives them free.
  if kubectl get customresourcedefinition multiagentsystems.casa.io >/dev/null 2>&1; then
    kubectl delete --ignore-not-found --timeout=60s -f demo/manifests/policies.yaml -f demo/manifests/multi_agent_system.yaml
  fi
  kubectl delete --ignore-not-found --timeout=120s namespace "$bank_namespace"
  helm uninstall casa --namespace "$runtime_namespace" --ignore-not-found --wait --timeout "$helm_timeout" >/dev/null
  kubectl delete --ignore-not-found --timeout=120s namespace "$runtime_namespace"
  kubectl delete --ignore-not-found --timeout=60s -f charts/casa-runtime/crds
}

readonly steps=(install_runtime apply_manifests install_bank talk explorer_path remove)

if [ $# -eq 0 ]; then
  printf '%s\n' "${steps[@]}"
  exit 0
fi
for step in "$@"; do
  if [[ ! " ${steps[*]} " == *" $step "* ]]; then
    echo "no step named \`$step\`; there are: ${steps[*]}" >&2
    exit 2
  fi
done
for step in "$@"; do "step_$step"; done
