/** Errors: a broken world or a bug (DESIGN 2). One table of code, HTTP status and title; a denial is never an error. */

export const errorTable = {
  store_unavailable: { status: 503, title: 'the store is away' },
  store_migration_failed: { status: 500, title: 'the store could not be brought to this version' },
  runtime_unavailable: { status: 503, title: 'the runtime is away' },
  runtime_answer_malformed: { status: 502, title: 'the runtime answered what its contract does not say' },
  bundle_corrupt: { status: 500, title: 'a bundle could not be loaded' },
  policy_engine_failed: { status: 500, title: 'the policy engine gave no complete answer' },
  configuration_invalid: { status: 500, title: 'the configuration has mistakes' },
  semantic_check_failed: { status: 503, title: 'the semantic check gave no verdict' },
  kubernetes_unavailable: { status: 503, title: 'the API server is away' },
  mcp_unavailable: { status: 502, title: 'an MCP server did not answer as it should' },
  identity_unavailable: { status: 503, title: 'the identity provider is away' },
  identity_conflict: { status: 409, title: 'the identity provider keeps something of that name which is not ours' },
  tool_missing: { status: 500, title: 'a program that is needed here is missing' },
  kernel_refused: { status: 500, title: 'the kernel refused a program, a map or a link' },
  process_failed: { status: 500, title: 'a started program ended or did not become ready' },
  bug: { status: 500, title: 'a mistake in CASA' },
} as const;
export type ErrorCode = keyof typeof errorTable;

export class CasaError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CasaError';
    this.code = code;
  }
}

/** Closes a switch over a union: reaching it is a bug. */
export function unreachable(value: never): never {
  throw new CasaError('bug', `unreachable: ${JSON.stringify(value)}`);
}
