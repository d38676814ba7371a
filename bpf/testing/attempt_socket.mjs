// Sockets that Node has no words for, by the C library: prints `ok` or the name of the error.
// Usage: node attempt_socket.mjs CGROUP DOMAIN TYPE PROTOCOL [IPV4 PORT]   (numbers; with an address it also connects)
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

const [cgroup, domain, type, protocol, address, port] = process.argv.slice(2);
writeFileSync(join(cgroup, 'cgroup.procs'), String(process.pid));
const libc = koffi.load('libc.so.6');
const open = libc.func('int socket(int domain, int type, int protocol)');
const connect = libc.func('int connect(int fd, void *address, uint32_t size)');

const fd = open(Number(domain), Number(type), Number(protocol));
const result = fd >= 0 && address !== undefined ? connect(fd, ipv4(address, Number(port)), 16) : fd;
console.log(result >= 0 ? 'ok' : getSystemErrorName(-koffi.errno()));

function ipv4(text, number) {
  const packed = Buffer.alloc(16);
  packed.writeUInt16LE(2, 0);
  packed.writeUInt16BE(number, 2);
  packed.set(text.split('.').map(Number), 4);
  return packed;
}
