import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CasaError } from '../../policies/errors.ts';

export interface ProcessSpec {
  /** For people: `envoy of my-agent`. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly cwd: string;
  /** What it prints is appended here; null: it prints where its parent prints. */
  readonly log: string | null;
}

const tailLinesMax = 15;
const graceMs = 2_000;

/** A started process: what it said, how it ended, and how to end it with all that it started. */
export class StartedProcess {
  readonly name: string;
  readonly log: string | null;
  /** Settles when it has ended: its exit code, or 128 and more for a signal. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  #isEnded = false;

  constructor(spec: ProcessSpec) {
    const [program = '', ...argv] = spec.argv;
    const output = spec.log === null ? 'inherit' : 'pipe';
    // A group of its own: Ctrl-C reaches it through `stop` only, and `stop` reaches its children.
    this.#child = spawn(program, argv, {
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    this.name = spec.name;
    this.log = spec.log;
    if (spec.log !== null) this.#record(createWriteStream(spec.log, { flags: 'a', mode: 0o600 }));
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#tail.push(error.message);
        this.#isEnded = true;
        resolve(127);
      });
      this.#child.on('close', (code, signal) => {
        this.#isEnded = true;
        resolve(code ?? (signal === null ? 1 : 128));
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last lines it printed, for the message of its failure. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Resolves with the first line that `accept` makes something of; rejects when the process ends first. */
  firstLine<T>(accept: (line: string) => T | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const listener = (line: string) => {
        const found = accept(line);
        if (found === null) return;
        this.#listeners.delete(listener);
        resolve(found);
      };
      for (const line of this.#tail) listener(line);
      this.#listeners.add(listener);
      void this.ended.then((code) => reject(this.failure(code)));
    });
  }

  /** The error that says which process ended, how, and what it said last. */
  failure(code: number): CasaError {
    const said = this.#tail.map((line) => `\n    ${line}`).join('');
    const where = this.log === null ? '' : ` (log: ${this.log})`;
    return new CasaError('process_failed', `${this.name} ended with code ${code}${where}${said}`);
  }

  /** Ends the process and its group: asked first, then killed. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    if (!this.#isEnded) await Promise.race([this.ended, sleep(graceMs, undefined, { ref: false })]);
    this.#signal('SIGKILL');
    if (!this.#isEnded) await this.ended;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone.
    }
  }

  #record(log: WriteStream): void {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`);
        this.#tail.push(line);
        if (this.#tail.length > tailLinesMax) this.#tail.shift();
        for (const listener of this.#listeners) listener(line);
      });
    }
    this.#child.on('close', () => log.end());
  }
}
