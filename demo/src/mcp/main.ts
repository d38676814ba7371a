import { endOnSignal, portOr, required } from '../http/environment.ts';
import { startBank } from './server.ts';

const bank = await startBank({
  host: '0.0.0.0',
  port: portOr(8080),
  ledgerPath: required('LEDGER'),
  now: () => new Date(),
});
endOnSignal(bank.close);
process.stdout.write(`bank: listening on port ${bank.port}\n`);
