/** What in a pod would get round its enforcement point. */
import type { V1Container, V1EphemeralContainer, V1Pod } from '@kubernetes/client-node';
import { proxyUid } from '../../../compiler/envoy/options.ts';
import { tokenAudience } from '../token_reviewer.ts';

/** Each of these lets a process change the redirection, or send past it. */
const capabilities = ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_PTRACE', 'SETUID', 'BPF', 'ALL'];
const ours = ['casa-redirect', 'casa-sidecar'];
const volumesOfOurs = ['casa-token', 'casa-run'];

/** One sentence for a person, or null. */
export function findBypass({ spec }: V1Pod): string | null {
  if (spec === undefined) return 'the pod has no spec';
  for (const flag of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const) {
    if (spec[flag] === true) return `\`${flag}\` gets round the enforcement point`;
  }
  if (spec.securityContext?.runAsUser === proxyUid) return uidMessage('the pod');
  for (const { name, hostPath, projected } of spec.volumes ?? []) {
    // The node's folders hold the tokens of every sidecar.
    if (hostPath !== undefined)
      return `volume \`${name}\` is a folder of the node: it gets round the enforcement point`;
    const token = projected?.sources?.some(
      ({ serviceAccountToken }) => serviceAccountToken?.audience === tokenAudience,
    );
    if (token === true && !volumesOfOurs.includes(name)) {
      return `volume \`${name}\` holds a token of audience \`${tokenAudience}\`, which is the enforcement point's alone`;
    }
  }
  const containers: readonly (V1Container | V1EphemeralContainer)[] = [
    ...spec.containers,
    ...(spec.initContainers ?? []).filter(({ name }) => !ours.includes(name)),
    ...(spec.ephemeralContainers ?? []),
  ];
  for (const container of containers) {
    const found = findInContainer(container);
    if (found !== null) return found;
  }
  return null;
}

function findInContainer({ name, securityContext, volumeMounts }: V1Container | V1EphemeralContainer): string | null {
  const who = `container \`${name}\``;
  if (securityContext?.privileged === true) return `${who} is privileged: it gets round the enforcement point`;
  if (securityContext?.runAsUser === proxyUid) return uidMessage(who);
  const added = (securityContext?.capabilities?.add ?? []).map((entry) => entry.toUpperCase().replace(/^CAP_/, ''));
  const forbidden = added.find((entry) => capabilities.includes(entry));
  if (forbidden !== undefined) return `${who} has the capability \`${forbidden}\`: it gets round the enforcement point`;
  const mount = volumeMounts?.find((entry) => volumesOfOurs.includes(entry.name));
  return mount === undefined ? null : `${who} mounts \`${mount.name}\`, which is of the enforcement point alone`;
}

function uidMessage(who: string): string {
  return `${who} runs as uid ${proxyUid}, which is the enforcement point's alone`;
}
