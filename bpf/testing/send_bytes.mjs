// An enforcement point's connection: writes the parts in turn, each as a segment of its own. Joins the cgroup first.
// Usage: node send_bytes.mjs CGROUP ADDRESS PORT < JSON lines of strings
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const [cgroup, host, port] = process.argv.slice(2);
const parts = readFileSync(0, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
writeFileSync(join(cgroup, 'cgroup.procs'), String(process.pid));
const socket = connect({ host, port: Number(port), noDelay: true }, async () => {
  for (const part of parts) await new Promise((written) => socket.write(part, () => setImmediate(written)));
  socket.end();
});
socket.on('error', (error) => {
  console.log(error.code);
  process.exit();
});
socket.on('close', () => console.log('ok'));
socket.resume();
