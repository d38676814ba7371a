import type { MultiAgentSystem } from '../../crds/types.ts';
import { CasaError } from '../../policies/errors.ts';

/** One app of one MAS. */
export interface AppRef {
  /** `namespace.name` */
  readonly mas: string;
  readonly app: string;
}

/** The name of a MAS everywhere: `namespace.name`. */
export function masName(system: MultiAgentSystem): string {
  return `${system.metadata.namespace}.${system.metadata.name}`;
}

/** The app that a step names: short in the first system, `namespace.name/app` in any. */
export function appRef(systems: readonly MultiAgentSystem[], name: string): AppRef {
  const [mas, app] = name.includes('/') ? name.split('/') : [systems[0] && masName(systems[0]), name];
  if (mas === undefined || app === undefined) throw new CasaError('bug', `no app is named \`${name}\``);
  return { mas, app };
}

export function appKey({ mas, app }: AppRef): string {
  return `${mas}/${app}`;
}
