/** A TCP endpoint as a pod would have it. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Of no particular process. */
export const somePort = 40_000;

/** What a connection says first of who connects and whereto (PROXY protocol, version 1). */
export function proxyLine(from: string, to: Endpoint): string {
  return `PROXY TCP4 ${from} ${to.address} ${somePort} ${to.port}\r\n`;
}
