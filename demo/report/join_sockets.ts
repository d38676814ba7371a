import type { Flow, KernelLayer, Run, SocketAttempt } from './run.ts';

/** One socket that an agent opened by itself, as `report.json` has it. */
export interface ReportedSocket extends SocketAttempt {
  readonly agent: string;
  readonly prompt: string;
  /** The kernel's own record of the refusal; null: there is none. */
  readonly flow_event_id: string | null;
}

/** What the agent saw at its sockets beside what the kernel says that it refused: each record is used once. */
export function joinSockets(run: Run): readonly ReportedSocket[] {
  const unused = new Set(run.trace.filter((event): event is Flow => event.kind === 'flow' && event.verdict === 'deny'));
  return run.conversations.flatMap(({ agent, prompt, sockets }) =>
    sockets.map((socket) => {
      const flow = [...unused].find((one) => one.app === agent && isSame(one, socket));
      if (flow !== undefined) unused.delete(flow);
      return { agent, prompt, ...socket, flow_event_id: flow?.eventId ?? null };
    }),
  );
}

function isSame(flow: Flow, socket: SocketAttempt): boolean {
  return flow.proto === socket.proto && flow.destination === socket.address && flow.port === socket.port;
}

/** Where the kernel layer is on, every attempt got EPERM and the kernel said so. */
export function judgeSockets(kernel: KernelLayer, sockets: readonly ReportedSocket[]): readonly string[] {
  if (!kernel.on) return [];
  if (sockets.length === 0) return ['case (v): no socket was opened past the proxy'];
  return sockets.flatMap(({ proto, host, port, outcome, flow_event_id }) => {
    const what = `case (v): ${proto} to \`${host}:${port}\``;
    if (outcome !== 'EPERM') return [`${what} got ${outcome}, not EPERM`];
    return flow_event_id === null ? [`${what} is in no flow of the kernel`] : [];
  });
}
