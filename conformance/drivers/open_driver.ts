import { emitEnvoy } from '../../compiler/envoy/emit_envoy.ts';
import { unreachable } from '../../policies/errors.ts';
import type { DriverName } from '../format/behaviour.ts';
import type { Driver } from '../run/driver.ts';
import { openEnvoyDriver } from './envoy/driver.ts';
import { openGrpcDriver } from './grpc/driver.ts';
import { openInProcessDriver } from './in_process/driver.ts';

/** Opens the driver of this name; it holds a store, and sockets, until it is closed. */
export function openDriver(name: DriverName): Promise<Driver> {
  switch (name) {
    case 'in_process':
      return openInProcessDriver();
    case 'grpc':
      return openGrpcDriver();
    case 'envoy':
      return openEnvoyDriver(emitEnvoy);
    default:
      return unreachable(name);
  }
}
