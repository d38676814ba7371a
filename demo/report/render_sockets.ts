import type { ReportedSocket } from './join_sockets.ts';
import type { KernelLayer } from './run.ts';

/** A line for each socket that an agent opened past its proxy, and whether the kernel layer was there. */
export function renderSockets(kernel: KernelLayer, sockets: readonly ReportedSocket[]): string {
  const heading = kernel.on ? 'sockets past the proxy, refused by the kernel:' : `kernel layer off: ${kernel.because}`;
  const lines = sockets.map(({ agent, proto, host, port, outcome, flow_event_id }) => {
    const seen = flow_event_id === null ? '' : `  flow ${flow_event_id}`;
    return `  ${agent}  ${proto} ${host}:${port}  ${outcome}${seen}`;
  });
  return [heading, ...lines].join('\n');
}
