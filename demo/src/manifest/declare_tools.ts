import { isMap, isSeq, parseAllDocuments } from 'yaml';
import type { ToolDefinition } from '../mcp/tools.ts';

/** The manifest's text with the MCP server's tools declared as the server defines them; all else stays as it was. */
export function declareTools(manifest: string, server: string, tools: readonly ToolDefinition[]): string {
  const documents = parseAllDocuments(manifest);
  if (!Array.isArray(documents)) throw new Error('the manifest is empty');
  const apps = documents.map((document) => document.getIn(['spec', 'apps'])).find(isSeq);
  const app = apps?.items.filter(isMap).find((item) => item.get('name') === server);
  const root = documents.find((document) => isSeq(document.getIn(['spec', 'apps'])));
  if (app === undefined || root === undefined) throw new Error(`the manifest has no app \`${server}\``);
  app.set('tools', root.createNode(tools, { aliasDuplicateObjects: false }));
  return documents.map((document) => document.toString({ lineWidth: 120, flowCollectionPadding: false })).join('');
}
