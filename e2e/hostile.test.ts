import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileBodies } from './hostile_bodies.ts';
import { type AgentPep, pepOf, pepOfOther } from './pep.ts';
import { offeredTool } from './race/offered_tool.ts';
import type { WireAnswer, WireRequest } from './send/wire_request.ts';
import { because, obstacle, outsider, Stack, until } from './stack.ts';
import { callRequest, type ToolCall } from './tool_call.ts';

const skipped = obstacle();
const agent = 'casa-demo-agent';
/** The least that a MAS may say: an expired token is waited for. */
const tokenTtlSeconds = 30;
const expiresWithinMs = (tokenTtlSeconds + 10) * 1000;

const balance: ToolCall = { id: 'balance', name: 'get_balance', arguments: { account_id: 'ACC-1001' } };
const otherBalance: ToolCall = { ...balance, arguments: { account_id: 'ACC-1002' } };

describe.skipIf(skipped !== null)(`requests through Envoy that mean harm${because(skipped)}`, () => {
  let stack: Stack;
  let pep: AgentPep;
  /** Minted first: it expires while the other tests run. */
  let oldToken: string;
  beforeAll(async () => {
    stack = await Stack.open({ tokenTtlSeconds });
    pep = await pepOf(stack, agent);
    oldToken = await pep.toolToken('bank-mcp', balance.name, balance.arguments);
  }, 90_000);
  afterAll(() => stack?.close());

  const tokenFor = (call: ToolCall) => pep.toolToken('bank-mcp', call.name, call.arguments);

  /** Sends a request and its legitimate twin; the twin must be executed, once, and nothing else. */
  async function sendBoth(app: string, hostile: WireRequest, twin: WireRequest): Promise<WireAnswer> {
    const before = stack.ledger().length;
    const [answer, allowed] = await stack.sendAs(app, [hostile, twin]);
    expect({ twin: allowed?.status, reason: allowed?.reason }).toEqual({ twin: 200, reason: null });
    expect(allowed?.body).toContain('"result"');
    expect(stack.ledger().length - before).toBe(1);
    return answer as WireAnswer; // one answer a request
  }

  describe("from outside, straight to the server's Envoy", () => {
    const fromOutside = (call: ToolCall, token: string | null, twinToken: string) =>
      sendBoth(outsider, callRequest(call, token), callRequest(balance, twinToken));

    test('no token is denied', async () => {
      const answer = await fromOutside(balance, null, await tokenFor(balance));
      expect(answer).toMatchObject({ status: 403, reason: 'token_missing' });
    });

    test('a token signed by somebody else with the right words is denied', async () => {
      const token = await tokenFor(balance);
      const { privateKey } = await generateKeyPair('ES256');
      const { kid = '' } = decodeProtectedHeader(token);
      const header = { alg: 'ES256', kid, typ: 'at+jwt' };
      const forged = await new SignJWT(decodeJwt(token)).setProtectedHeader(header).sign(privateKey);
      expect(await fromOutside(balance, forged, token)).toMatchObject({ status: 403, reason: 'token_invalid' });
      const unsigned = new UnsecuredJWT(decodeJwt(token)).encode();
      expect(await fromOutside(balance, unsigned, token)).toMatchObject({ status: 403, reason: 'token_invalid' });
    });

    test('a token with one letter of its claims changed is denied', async () => {
      const token = await tokenFor(balance);
      const [header, claims = '', signature] = token.split('.');
      const changed = Buffer.from(claims, 'base64url')
        .toString()

        .replace('get_balance', 'get_balancf');
      const damaged = [header, Buffer.from(changed).toString('base64url'), signature].join('.');
      expect(await fromOutside(balance, damaged, token)).toMatchObject({ status: 403, reason: 'token_invalid' });
    });

    test("another MAS's token for a server and a tool of the same names is denied", async () => {
      const other = await pepOfOther(stack, 'shop.shop', 'shop-agent');
      const token = await other.toolToken('bank-mcp', balance.name, balance.arguments);
      expect(await fromOutside(balance, token, await tokenFor(balance))).toMatchObject({
        status: 403,
        reason: 'token_invalid',
      });
    });

    test('a token for another app is denied', async () => {
      expect(await fromOutside(balance, await pep.intentToken(), await tokenFor(balance))).toMatchObject({
        status: 403,
        reason: 'audience_mismatch',
      });
    });

    test('the token of another call is denied, whichever part of the call differs', async () => {
      const token = await tokenFor(balance);
      expect(await fromOutside(otherBalance, token, token)).toMatchObject({ status: 403, reason: 'token_invalid' });
      const otherTool = { ...balance, name: 'list_transactions' };
      const answer = await fromOutside(otherTool, token, token);
      expect(['token_invalid', 'tool_not_in_token']).toContain(answer.reason);
    });

    test.each(hostileBodies)('$title is denied, whatever token it has', async ({ spoil, expected }) => {
      const token = await tokenFor(balance);
      const twin = callRequest(balance, token);
      const { status, reason } = await sendBoth(outsider, spoil(twin, balance), twin);
      expect({ status, reason }).toEqual(expected);
    });
  });

  describe("from the agent's own place, through its Envoy", () => {
    const prompt = 'Watch the transactions of ACC-1001: take 20 readings';
    const selected = (index: number): ToolCall => ({
      id: `reading-${index}`,
      name: 'list_transactions',
      arguments: { account_id: 'ACC-1001', limit: index + 1 },
    });

    beforeAll(async () => {
      const [started] = await stack.sendAs(outsider, [chat(prompt)]);
      expect(started?.status).toBe(200);
      // The agent has done its part; what its LLM selects now is called by the tests.
      const [asked] = await stack.sendAs(agent, [askLlm(prompt)]);
      expect({ status: asked?.status, body: asked?.body }).toMatchObject({ status: 200 });
      expect(asked?.body).toContain('list_transactions');
    }, 30_000);

    test.each(hostileBodies.map((hostile, index) => ({ ...hostile, index })))(
      '$title is denied, though the LLM selected the call',
      async ({ spoil, expected, index }) => {
        const call = selected(index);
        const twin = callRequest(call);
        const { status, reason } = await sendBoth(agent, spoil(twin, call), twin);
        expect({ status, reason }).toEqual(expected);
      },
    );

    test('a token in the hands of the agent opens nothing that its LLM did not select', async () => {
      const call = selected(hostileBodies.length);
      const answer = await sendBoth(agent, callRequest(balance, await tokenFor(balance)), callRequest(call));
      expect(answer).toMatchObject({ status: 200, reason: 'tool_not_selected_by_llm' });
    });

    test('headers of CASA that the agent makes up say nothing', async () => {
      const call = selected(hostileBodies.length + 1);
      const hostile = callRequest(balance);
      const made = {
        'x-casa-decision': '00000000-0000-4000-8000-000000000000',
        'x-casa-app-authorization': `Bearer ${await tokenFor(balance)}`,
      };
      const answer = await sendBoth(agent, { ...hostile, headers: { ...hostile.headers, ...made } }, callRequest(call));
      expect(answer).toMatchObject({ status: 200, reason: 'tool_not_selected_by_llm' });
      expect(answer.headers['x-casa-decision']).not.toBe(made['x-casa-decision']);
    });
  });

  test(
    'a token past its time is denied',
    async () => {
      const { exp = 0 } = decodeJwt(oldToken);
      await until('the token has expired', () => Date.now() > exp * 1000 + 1_000, expiresWithinMs);
      const answer = await sendBoth(
        outsider,
        callRequest(balance, oldToken),
        callRequest(balance, await tokenFor(balance)),
      );
      expect(answer).toMatchObject({ status: 403, reason: 'token_expired' });
    },
    expiresWithinMs + 15_000,
  );
});

function chat(content: string): WireRequest {
  const headers = { 'content-type': 'application/json' };
  return { to: `${agent}:8082`, path: '/chat', headers, body: JSON.stringify({ content }) };
}

/** What the agent's own LLM client would send, with the one tool that the prompt needs. */
function askLlm(content: string): WireRequest {
  const body = { model: 'scripted', messages: [{ role: 'user', content }], tools: [offeredTool] };
  return {
    to: 'llm.example.com:8090',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
