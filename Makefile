# Two commands do everything, set-up included: `make demo` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help setup build demo cluster-demo test lint format policies clean

ONCE ?=
CLUSTER ?=
IDP ?=
# postgres: a PostgreSQL server of the demo's own, and REPLICAS runtimes on it.
STORE ?= embedded
REPLICAS ?= $(if $(filter postgres,$(STORE)),2,1)
ENVOY := .tools/envoy-1.40.0/envoy
INSTALLED := node_modules/.package-lock.json
MODEL := .tools/models/all-MiniLM-L6-v2/config.json

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: build $(ENVOY) $(MODEL) ## run the bank behind CASA on this machine (ONCE=1: end after the conversations; IDP=keycloak: with a Keycloak; STORE=postgres: two runtimes on a PostgreSQL)
	@node scripts/install_packages.mjs $(if $(filter postgres,$(STORE)),--postgres)
	@node scripts/build_bpf.mjs --if-possible >/dev/null
	$(if $(filter keycloak,$(IDP)),@node scripts/install_keycloak.mjs)
	@node dist/cli/main.js local demo/local.yaml $(if $(ONCE),--once) $(if $(IDP),--idp $(IDP)) --store $(STORE) --replicas $(REPLICAS)

cluster-demo: build $(ENVOY) $(MODEL) ## the same in a one-node Kubernetes on this machine (ONCE=1: end, with everything removed)
	@node scripts/install_packages.mjs --tests --cluster
	@node scripts/kube.mjs --build
	@node scripts/install_helm.mjs >/dev/null
	@node scripts/install_node.mjs
	@node scripts/build_bpf.mjs --if-possible
	@node dist/cluster/main.js $(if $(ONCE),--once)

test: build $(ENVOY) $(MODEL) ## run every test, those against the real parts included (CLUSTER=1: the cluster demo too)
	@node scripts/install_packages.mjs --tests --cluster
	@node scripts/opa.mjs --build >/dev/null
	@node scripts/kube.mjs --build
	@node scripts/install_keycloak.mjs
	@node scripts/install_helm.mjs >/dev/null
	@node scripts/install_istio_crds.mjs >/dev/null
	@node scripts/test.mjs $(if $(CLUSTER),--cluster)

build: $(INSTALLED) ## compile to dist/ and link `npx casa`
	@node scripts/build.mjs

lint: $(INSTALLED) ## check format, style, floors, types and dead code
	@npm run --silent lint
	@npm run --silent knip

format: $(INSTALLED) ## write the house format
	@npm run --silent format

policies: $(INSTALLED) ## compile the Rego to policies/policy.wasm with OPA
	@node scripts/policies.mjs

clean: ## remove what was built and downloaded
	rm -rf dist node_modules .tools .casa coverage

$(INSTALLED): package-lock.json package.json .npmrc
	@echo "installing npm packages"
	@npm ci --silent --no-audit --no-fund
	@touch $@

$(ENVOY): $(INSTALLED)
	@node scripts/install_envoy.mjs

# Without it the demo still runs, and says what is then refused.
$(MODEL): | $(INSTALLED)
	@node scripts/install_model.mjs || true
