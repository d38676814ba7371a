#!/usr/bin/env bash
# CASA and the bank in a cluster of your own on this machine: minikube's, or kind's with --kind. Can be run again at any time.
# Usage: scripts/dev/local-setup-standalone.sh [--kind] [--no-open] [up|check|reset]
#   up     (when nothing is said) the cluster, the images, the charts, the conversations; then the Explorer until Ctrl-C
#   check  says what is missing, and ends
#   reset  removes the cluster and all that this script keeps
# CASA_CLUSTER        the cluster's name, `casa`
# CASA_EXPLORER_PORT  where the Explorer is on this machine, 8081
# CASA_HELM_FLAGS     more flags for the runtime's chart
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly steps=scripts/dev/cluster_steps.sh
readonly dockerfile=charts/images/Dockerfile
readonly version=0.1.0
readonly node_wanted=20.19

engine=minikube
opens=yes
action=up
problems=()
forwarded=

main() {
  read_arguments "$@"
  cluster=${CASA_CLUSTER:-casa}
  explorer_port=${CASA_EXPLORER_PORT:-8081}
  check_variables
  check_tools
  if [ ${#problems[@]} -gt 0 ]; then
    printf 'cannot start:\n' >&2
    printf '  - %s\n' "${problems[@]}" >&2
    exit 1
  fi
  # A kubeconfig of its own: the user's current context stays what it is.
  export KUBECONFIG="$PWD/.casa/standalone/$engine-$cluster.kubeconfig"
  case $action in
    check) echo "nothing is missing" ;;
    reset) reset ;;
    up) up ;;
  esac
}

read_arguments() {
  local argument
  for argument in "$@"; do
    case $argument in
      --kind) engine=kind ;;
      --no-open) opens=no ;;
      up | check | reset) action=$argument ;;
      *) problems+=("unknown argument \`$argument\` (known: --kind, --no-open, up, check, reset)") ;;
    esac
  done
}

check_variables() {
  if ! [[ $cluster =~ ^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$ ]]; then
    problems+=("CASA_CLUSTER must be a name of lower-case letters, digits and dashes, not \`$cluster\`")
  fi
  if ! [[ $explorer_port =~ ^[0-9]{1,5}$ ]] || ((10#$explorer_port < 1024 || 10#$explorer_port > 65535)); then
    problems+=("CASA_EXPLORER_PORT must be a port from 1024 to 65535, not \`$explorer_port\`")
  fi
}

check_tools() {
  local tool
  for tool in "$engine" kubectl helm docker node npm; do
    if ! command -v "$tool" >/dev/null; then problems+=("\`$tool\` is not on the path"); fi
  done
  if command -v node >/dev/null && ! is_newer "$(node --version)"; then
    problems+=("Node $node_wanted or later is needed, this is $(node --version)")
  fi
  if command -v docker >/dev/null && ! docker info >/dev/null 2>&1; then
    problems+=("\`docker info\` fails: is the engine running, and may you use it?")
  fi
}

# Whether a version, such as v20.19.1, is the wanted one or a later one.
is_newer() {
  local found=${1#v}
  [ "$(printf '%s\n%s\n' "$node_wanted" "$found" | sort -V | head -n 1)" = "$node_wanted" ]
}

up() {
  mkdir -p "$(dirname "$KUBECONFIG")"
  say "cluster"
  start_cluster
  say "images"
  make_images
  say "the runtime, the bank, the conversations"
  "$steps" install_runtime apply_manifests install_bank talk
  open_explorer
}

start_cluster() {
  if [ "$engine" = kind ]; then
    if ! kind get clusters 2>/dev/null | grep -qx "$cluster"; then kind create cluster --name "$cluster"; fi
    kind export kubeconfig --name "$cluster" --kubeconfig "$KUBECONFIG"
  else
    # It goes on with a cluster that is there.
    minikube start --profile "$cluster"
  fi
}

make_images() {
  if [ ! -d node_modules ]; then npm ci --no-audit --no-fund; fi
  node scripts/install_model.mjs
  node scripts/build_bpf.mjs --if-possible
  mkdir -p .tools/models .tools/bpf
  local target image
  for target in runtime sidecar node-agent demo; do
    image="casa-$target:$version"
    docker build --file "$dockerfile" --target "$target" --tag "$image" .
    if [ "$engine" = kind ]; then
      kind load docker-image "$image" --name "$cluster"
    else
      minikube --profile "$cluster" image load "$image"
    fi
  done
}

open_explorer() {
  local link
  link="http://127.0.0.1:$explorer_port$("$steps" explorer_path)"
  kubectl -n casa-runtime port-forward service/casa-ui-explorer "$explorer_port:80" >/dev/null &
  forwarded=$!
  trap 'kill "$forwarded" 2>/dev/null || true' EXIT
  say "the Explorer, for you alone and once: $link"
  say "kubectl: export KUBECONFIG=$KUBECONFIG"
  if [ "$opens" = yes ]; then
    for opener in xdg-open open; do
      if command -v "$opener" >/dev/null; then
        sleep 1
        "$opener" "$link" >/dev/null 2>&1 || true
        break
      fi
    done
  fi
  say "Ctrl-C ends the way to the Explorer; \`reset\` removes the cluster"
  wait "$forwarded"
}

reset() {
  if [ "$engine" = kind ]; then
    kind delete cluster --name "$cluster"
  else
    minikube delete --profile "$cluster"
  fi
  rm -f "$KUBECONFIG"
}

say() {
  printf '== %s\n' "$*"
}

main "$@"
