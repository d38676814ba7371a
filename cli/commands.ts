/** The subcommands of `casa`: a line adds one. */
import type { CommandLine } from './command_line.ts';
import { compileCommand } from './compile.ts';
import { conformanceCommand } from './conformance.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { istioCommand } from './istio.ts';
import { lintCommand } from './lint.ts';
import { localCommand } from './local.ts';
import { nodeCommand } from './node.ts';

export const commands: readonly CommandLine[] = [
  lintCommand,
  compileCommand,
  diffCommand,
  explainCommand,
  conformanceCommand,
  istioCommand,
  localCommand,
  nodeCommand,
];
