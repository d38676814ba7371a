/** The configuration files of the node's programs. Pure: paths in, text out. */
import { stringify } from 'yaml';
import { type BoxPlaces, network } from './places.ts';

export const pauseImage = 'docker.io/casa/pause:1';

/** File name below the box's folder, and its text. */
export function emitConfigs(places: BoxPlaces): { readonly [file: string]: string } {
  return {
    'containerd.toml': containerd(places),
    'cni/10-pods.conflist': JSON.stringify(cni(places)),
    'kubelet.yaml': stringify(kubelet(places)),
    // The cluster's proxy understands block YAML only.
    'kube-proxy.yaml': stringify(kubeProxy(places)),
    hosts: `127.0.0.1 localhost\n${network.nodeAddress} ${network.nodeName}\n`,
    'resolv.conf': `nameserver ${network.dnsAddress}\n`,
  };
}

function containerd(places: BoxPlaces): string {
  // oom_score_adj: a machine may withhold CAP_SYS_RESOURCE, and no pod would start.
  return `version = 2
root = "${places.folder}/containerd"
state = "/run/containerd"
[grpc]
  address = "${places.containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${pauseImage}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${places.folder}/cni"
`;
}

function cni(places: BoxPlaces): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: network.podCidr }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: `${places.folder}/cni-addresses`,
  };
  const plugins = [
    { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipam },
    { type: 'portmap', capabilities: { portMappings: true } },
  ];
  return { cniVersion: '1.0.0', name: 'pods', plugins };
}

function kubelet(places: BoxPlaces): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    containerRuntimeEndpoint: `unix://${places.containerdSocket}`,
    // Its port is open to every pod: only the API server may ask it to run something.
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: `${places.secrets}/kubelet-client.crt` },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    protectKernelDefaults: false,
    clusterDNS: [network.dnsAddress],
    clusterDomain: 'cluster.local',
    resolvConf: `${places.folder}/resolv.conf`,
    hairpinMode: 'hairpin-veth',
    podCIDR: network.podCidr,
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    serializeImagePulls: false,
    syncFrequency: '2s',
    nodeStatusUpdateFrequency: '2s',
    shutdownGracePeriod: '0s',
  };
}

function kubeProxy(places: BoxPlaces): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: places.kubeconfig },
    clusterCIDR: network.podCidr,
    bindAddress: network.nodeAddress,
    nodePortAddresses: [`${network.nodeAddress}/32`],
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
