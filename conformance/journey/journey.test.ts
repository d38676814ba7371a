import { decodeJwt, decodeProtectedHeader, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { setHeader } from '../../ext-authz/proto/messages.ts';
import type { CheckResult } from '../../policies/contract.ts';
import { forwarded } from './http_message.ts';
import { llmAnswer } from './llm_answer.ts';
import { phaseOf } from './phase_of.ts';
import { llmName } from './requests.ts';
import { forgedToken, unsignedToken } from './tokens.ts';

test('a request goes on without the headers that are removed and with those that are set', () => {
  const message = {
    method: 'GET',
    path: '/',
    authority: 'a:1',
    headers: { 'x-casa-a': '1', b: '2' },
    body: Buffer.of(),
  };
  const ok = { headers: [setHeader('b', '3'), setHeader('c', '4')], headers_to_remove: ['x-casa-a'] };
  const response = {
    status: { code: 0 },
    ok_response: { ...ok, response_headers_to_add: [] },
    dynamic_metadata: { fields: {} },
  };
  expect(forwarded(message, response).headers).toEqual({ b: '3', c: '4' });
});

test.each([
  ['outbound', ['DESTINATION'], 'outbound'],
  ['outbound', ['DESTINATION', 'TOKEN'], 'exchange'],
  ['outbound', ['SESSION_START'], 'issue'],
  ['inbound', ['SESSION_START'], 'issue'],
  ['inbound', ['TOKEN'], 'inbound'],
] as const)('a decision %s in which %o spoke is of phase %s', (direction, names, phase) => {
  const checks = ['SESSION_START', 'DESTINATION', 'TOKEN'].map((check): CheckResult => {
    const spoke = names.some((name) => name === check);
    return { check, outcome: spoke ? 'ALLOW' : 'ABSTAIN', reason: 'ok', detail: '' };
  });
  expect(phaseOf(direction, checks)).toBe(phase);
});

test('a streamed answer holds the arguments in pieces that make the whole', () => {
  const call = { id: 'call_1', name: 'accounts__transfer', arguments: { to: 'alice', amount: 1 } };
  const text = Buffer.concat([...llmAnswer([call], true).chunks]).toString('utf8');
  const pieces = [...text.matchAll(/^data: (\{.*\})$/gm)].flatMap(([, json = '']) => {
    const [delta] = JSON.parse(json).choices[0].delta.tool_calls ?? [];
    return delta === undefined ? [] : [delta.function.arguments];
  });
  expect(pieces.length).toBeGreaterThan(2);
  expect(JSON.parse(pieces.join(''))).toEqual(call.arguments);
});

test('a tool is spelled to the LLM by the pattern of its agent, else by its own name', () => {
  expect(llmName('{server}__{tool}', 'accounts/get_balance')).toBe('accounts__get_balance');
  expect(llmName(null, 'accounts/get_balance')).toBe('get_balance');
});

test('a forged token says what its model says, and is not signed by whom its model is', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', kid: 'k', typ: 'at+jwt' };
  const model = await new SignJWT({ aud: 'accounts', tools: ['a/b'] }).setProtectedHeader(header).sign(privateKey);
  const forged = await forgedToken(model);
  expect(decodeJwt(forged)).toEqual(decodeJwt(model));
  expect(decodeProtectedHeader(forged)).toEqual(header);
  await expect(jwtVerify(model, publicKey)).resolves.toBeDefined();
  await expect(jwtVerify(forged, publicKey)).rejects.toThrow();
  expect(decodeJwt(unsignedToken(model))).toEqual(decodeJwt(model));
});
