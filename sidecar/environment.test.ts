import { expect, test } from 'vitest';
import { parseEnvironment } from './environment.ts';

const told = {
  CASA_MAS: 'bank.bank',
  CASA_APP: 'agent',
  CASA_NAMESPACE: 'bank',
  CASA_RUNTIME_URL: 'http://casa-auth-service.casa-runtime:8000/',
  CASA_TOKEN_FILE: '/var/run/casa-token/token',
};

test('what the webhook tells is enough', () => {
  expect(parseEnvironment(told)).toEqual({
    mas: 'bank.bank',
    app: 'agent',
    namespace: 'bank',
    runtimeUrl: 'http://casa-auth-service.casa-runtime:8000',
    keycloakUrl: null,
    tokenFile: '/var/run/casa-token/token',
    appPorts: null,
    runDir: '/run/casa',
    envoy: '/usr/local/bin/envoy',
    accessLog: '/dev/stdout',
  });
  const withKeycloak = { ...told, CASA_KEYCLOAK_URL: 'https://id.example.com/' };
  expect(parseEnvironment(withKeycloak).keycloakUrl).toBe('https://id.example.com');
  expect(parseEnvironment({ ...told, CASA_APP_PORTS: '8080,9090' }).appPorts).toEqual([8080, 9090]);
});

test('beside an istio-proxy there is no Envoy of ours', () => {
  expect(parseEnvironment({ ...told, CASA_ENVOY: 'none' }).envoy).toBeNull();
});

test('everything that is missing or wrong is named at once', () => {
  const wrong = {
    ...told,
    CASA_APP: '',
    CASA_RUNTIME_URL: 'runtime',
    CASA_APP_PORTS: '8080,x',
    CASA_KEYCLOAK_URL: 'id',
  };
  expect(() => parseEnvironment(wrong)).toThrow(
    /`CASA_APP` .*`CASA_APP_PORTS` .*`CASA_RUNTIME_URL` .*`CASA_KEYCLOAK_URL`/,
  );
  expect(() => parseEnvironment({})).toThrow(/MAS.*APP.*NAMESPACE.*RUNTIME_URL.*TOKEN_FILE/);
});
