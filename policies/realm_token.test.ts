import { expect, test } from 'vitest';
import { openRealmToken, realmTokenMarginSeconds, realmUrl } from './realm_token.ts';

const lifeSeconds = 300;

/** A realm that numbers its tokens, asked by one client. */
function realmOf(answer: (asked: number) => Response) {
  const clock = { ms: 0 };
  const forms: URLSearchParams[] = [];
  const asked: typeof fetch = async (_url, init) => {
    forms.push(new URLSearchParams(String(init?.body)));
    return answer(forms.length);
  };
  const token = openRealmToken({
    realmUrl: realmUrl('https://id.example.com', 'bank.demo'),
    assertion: async () => `assertion-${forms.length + 1}`,
    fetch: asked,
    monotonicMs: () => clock.ms,
  });
  return { clock, forms, token };
}

test('a realm is asked once, with an assertion, and again shortly before the token ends', async () => {
  const { clock, forms, token } = realmOf((asked) =>
    Response.json({ access_token: `t${asked}`, expires_in: lifeSeconds }),
  );
  expect(await Promise.all([token(), token()])).toEqual(['t1', 't1']);
  clock.ms = (lifeSeconds - realmTokenMarginSeconds) * 1000 - 1;
  expect(await token()).toBe('t1');
  clock.ms += 1;
  expect(await token()).toBe('t2');
  expect(forms.map((form) => [form.get('grant_type'), form.get('client_assertion')])).toEqual([
    ['client_credentials', 'assertion-1'],
    ['client_credentials', 'assertion-2'],
  ]);
});

test('a refusal, an answer without a token and a realm that is away give no token, and the next try may', async () => {
  const answers = [
    () => Response.json({ error: 'invalid_client' }, { status: 401 }),
    () => Response.json({ access_token: 't' }),
    () => {
      throw new TypeError('fetch failed');
    },
    () => Response.json({ access_token: 'good', expires_in: lifeSeconds }),
  ];
  const { token } = realmOf((asked) => answers[asked - 1]?.() ?? Response.error());
  for (let failures = 0; failures < 3; failures += 1) {
    await expect(token()).rejects.toMatchObject({ code: 'runtime_unavailable' });
  }
  expect(await token()).toBe('good');
});
