/** What `casa local FILE` reads: which manifests, which processes, which conversations (`kind: casa.io/local/v1`). */

/** One app of the MAS, or one process outside every MAS (an LLM endpoint, a database), and how it runs here. */
export interface LocalApp {
  /** The app's name in its MAS, or any name when `external`. */
  readonly name: string;
  /** `namespace.name`; null: the only MAS that has an app of this name. Always null when `external`. */
  readonly mas: string | null;
  /** True: not an app of a MAS, runs without Envoy. */
  readonly external: boolean;
  /** null: nothing of its own runs; `run` steps may (a client). */
  readonly command: readonly string[] | null;
  readonly env: { readonly [name: string]: string };
  /** Relative to `project`. */
  readonly cwd: string;
  /** Where it listens; null: the port of its `baseUrl` in the MAS (an external app without port only calls). */
  readonly port: number | null;
  /** DNS names it is known by, in addition to its `baseUrl.host`; the first is what `${url:NAME}` of an external app says. */
  readonly host: readonly string[];
  /** `host`: the process runs in this machine's own network, for instance to reach the Internet. Only for external apps. */
  readonly network: 'own' | 'host';
}

/** A command in the foreground; the next one starts when it ended well. */
export interface LocalStep {
  readonly name: string;
  /** In whose network namespace, and as whose user, it runs. */
  readonly app: string;
  readonly command: readonly string[];
  readonly env: { readonly [name: string]: string };
}

/** Runs after the steps, with the rights of whoever called `casa local`. */
export interface LocalReport {
  readonly command: readonly string[];
  readonly env: { readonly [name: string]: string };
}

/** Every path is absolute, except `cwd`. */
export interface LocalFile {
  /** Files, or folders of YAML files. */
  readonly manifests: readonly string[];
  /** What the apps may read, and where their commands start. */
  readonly project: string;
  /** Where `${out}` lies; null: in the state directory. */
  readonly out: string | null;
  readonly apps: readonly LocalApp[];
  readonly run: readonly LocalStep[];
  readonly report: LocalReport | null;
}
