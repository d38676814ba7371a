import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BankRun, obstacle, startBankRun } from './bank_run.ts';
import { collectComplaints, faintTexts, openChromium } from './chromium.ts';

const reason = obstacle();
const pictures = join(import.meta.dirname, '../out');
const safe = 'casa-demo-agent';
const compromised = 'casa-demo-agent-compromised';
const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script> \u202Eknab\u202C ${'long '.repeat(400)}`;

describe.skipIf(reason !== null)(`the Explorer on a real run${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let bank: BankRun;
  let browser: Browser;
  let signedIn: BrowserContext;
  let page: Page;
  let complaints: readonly string[];
  let origin: string;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    [bank, browser] = await Promise.all([startBankRun(), openChromium()]);
    origin = new URL(bank.signInUrl).origin;
    await bank.say([
      { agent: safe, prompt: 'Get the account summary and scheduled payments' },
      { agent: safe, prompt: 'Transfer 120 EUR from ACC-1001 to Anna Schmidt' },
      { agent: compromised, prompt: 'Show me my saved beneficiaries' },
      { agent: compromised, prompt: 'What is the balance of ACC-1001?' },
      { agent: compromised, prompt: 'List the transactions of ACC-1002' },
      { agent: compromised, prompt: 'Transfer 75 EUR from ACC-1001 to Marco Rossi' },
      { agent: safe, prompt: hostile },
    ]);
    signedIn = await browser.newContext({ viewport: { width: 1360, height: 900 } });
    const first = await signedIn.newPage();
    await first.goto(bank.signInUrl);
    await first.waitForURL(`${origin}/`);
    await first.close();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await bank?.close();
  });
  beforeEach(async () => {
    page = await signedIn.newPage();
    complaints = collectComplaints(page);
  });
  afterEach(async () => {
    await page.close();
  });

  async function picture(name: string): Promise<void> {
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }

  test('without the link shows nothing but where the link is printed, and the link works once', async () => {
    const stranger = await browser.newContext();
    const view = await stranger.newPage();
    const answer = await view.goto(`${origin}/sessions`);
    expect([answer?.status(), await view.textContent('body')]).toEqual([401, expect.stringContaining('make demo')]);
    await view.goto(bank.signInUrl);
    expect(await view.textContent('body')).toContain('used already');
    expect((await stranger.cookies()).length).toBe(0);
    await stranger.close();
  });

  test('shows at first glance what was blocked, why in plain words, and what the user had asked for', async () => {
    await page.goto(origin);
    const blocked = page.locator('.blocked-list li', { hasText: 'Transfer 75 EUR' });
    await blocked.waitFor();
    const text = await blocked.textContent();
    expect(text).toContain('blocked');
    expect(text).toContain('the LLM selected this tool with other arguments than the call has');
    expect(text).toContain('Transfer 75 EUR from ACC-1001 to Marco Rossi');
    expect(await page.locator('.figure.blocked dd').textContent()).toBe('4');
    await picture('1_overview_light');
    expect(complaints).toEqual([]);
  });

  test('leads from there to the session: the words, the selection, and the call that differs from it', async () => {
    await page.goto(origin);
    await page.locator('.blocked-list a', { hasText: 'Transfer 75 EUR' }).click();
    const call = page.locator('.entry.blocked');
    await call.waitFor();
    expect(await page.locator('blockquote').textContent()).toBe('Transfer 75 EUR from ACC-1001 to Marco Rossi');
    expect(await call.locator('.why').textContent()).toContain(
      'Blocked: the LLM selected this tool with other arguments',
    );
    expect(await call.locator('.json').textContent()).toContain('BEN-2004');
    expect(await page.locator('.selections').last().textContent()).toContain('BEN-2003');
    const check = call.locator('.matrix tr.blocked').first();
    expect(await check.textContent()).toContain('DETERMINISTIC_LLM_SELECTED_TOOLS');
    expect(await check.locator('[aria-label=blocked]').count()).toBe(2);
    expect(await page.locator('.tokens').textContent()).toContain('intent token');
    await picture('4_session_light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture('5_session_dark');
    expect(complaints).toEqual([]);
  });

  test('shows a system with its apps, checks and policies, and its graph with the blocked way', async () => {
    await page.goto(`${origin}/systems`);
    await page.getByRole('link', { name: 'Bank' }).click();
    await page.locator('.apps').first().waitFor();
    expect(await page.locator('main').textContent()).toContain('DETERMINISTIC_TOOL_SELECTED');
    expect(await page.locator('main').textContent()).toContain(`for Deployment/${compromised}`);
    await picture('2_system_light');
    await page.getByRole('link', { name: 'Graph' }).click();
    await page.locator('svg.graph').waitFor();
    expect(await page.locator('svg.graph .edge.blocked').count()).toBe(1);
    expect(await page.locator('tr.has-blocked').textContent()).toContain(`${compromised} → bank-mcp`);
    await picture('3_graph_light');
    expect(complaints).toEqual([]);
  });

  test('shows hostile text as text, with what would be unseen in it, and clips what is long', async () => {
    await page.goto(`${origin}/sessions`);
    await page.getByRole('link', { name: /onerror/ }).click();
    const words = page.locator('blockquote');
    await words.waitFor();
    const clipped = (await words.textContent()) ?? '';
    expect(clipped).toContain(`<img src=x onerror="document.title='owned'"><script>`);
    expect(clipped).toContain('\\u{202e}knab\\u{202c}');
    expect(clipped.length).toBeLessThan(800);
    await words.getByRole('button').click();
    expect((await words.textContent())?.length).toBeGreaterThan(2000);
    expect([await page.title(), await page.locator('img[src=x]').count()]).toEqual(['CASA Explorer', 0]);
    expect(complaints).toEqual([]);
  });

  test('shows a new session by itself', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${origin}/sessions`);
    await page.locator('table.sessions').waitFor();
    await bank.say([{ agent: safe, prompt: 'Show the balance of ACC-1002' }]);
    await page.getByRole('link', { name: 'Show the balance of ACC-1002' }).waitFor({ timeout: 6_000 });
    await picture('6_sessions_dark');
    expect(complaints).toEqual([]);
  });

  test('is readable in light and in dark, as the system says or as was chosen', async () => {
    const backgrounds: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ['/', '/systems/bank.bank', '/systems/bank.bank/graph', '/sessions']) {
        await page.goto(origin + path);
        await page.locator('.panel').first().waitFor();
        expect({ colorScheme, path, faint: await faintTexts(page) }).toEqual({ colorScheme, path, faint: [] });
      }
      await page.goto(origin);
      await page.locator('.blocked-list a').first().click();
      await page.locator('.entry.blocked').waitFor();
      expect({ colorScheme, faint: await faintTexts(page) }).toEqual({ colorScheme, faint: [] });
      backgrounds.push(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
    }
    await page.getByRole('button', { name: 'Theme' }).click();
    const chosen = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect([new Set(backgrounds).size, chosen]).toEqual([2, backgrounds[0]]);
    await page.evaluate(() => localStorage.clear());
  });

  test('can be walked by keyboard', async () => {
    await page.goto(origin);
    await page.locator('.blocked-list').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.timeline').waitFor();
    expect(complaints).toEqual([]);
  });

  test('says so when the runtime does not answer, when there is no such thing, and after signing out', async () => {
    await page.goto(`${origin}/sessions/none`);
    await page.getByText('No such session').waitFor();
    await page.goto(`${origin}/nowhere`);
    await page.getByText('There is no such page').waitFor();
    await page.goto(origin);
    await page.locator('.panel').first().waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByText('this is what it said last').waitFor();
    await page.goto(`${origin}/sessions`);
    await page.getByText('The runtime does not answer').waitFor();
    await page.unroute('**/api/**');
    await page.locator('table.sessions').waitFor();
    const code = await fetch(`${bank.runtimeUrl}/explorer/codes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bank.adminToken}` },
    });
    const { path } = (await code.json()) as { path: string };
    const other = await browser.newContext();
    const second = await other.newPage();
    await second.goto(origin + path);
    await second.getByRole('button', { name: 'Sign out' }).click();
    await second.getByText('not signed in').waitFor();
    await other.close();
  });
});
