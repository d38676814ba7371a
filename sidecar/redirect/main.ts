#!/usr/bin/env node
/** `casa-redirect [--remove] INBOUND_PORT OUTBOUND_PORT PROXY_UID`: the init container of a pod under enforcement. */
import { parseArgs } from 'node:util';
import { CasaError } from '../../policies/errors.ts';
import { applyRedirection, readResolvers, removeRedirection } from './apply.ts';

const usage = 'usage: casa-redirect [--remove] INBOUND_PORT OUTBOUND_PORT PROXY_UID';
const portMax = 65_535;
const uidMax = 4_294_967_294;

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { remove: { type: 'boolean' } } });
  if (values.remove === true) await removeRedirection();
  else await applyRedirection({ ...parseNumbers(positionals), resolvers: readResolvers() });
} catch (error) {
  process.stderr.write(`casa-redirect: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function parseNumbers(words: readonly string[]) {
  const [inboundPort = 0, outboundPort = 0, proxyUid = 0] = words.map((word) => (/^\d{1,10}$/.test(word) ? +word : 0));
  const ports = [inboundPort, outboundPort];
  const isGood = ports.every((port) => port > 0 && port <= portMax) && proxyUid > 0 && proxyUid <= uidMax;
  if (words.length !== 3 || inboundPort === outboundPort || !isGood)
    throw new CasaError('configuration_invalid', usage);
  return { inboundPort, outboundPort, proxyUid };
}
