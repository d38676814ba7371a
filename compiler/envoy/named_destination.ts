import { CasaError } from '../../policies/errors.ts';
import { type Extension, typed } from './bootstrap.ts';

export const namedDestinationName = 'casa.named_destination';
const plainAuthority = /^[a-z0-9.-]+:[0-9]+$/;

/**
 * Names the destination in `:authority` before Check looks (mode `ports`): the app only knows a loopback port. It is Lua
 * because Envoy's header mutations leave `:authority` alone. Throws `configuration_invalid` for what is no `host:port`.
 */
export function namedDestination(authority: string): Extension {
  if (!plainAuthority.test(authority)) {
    throw new CasaError('configuration_invalid', `\`${authority}\` is no \`host:port\``);
  }
  const inline_string = `function envoy_on_request(handle) handle:headers():replace(":authority", "${authority}") end`;
  return {
    name: namedDestinationName,
    typed_config: typed('envoy.extensions.filters.http.lua.v3.Lua', { default_source_code: { inline_string } }),
  };
}
