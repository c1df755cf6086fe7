# The lab's commands. Every one that touches a cluster names its context, so that no other cluster is touched by accident.
CLUSTER ?= minikube
# The minikube profile, the kind cluster and the namespace all have this name.
LAB := lab

CONTEXT.minikube := $(LAB)
CONTEXT.kind := kind-$(LAB)
CONTEXT = $(or $(CONTEXT.$(CLUSTER)),$(error say which cluster: CONTEXT=<name>, see kubectl config get-contexts))
KUBECTL = kubectl --context $(CONTEXT)
OVERLAY := overlays/$(CLUSTER)

# The tag is named once, in base/kustomization.yaml.
TAG := $(shell awk '/name: custom-nginx/ {getline; print $$2}' base/kustomization.yaml)
IMAGE := custom-nginx:$(TAG)
ARCHIVE := build/custom-nginx.tar
PLATFORMS := linux/amd64,linux/arm64

SERVICE := nginx
PORT := 8081
TIMEOUT := 10m
MYSQL_KEYS := root-password replication-password
DOCKER_CONFIG_JSON := $(HOME)/.docker/config.json

ifeq ($(filter $(CLUSTER),minikube kind registry),)
$(error CLUSTER is minikube, kind or registry, not "$(CLUSTER)")
endif

.NOTPARALLEL:
.PHONY: $(shell awk -F: '/^[a-z0-9-]+:/ {print $$1}' Makefile)

help: ## Show this help
	@awk 'BEGIN {FS = ":[^#]*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' Makefile
	@printf '\nCLUSTER=minikube|kind|registry chooses the overlay; now %s.\n' '$(CLUSTER)'

##@ Without a cluster

check: ## Judge every overlay with labcheck
	go run ./tools/labcheck

test: check ## Run every test that needs no cluster
	go vet ./... && go vet -tags e2e ./...
	go tool gotestsum --format pkgname-and-test-fails -- -vet=off -ldflags=-w ./...

race: ## Run what runs in parallel under the race detector
	go test -race -run 'Parallel|Concurrent|Shared|LabIsClean' $(addprefix ./tools/labcheck/internal/,check overlay schema cli)

mutants: ## Break every line of the lab and write to docs/mutants.md what labcheck finds: 20 minutes
	GOGC=400 go run ./tools/labcheck/mutants

bench: ## Measure what labcheck costs beside kubectl kustomize and kubeconform: docs/cost.md; some minutes
	go run ./tools/labcheck/bench

docs: ## Make again what is generated from the code: schemas, README, expected outputs
	go generate ./...
	go run ./tools/labcheck docs

##@ The image custom-nginx

image: image-$(CLUSTER) ## Build the image where the cluster finds it

image-minikube:
	minikube --profile $(LAB) image build --tag $(IMAGE) images/custom-nginx

# One platform and no attestation: kind cannot load an image of several parts from Docker's containerd image store.
image-kind:
	BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build --tag $(IMAGE) images/custom-nginx
	mkdir -p build && docker image save --output $(ARCHIVE) $(IMAGE)
	kind load image-archive $(ARCHIVE) --name $(LAB)

image-registry: push

push: ## Build for amd64 and arm64 and push: REGISTRY=docker.io/<account>
	docker buildx build --platform $(PLATFORMS) --tag $(or $(REGISTRY),$(error say where to: REGISTRY=docker.io/<account>))/$(IMAGE) --push images/custom-nginx

##@ The lab on a cluster (CLUSTER=minikube or kind)

up: cluster image apply ready ## Create the cluster if absent, build the image, apply the lab, wait until it is ready

cluster: cluster-$(CLUSTER) ## Create the cluster if absent

cluster-minikube:
	minikube start --profile $(LAB) --cpus 2 --memory 4g

cluster-kind:
	kind get clusters | grep -qx $(LAB) || kind create cluster --config overlays/kind/cluster.yaml

cluster-registry:
	@echo 'overlays/registry is for a cluster that exists; use: make apply CLUSTER=registry CONTEXT=<name>' >&2; exit 2

apply: ## Apply the overlay
	$(KUBECTL) apply -k $(OVERLAY)

ready: ## Wait until every Pod is ready
	$(KUBECTL) -n $(LAB) wait --for=condition=Ready pod/nginx pod/pod-network --timeout=$(TIMEOUT)
	$(KUBECTL) -n $(LAB) rollout status deployment/custom-nginx --timeout=$(TIMEOUT)
	$(KUBECTL) -n $(LAB) rollout status statefulset/mysql --timeout=$(TIMEOUT)

verify: ## Prove every task on the cluster, or say what is wrong and at which line
	go run ./tools/labcheck verify $(OVERLAY) --context $(CONTEXT)

e2e: ## Prove every task on a real cluster, deleting namespace lab before: KUBECONFIG=<file>
	@test -n "$$KUBECONFIG" || { echo 'e2e deletes and creates namespace lab; say on which cluster: make e2e KUBECONFIG=<file>' >&2; exit 2; }
	go tool gotestsum --format standard-verbose -- -tags e2e -count=1 -timeout 45m -p 1 ./test/e2e ./tools/labcheck/internal/apiserver ./tools/labcheck/internal/apiserver/native ./tools/labcheck/internal/diff

drill: ## Break the lab on a real cluster in all ways of docs/drills, and repair it: KUBECONFIG=<file>; RECORD=-update records
	@test -n "$$KUBECONFIG" || { echo 'drill breaks, and may delete, namespace lab; say on which cluster: make drill KUBECONFIG=<file>' >&2; exit 2; }
	go tool gotestsum --format standard-verbose -- -tags e2e -count=1 -timeout 150m ./tools/labcheck/internal/drill $(RECORD)

