/** One step of the demonstration, as it ended. */
export interface StepResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly said: string;
}

/** The steps so far; each is timed and told of, and the first that fails is thrown on. */
export class StepList {
  readonly #results: StepResult[] = [];
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  get results(): readonly StepResult[] {
    return this.#results;
  }

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const seconds = () => Math.round((performance.now() - start) / 100) / 10;
    try {
      const value = await work();
      const said = typeof value === 'string' ? value.trim() : '';
      this.#results.push({ name, passed: true, seconds: seconds(), said });
      this.#say(`✓ ${name} (${seconds()} s)`);
      return value;
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      this.#results.push({ name, passed: false, seconds: seconds(), said });
      this.#say(`✗ ${name} (${seconds()} s): ${said}`);
      throw error;
    }
  }
}
