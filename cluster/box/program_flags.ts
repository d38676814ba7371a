/** How each program of the box is called. Pure. */
import { type BoxPlaces, network } from './places.ts';

export interface Program {
  readonly name: string;
  readonly argv: readonly string[];
}

/** containerd, then Kubernetes in the order in which its parts need each other; `kube` is the one program of them all. */
export function programs(places: BoxPlaces, kube: string): readonly Program[] {
  const ofKube = (name: string, flags: readonly string[]) => ({ name, argv: [kube, name, ...flags] });
  const { folder, kubeconfig } = places;
  const alone = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0', '--v=1'];
  return [
    { name: 'containerd', argv: ['containerd', '-c', `${folder}/containerd.toml`] },
    ofKube('etcd', etcdFlags(folder)),
    ofKube('kube-apiserver', apiFlags(places)),
    ofKube('kube-controller-manager', [
      ...alone,
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${places.secrets}/sa.key`,
      `--root-ca-file=${places.secrets}/certs/apiserver.crt`,
    ]),
    ofKube('kube-scheduler', alone),
    ofKube('kubelet', [
      ...[`--config=${folder}/kubelet.yaml`, `--kubeconfig=${kubeconfig}`, `--root-dir=${folder}/kubelet`],
      ...[`--cert-dir=${folder}/kubelet-certs`, `--hostname-override=${network.nodeName}`],
      `--node-ip=${network.nodeAddress}`,
    ]),
    ofKube('kube-proxy', [`--config=${folder}/kube-proxy.yaml`, `--hostname-override=${network.nodeName}`]),
  ];
}

function etcdFlags(folder: string): readonly string[] {
  const [client, peer] = ['http://127.0.0.1:2379', 'http://127.0.0.1:2380'];
  return [
    ...['--data-dir', `${folder}/etcd`, '--unsafe-no-fsync', '--log-level=warn'],
    ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
    ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`],
  ];
}

function apiFlags({ secrets }: BoxPlaces): readonly string[] {
  return [
    '--etcd-servers=http://127.0.0.1:2379',
    ...[`--bind-address=${network.nodeAddress}`, `--advertise-address=${network.nodeAddress}`],
    ...[`--secure-port=${network.apiPort}`, `--cert-dir=${secrets}/certs`],
    ...[`--token-auth-file=${secrets}/tokens.csv`, '--authorization-mode=RBAC', '--anonymous-auth=false'],
    '--service-account-issuer=https://kubernetes.default.svc',
    ...[`--service-account-key-file=${secrets}/sa.pub`, `--service-account-signing-key-file=${secrets}/sa.key`],
    ...[`--service-cluster-ip-range=${network.serviceCidr}`, '--allow-privileged=true', '--profiling=false', '--v=1'],
    ...[
      `--kubelet-client-certificate=${secrets}/kubelet-client.crt`,
      `--kubelet-client-key=${secrets}/kubelet-client.key`,
    ],
    '--kubelet-preferred-address-types=InternalIP',
  ];
}
