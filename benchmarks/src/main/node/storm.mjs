// A storm through the OAuth client of the TypeScript SDK: node storm.mjs URL COUNT ACCESS REFRESH
import { withOAuth } from '@modelcontextprotocol/client';
import { createInterface } from 'node:readline';

const [url, count, access, refresh] = process.argv.slice(2);
let tokens = { access_token: access, token_type: 'Bearer', expires_in: 3600, refresh_token: refresh,
	issuer: url.replace(/\/mcp$/, '') };
const provider = {
	redirectUrl: 'http://127.0.0.1/callback',
	clientMetadata: { redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' },
	clientInformation: () => ({ client_id: 'benchmark', issuer: url.replace(/\/mcp$/, '') }),
	tokens: () => tokens,
	saveTokens: (saved) => { tokens = saved; },
	redirectToAuthorization: () => {},
	saveCodeVerifier: () => {},
	codeVerifier: () => 'none',
	invalidateCredentials: (scope) => { if (scope === 'tokens' || scope === 'all') { tokens = undefined; } },
};
const call = withOAuth(provider, url)(fetch);
const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}';

async function send(number) {
	try {
		const response = await call(url, { method: 'POST', body,
			headers: { 'Content-Type': 'application/json', 'X-Request-Id': String(number) } });
		await response.text();
		return response.status;
	}
	catch (error) {
		return 401;
	}
}

const burst = () => Promise.all(Array.from({ length: Number(count) }, (_, number) => send(number)));
const warm = await burst();
if (warm.some((status) => status !== 200)) {
	console.log('broken');
	process.exit(1);
}
console.log('ready');
const input = createInterface({ input: process.stdin });
for await (const line of input) {
	const started = performance.now();
	const statuses = await burst();
	const millis = performance.now() - started;
	console.log(JSON.stringify({ millis, answered: statuses.filter((status) => status === 200).length,
		refused: statuses.filter((status) => status === 401).length }));
	break;
}
process.exit(0);
