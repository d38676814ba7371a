/** Run inside an app's sandbox: sends the bytes that it finds in a folder and leaves the answers there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawRequest } from './raw_request.ts';
import { sendAll } from './send_raw.ts';

const [folder = '.', atOnceMax = '8'] = process.argv.slice(2);
// Written by the test.
const requests = JSON.parse(readFileSync(join(folder, 'raw_requests.json'), 'utf8')) as RawRequest[];
writeFileSync(join(folder, 'raw_answers.json'), JSON.stringify(await sendAll(requests, Number(atOnceMax))));
