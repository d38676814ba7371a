/** The runtime's log: JSON lines in which no token, secret or prompt can stand. */
import { type DestinationStream, type Logger, pino } from 'pino';

/** Members that are never logged, wherever a mistake puts them (two levels deep). */
const secrets = [
  'authorization',
  'client_assertion',
  'subject_token',
  'access_token',
  'token',
  'user_input',
  'userInput',
  'prompt',
  'arguments',
  'body',
  'headers',
];

export function openLogger(destination: DestinationStream, level: string): Logger {
  return pino(
    {
      level,
      base: null,
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    destination,
  );
}
