/** A tool of the bank as its MCP server describes it, offered to an LLM. */
export const offeredTool = {
  type: 'function',
  function: {
    name: 'list_transactions',
    description: 'List the latest transactions of one account, newest first',
    parameters: {
      type: 'object',
      properties: {
        account_id: { type: 'string', description: 'Account id, such as ACC-1001', pattern: '^ACC-[0-9]{4}$' },
        limit: { type: 'integer', description: 'How many at most', minimum: 1, maximum: 100 },
      },
      required: ['account_id'],
      additionalProperties: false,
    },
  },
};

/** What the LLM of the race selects for the prompt `race N`. */
export function callFor(prompt: string): { readonly account_id: string; readonly limit: number } {
  return { account_id: 'ACC-1001', limit: Number(prompt.split(' ')[1]) };
}
