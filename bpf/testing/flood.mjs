// An app that tries to drown its own denials: sends so many datagrams as fast as it can.
// Usage: node flood.mjs CGROUP ADDRESS PORT COUNT
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [cgroup, address, port, count] = process.argv.slice(2);
writeFileSync(join(cgroup, 'cgroup.procs'), String(process.pid));
const socket = createSocket('udp4');
const sends = Array.from(
  { length: Number(count) },
  () => new Promise((resolve) => socket.send('x', Number(port), address, (error) => resolve(error?.code ?? 'ok'))),
);
const results = await Promise.all(sends);
console.log(results.filter((code) => code === 'EPERM').length);
socket.close();
