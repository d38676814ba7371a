/** What the exit code of `casa` says. */
export const exitCodes = {
  ok: 0,
  /** Issues in manifests, or an expectation that was denied. */
  issues: 1,
  /** Wrong use of the command. */
  usage: 2,
  /** A broken world, or a bug. */
  error: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