harmless: ## Try on a real cluster what docs/mutants.md calls harmless, deleting namespace lab before: KUBECONFIG=<file>; 40 minutes
	@test -n "$$KUBECONFIG" || { echo 'harmless deletes and creates namespace lab; say on which cluster: make harmless KUBECONFIG=<file>' >&2; exit 2; }
	go tool gotestsum --format standard-verbose -- -tags e2e -count=1 -timeout 150m -run TestHarmlessOnCluster ./tools/labcheck/internal/mutants

e2e-gitops: ## Sync the lab with the real Flux and Argo CD, deleting namespace lab before: KUBECONFIG=<file> BUILD_IMAGE=<program>
	go tool gotestsum --format standard-verbose -- -tags e2e -count=1 -timeout 45m -run '$(ENGINE)' ./test/gitops

page: image ## Build the image again and replace the running Pods, after index.html changed
	$(KUBECTL) -n $(LAB) rollout restart deployment/custom-nginx
	$(KUBECTL) -n $(LAB) rollout status deployment/custom-nginx --timeout=$(TIMEOUT)

##@ Reaching it

forward: ## Reach a Service at localhost, without sudo: SERVICE=nginx PORT=8081
	$(KUBECTL) -n $(LAB) port-forward service/$(SERVICE) $(PORT):80

url: url-$(CLUSTER) ## Print an address of the page, without sudo

url-minikube:
	minikube --profile $(LAB) service custom-nginx --namespace $(LAB) --url

url-kind:
	@echo http://localhost:8080

url-registry:
	$(KUBECTL) -n $(LAB) get service custom-nginx -o 'jsonpath=http://{.status.loadBalancer.ingress[0].ip}{.status.loadBalancer.ingress[0].hostname}{"\n"}'

tunnel: tunnel-$(CLUSTER) ## Give the LoadBalancer an address (minikube; may ask for your sudo password)

tunnel-minikube:
	@echo 'Asks for the sudo password of this machine where port 80 needs it; without sudo: make url. Stop with Ctrl-C.'
	minikube --profile $(LAB) tunnel

tunnel-kind tunnel-registry:
	@echo 'No tunnel is needed here; the address of the page: make url CLUSTER=$(CLUSTER)'

##@ Secrets of a shared cluster (CLUSTER=registry CONTEXT=<name>)

secrets: mysql-secret pull-secret ## Create both Secrets that overlays/registry refers to

mysql-secret: ## Create Secret mysql with random passwords, or those of MYSQL_ENV_FILE; one that exists stays
	$(KUBECTL) get namespace $(LAB) >/dev/null 2>&1 || $(KUBECTL) apply -f base/namespace.yaml
	$(KUBECTL) -n $(LAB) get secret mysql >/dev/null 2>&1 || { $(MYSQL_PASSWORDS); } | $(KUBECTL) -n $(LAB) create secret generic mysql --from-env-file=/dev/stdin

# Only names are on a command line: the shell's own printf and pipes carry the values.
RANDOM_PASSWORDS = for key in $(MYSQL_KEYS); do printf '%s=%s\n' "$$key" "$$(LC_ALL=C tr -dc A-Za-z0-9 </dev/urandom | head -c 32)"; done
MYSQL_PASSWORDS = $(if $(MYSQL_ENV_FILE),cat '$(MYSQL_ENV_FILE)',$(RANDOM_PASSWORDS))

pull-secret: ## Create or renew Secret registry-credentials from DOCKER_CONFIG_JSON (an ECR login lasts 12 hours)
	@grep -q '"auth"' '$(DOCKER_CONFIG_JSON)' || { echo '$(DOCKER_CONFIG_JSON) holds no login (Docker may keep it in a credential store); see overlays/registry/README.md' >&2; exit 2; }
	$(KUBECTL) get namespace $(LAB) >/dev/null 2>&1 || $(KUBECTL) apply -f base/namespace.yaml
	$(KUBECTL) -n $(LAB) create secret generic registry-credentials --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson='$(DOCKER_CONFIG_JSON)' --dry-run=client -o yaml | $(KUBECTL) apply --server-side --force-conflicts -f -

##@ Cleaning up

ASK = printf 'Type yes to delete: '; read answer; test "$$answer" = yes || { echo 'Nothing deleted.'; exit 1; }

# The lab's objects outside its namespace, of every overlay that was applied.
POLICIES = validatingadmissionpolicybindings,validatingadmissionpolicies --selector app.kubernetes.io/part-of=kube-lab

down: ## Remove what runs; Secrets and MySQL's data stay, and `make apply` brings the lab back
	$(KUBECTL) -n $(LAB) delete all,poddisruptionbudgets --all
	$(KUBECTL) -n $(LAB) get persistentvolumeclaims

reset: ## Delete namespace lab with all data in it (asks)
	@echo 'This deletes from context $(CONTEXT): namespace $(LAB), its Pods, Services and Secrets, the policies of the lab, and these claims with every row in them:'
	@$(KUBECTL) -n $(LAB) get persistentvolumeclaims
	@$(ASK); $(KUBECTL) delete namespace $(LAB) --ignore-not-found && $(KUBECTL) delete $(POLICIES)

destroy: destroy-$(CLUSTER) ## Delete the whole local cluster (asks)

destroy-minikube:
	@echo 'This deletes the minikube profile $(LAB) with all data in it.'
	@$(ASK); minikube delete --profile $(LAB)

destroy-kind:
	@echo 'This deletes the kind cluster $(LAB) with all data in it.'
	@$(ASK); kind delete cluster --name $(LAB)

destroy-registry:
	@echo 'A shared cluster is not deleted from here.' >&2; exit 2
