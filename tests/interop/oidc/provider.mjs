// An identity provider for tests/interop/oidc.sh: oidc-provider with its login form for development, which accepts any name.
// Usage: node provider.mjs PORT REDIRECT_URI ALGORITHM. Started in the folder into which oidc-provider was installed.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.cwd()}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const { generateKeyPair, exportJWK } = await import(pathToFileURL(require.resolve('jose')));

const [port, redirectUri, algorithm] = process.argv.slice(2);
const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: `key-${algorithm}` };
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'tiezheng',
      client_secret: 'a secret of at least thirty-two characters',
      redirect_uris: [redirectUri],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: algorithm,
    },
  ],
  enabledJWA: { idTokenSigningAlgValues: [algorithm] },
  jwks: { keys: [key] },
  cookies: { keys: ['interop'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
});
provider.on('server_error', (_, error) => console.error(error));
provider.listen(Number(port), '127.0.0.1', () => console.log(`listening ${issuer}`));
