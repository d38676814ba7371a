/** The variable's value; throws when it is unset or empty. */
export function required(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`the environment has no \`${name}\``);
  return value;
}

/** `PORT`, or the given one. */
export function portOr(port: number, env: NodeJS.ProcessEnv = process.env): number {
  const value = env.PORT === undefined || env.PORT === '' ? port : Number(env.PORT);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new Error(`\`PORT\` is no port: \`${env.PORT}\``);
  return value;
}

/** Ends the process when its keeper asks for it; open connections are cut. */
export function endOnSignal(close: () => Promise<void>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
