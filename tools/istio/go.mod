// What Istio's own API server objects are checked against in tests: no program is built of it.
module casa.io/tools/istio

go 1.25

require istio.io/api v1.31.1
