/** As `scripts/dev/cluster_steps.sh` and the charts have them. */
export const runtimeNamespace = 'casa-runtime';
export const bankNamespace = 'bank';
export const llmNamespace = 'casa-demo-llm';
