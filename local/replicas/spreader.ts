import { connect, createServer, type Server, type Socket } from 'node:net';
import { CasaError } from '../../policies/errors.ts';

/** A replica that does not take a connection in this time is passed over. */
const connectTimeoutMs = 1_000;

/** One loopback port before several: each connection goes to the next one that takes it. */
export class Spreader {
  readonly port: number;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #ports: readonly number[] = [];
  #next = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => void this.#spread(client));
  }

  static async open(): Promise<Spreader> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new CasaError('bug', 'a TCP server has a port');
    return new Spreader(server, address.port);
  }

  /** From now on connections go to these loopback ports; before, and when none of them answers, they are ended. */
  spreadOver(ports: readonly number[]): void {
    this.#ports = ports;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  async #spread(client: Socket): Promise<void> {
    this.#track(client);
    const first = this.#next;
    this.#next = (first + 1) % Math.max(1, this.#ports.length);
    for (let step = 0; step < this.#ports.length && !client.destroyed; step += 1) {
      const replica = await reach(this.#ports[(first + step) % this.#ports.length] ?? 0);
      if (replica === null) continue;
      this.#track(replica);
      join(client, replica);
      return;
    }
    client.destroy();
  }

  #track(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#open.delete(socket));
  }
}

/** null: nobody takes the connection. */
function reach(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const give = (found: Socket | null) => {
      clearTimeout(timer);
      socket.off('error', refuse);
      if (found === null) socket.on('error', () => undefined).destroy();
      resolve(found);
    };
    const refuse = () => give(null);
    const timer = setTimeout(refuse, connectTimeoutMs);
    socket.once('connect', () => give(socket));
    socket.once('error', refuse);
  });
}

/** Both ways; when one side is gone the other learns it at once. */
function join(client: Socket, replica: Socket): void {
  client.on('close', () => replica.destroy());
  replica.on('close', () => client.destroy());
  if (client.destroyed) replica.destroy();
  client.setNoDelay(true);
  client.pipe(replica);
  replica.pipe(client);
}
