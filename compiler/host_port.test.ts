import { describe, expect, test } from 'vitest';
import { classifyHost, parseHostPort } from './host_port.ts';
import { parseCidr } from './policy/resolve_endpoint.ts';

describe('hosts', () => {
  test('a port is taken from the text, else from the default, and is never out of range', () => {
    expect(parseHostPort('SVC:8080', 443)).toEqual({ host: 'svc', port: 8080 });
    expect(parseHostPort('svc', 443)).toEqual({ host: 'svc', port: 443 });
    for (const text of ['svc:0', 'svc:65536', 'svc:']) expect(parseHostPort(text, 443)).toBeNull();
  });

  test('Services are told from names outside the cluster', () => {
    const service = (name: string, namespace: string) => ({ kind: 'service', name, namespace });
    expect(classifyHost('a', 'bank')).toEqual(service('a', 'bank'));
    expect(classifyHost('a.bank', 'bank')).toEqual(service('a', 'bank'));
    expect(classifyHost('a.other.svc', 'bank')).toEqual(service('a', 'other'));
    expect(classifyHost('a.other.svc.cluster.local', 'bank')).toEqual(service('a', 'other'));
    expect(classifyHost('api.example', 'bank')).toEqual({ kind: 'fqdn', fqdn: 'api.example' });
    expect(classifyHost('a.other.svc.example.com', 'bank')).toMatchObject({ kind: 'fqdn' });
    expect(classifyHost('10.0.0.1', 'bank')).toEqual({ kind: 'address', cidr: '10.0.0.1/32' });
  });

  test('address prefixes are IPv4 or plain IPv6', () => {
    expect(parseCidr('10.0.0.0/8')).toBe('10.0.0.0/8');
    expect(parseCidr('FD00::/8')).toBe('fd00::/8');
    for (const text of ['10.0.0.0/33', '10.0.0/8', '::ffff:10.0.0.0/104', '0:0:0:0:0:ffff::/96', 'fd00::/129', 'x/1']) {
      expect(parseCidr(text)).toBeNull();
    }
  });
});
