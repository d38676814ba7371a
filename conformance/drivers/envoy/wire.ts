import { connect, createServer, type Server, type Socket } from 'node:net';
import { CasaError } from '../../../policies/errors.ts';
import { listen } from './listen.ts';
import { type Endpoint, proxyLine } from './proxy_line.ts';

/** The wire from one app's Envoy to another's: it says who connects, carries all bytes as they are, and can be listened to. */
export class Wire {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #sent = '';
  #answered = '';

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** `from` is the caller's address, `to` the callee's, and `inboundPort` where the callee's Envoy is here. */
  static async open(from: string, to: Endpoint, inboundPort: () => number | null): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server, await listen(server));
    server.on('connection', (socket) => wire.#carry(socket, proxyLine(from, to), inboundPort()));
    return wire;
  }

  /** Forgets what went over it. */
  clear(): void {
    this.#sent = '';
    this.#answered = '';
  }

  /** Something went over it since. */
  get isUsed(): boolean {
    return this.#sent !== '';
  }

  /** The bearer token of what went over it since. */
  get token(): string | null {
    return /^authorization: Bearer (\S+)\r$/im.exec(headOf(this.#sent))?.[1] ?? null;
  }

  /** What the callee's Envoy says of its decision; null: nothing went over it since. */
  get decisionId(): string | null {
    return /^x-casa-decision: (\S+)\r$/im.exec(headOf(this.#answered))?.[1] ?? null;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #carry(near: Socket, preface: string, port: number | null): void {
    if (port === null) throw new CasaError('bug', 'a wire leads to an Envoy that was not started');
    const far = connect({ host: '127.0.0.1', port });
    far.write(preface);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      // Either end may go at any time; the other is told.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (chunk) => {
      this.#sent += chunk.toString('latin1');
    });
    far.on('data', (chunk) => {
      this.#answered += chunk.toString('latin1');
    });
    near.pipe(far);
    far.pipe(near);
  }
}

function headOf(text: string): string {
  return text.slice(0, text.indexOf('\r\n\r\n') + 2);
}
