/** Targets of `charts/images/Dockerfile` that the charts install, and the full names that the charts' values come to. */
export const casaImages = {
  runtime: 'docker.io/library/casa-runtime:0.1.0',
  sidecar: 'docker.io/library/casa-sidecar:0.1.0',
  'node-agent': 'docker.io/library/casa-node-agent:0.1.0',
  demo: 'docker.io/library/casa-demo:0.1.0',
} as const;

export type Target = keyof typeof casaImages;

/** What the Dockerfile builds on, by the names it asks for. */
export const baseImages = {
  node: 'docker.io/library/node:24-bookworm-slim',
  envoy: 'docker.io/envoyproxy/envoy:v1.40.0',
} as const;
