// An app's attempt, by nothing but Node: prints `ok` or the error's code. Joins the cgroup first, as a container's first process does.
// Usage: node attempt.mjs CGROUP tcp|udp|udp-connected ADDRESS PORT
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { connect, isIPv6 } from 'node:net';
import { join } from 'node:path';

const [cgroup, how, address, port] = process.argv.slice(2);
writeFileSync(join(cgroup, 'cgroup.procs'), String(process.pid));
const end = (word) => {
  console.log(word);
  process.exit();
};

if (how === 'tcp') {
  const socket = connect({ host: address, port: Number(port) }, () => end('ok'));
  socket.on('error', (error) => end(error.code));
} else {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('error', (error) => end(error.code));
  const sent = (error) => end(error?.code ?? 'ok');
  if (how === 'udp') socket.send('x', Number(port), address, sent);
  else socket.connect(Number(port), address, (error) => (error ? end(error.code) : socket.send('x', sent)));
}
