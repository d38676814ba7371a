import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pauseImage } from '../box/emit_configs.ts';
import { casaFolder } from '../casa_folder.ts';
import { runTool } from '../run_tool.ts';
import { writeOciArchive } from './oci_archive.ts';

const corednsImage = 'docker.io/casa/coredns:1';

/** Archives of what the node itself runs as pods; built by Go when their sources changed. */
export async function boxImages(): Promise<readonly string[]> {
  const built = await runTool(process.execPath, [join(casaFolder, 'scripts/go_program.mjs'), 'pause', 'coredns']);
  const folder = join(casaFolder, '.tools/images');
  const [pause = '', coredns = ''] = built.trim().split('\n');
  return Promise.all([
    oneProgram(pause, '/pause', pauseImage, join(folder, 'pause.tar')),
    oneProgram(coredns, '/coredns', corednsImage, join(folder, 'coredns.tar')),
  ]);
}

async function oneProgram(program: string, path: string, name: string, archive: string): Promise<string> {
  const tree = mkdtempSync(join(tmpdir(), 'casa-image-'));
  try {
    mkdirSync(join(tree, 'etc'));
    cpSync(program, join(tree, path));
    await writeOciArchive(tree, name, archive, { Entrypoint: [path] });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return archive;
}
