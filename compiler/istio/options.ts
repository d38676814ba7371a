/** What the MAS does not say about a workload in a mesh. */
export interface IstioOptions {
  /** The unix socket of ext-authz, as istio-proxy sees it. */
  readonly checkSocket: string;
  /** JSON lines are appended here. */
  readonly accessLog: string;
}

/** As the webhook mounts it, and where istio-proxy itself logs. */
export const istioOptions: IstioOptions = { checkSocket: '/run/casa/check.sock', accessLog: '/dev/stdout' };
