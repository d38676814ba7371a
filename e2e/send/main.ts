/** Run inside an app's sandbox: sends the requests that it finds in a folder, so many at once, and leaves the answers there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendRequest } from './send_request.ts';
import type { WireAnswer, WireRequest } from './wire_request.ts';

const [folder = '.', atOnce = '1'] = process.argv.slice(2);
// Written by the test.
const requests = JSON.parse(readFileSync(join(folder, 'requests.json'), 'utf8')) as WireRequest[];
const answers: WireAnswer[] = [];
for (let sent = 0; sent < requests.length; sent += Number(atOnce)) {
  answers.push(...(await Promise.all(requests.slice(sent, sent + Number(atOnce)).map(sendRequest))));
}
writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
