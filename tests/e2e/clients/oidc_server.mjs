// An OpenID provider that no one here wrote (oidc-provider), with clients that get JSON Web Tokens by client credentials; and, at
// /jose, tokens signed by jose with keys of every kind. The argument is a folder with both in it.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const modules = process.argv[2];
const load = (file) => import(pathToFileURL(`${modules}/${file}`).href);
const { default: Provider } = await load('oidc-provider/lib/index.js');
const jose = await load('jose/dist/node/esm/index.js');

const kinds = ['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA'];
const pairs = {};
for (const alg of kinds) pairs[alg] = await jose.generateKeyPair(alg, { crv: 'Ed25519', extractable: true });
const publicKeys = await Promise.all(kinds.map(async (alg) => ({ ...(await jose.exportJWK(pairs[alg].publicKey)), alg, kid: alg, use: 'sig' })));

const server = createServer();
server.listen(0, '127.0.0.1', async () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(origin, {
    clients: [{ client_id: 'machine', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    scopes: ['orders:read', 'orders:write'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context, resource) => ({
          scope: 'orders:read orders:write', audience: new URL(resource).pathname.slice(1), accessTokenFormat: 'jwt', accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  const handle = provider.callback();
  server.on('request', async (request, response) => {
    const url = new URL(request.url, origin);
    if (!url.pathname.startsWith('/jose')) return handle(request, response);
    response.setHeader('content-type', 'application/json');
    if (url.pathname === '/jose/keys') return response.end(JSON.stringify({ keys: publicKeys }));
    const alg = url.searchParams.get('alg');
    const token = await new jose.SignJWT({ scope: 'orders:read' }).setProtectedHeader({ alg, kid: alg }).setIssuer('jose').setAudience('shop')
      .setSubject('alice').setIssuedAt().setExpirationTime('5m').sign(pairs[alg].privateKey);
    response.end(JSON.stringify({ token }));
  });
  console.log(`listening ${server.address().port}`);
});
