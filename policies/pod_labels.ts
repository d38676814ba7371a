/** How a pod says which app of which MAS it is; the webhook that injects enforcement points writes them. */
export const masLabel = 'casa.io/mas';
export const appLabel = 'casa.io/app';

/** The name of the MAS without its namespace. */
export function masNameIn(mas: string, namespace: string): string {
  return mas.slice(namespace.length + 1);
}

/** Whether a pod can be labelled so (Kubernetes: labels and selectors). */
export function isLabelValue(text: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text);
}
