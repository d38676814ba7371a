import { CasaError } from '../../../policies/errors.ts';
import type { TracePage } from '../../../policies/trace.ts';
import { type AppRegistration, type MasRegistration, paths } from '../../../policies/wire.ts';

/** The token service's management and trace endpoints, as their operator uses them. */
export class ManagementClient {
  readonly #url: string;
  readonly #adminToken: string;

  constructor(url: string, adminToken: string) {
    this.#url = url;
    this.#adminToken = adminToken;
  }

  async applyMas(registration: MasRegistration): Promise<void> {
    await this.#send('POST', paths.mas, registration);
  }

  async deleteMas(mas: string): Promise<void> {
    await this.#send('DELETE', `${paths.mas}/${encodeURIComponent(mas)}`);
  }

  async registerApp(registration: AppRegistration): Promise<void> {
    await this.#send('POST', paths.apps, registration);
  }

  /** Events of the MAS that were stored after `after`. */
  async trace(mas: string, after: number): Promise<TracePage> {
    const query = new URLSearchParams({ mas, after: String(after), limit: '1000' });
    return (await this.#send('GET', `${paths.trace}?${query}`)) as TracePage; // the contract: policies/trace.ts
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new CasaError('configuration_invalid', `${method} ${path} answered ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
