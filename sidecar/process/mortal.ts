import { toolPath } from './tool.ts';

/** The command line that runs `argv` as it is, and dies with its parent where this machine can do that. */
export function mortal(argv: readonly string[]): readonly string[] {
  const setpriv = process.platform === 'linux' ? toolPath('setpriv') : null;
  return setpriv === null ? argv : [setpriv, '--pdeathsig', 'KILL', '--', ...argv];
}
