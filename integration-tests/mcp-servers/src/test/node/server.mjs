// An MCP server made with the TypeScript SDK, on streamable HTTP with sessions, behind the SDK's own token check.
// It asks the authorization server about every token it has not seen yet (RFC 7662).
// Usage: node server.mjs <issuer> <port> [url]. Prints its address, then ends when its standard input does. The url is
// what clients know it by, when that is not its address.
import { randomUUID } from 'node:crypto';
import express from 'express';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';

process.env.MCP_DANGEROUSLY_ALLOW_INSECURE_ISSUER_URL = 'true'; // http on loopback

const [issuer, port, publicUrl] = process.argv.slice(2);

async function json(url, options) {
	const response = await fetch(url, { signal: AbortSignal.timeout(10_000), ...options });
	if (!response.ok) {
		throw new Error(`${url} answered ${response.status}`);
	}
	return response.json();
}

const metadata = await json(`${issuer}/.well-known/oauth-authorization-server`);
const credentials = Buffer.from('demo-client:demo-secret').toString('base64');

const verifier = {
	async verifyAccessToken(token) {
		const answer = await json(metadata.introspection_endpoint, {
			method: 'POST',
			headers: { Authorization: `Basic ${credentials}` },
			body: new URLSearchParams({ token })
		});
		if (!answer.active) {
			throw new InvalidTokenError('The token is expired, revoked or unknown');
		}
		const audience = [answer.aud ?? []].flat();
		return {
			token,
			clientId: answer.client_id,
			scopes: answer.scope?.split(' ') ?? [],
			expiresAt: answer.exp,
			resource: audience.includes(resource.href) ? resource : undefined
		};
	}
};

function mcpServer() {
	const server = new McpServer({ name: 'typescript-server', version: '1.0.0' });
	server.registerTool('echo', { description: 'Says what it is told', inputSchema: { message: z.string() } },
		({ message }) => ({ content: [{ type: 'text', text: message }] }));
	server.registerTool('large', { description: 'Says a lot', inputSchema: { size: z.number() } },
		({ size }) => ({ content: [{ type: 'text', text: 'x'.repeat(size) }] }));
	server.registerTool('count', { description: 'Reports its progress', inputSchema: { steps: z.number() } },
		async ({ steps }, { sendNotification, _meta }) => {
			for (let step = 1; step <= steps; step++) {
				await sendNotification({
					method: 'notifications/progress',
					params: { progressToken: _meta.progressToken, progress: step, total: steps }
				});
			}
			return { content: [{ type: 'text', text: `${steps} steps` }] };
		});
	server.registerTool('wait', { description: 'Answers when it is cancelled, or the server is told to let go' },
		(extra) => new Promise((resolve) => {
			const done = (text) => resolve({ content: [{ type: 'text', text }] });
			waiting.add(() => done('let go'));
			extra.signal.addEventListener('abort', () => {
				cancelled++;
				done('cancelled');
			});
		}));
	server.registerResource('greeting', 'demo://greeting', { description: 'A greeting' },
		(uri) => ({ contents: [{ uri: uri.href, text: 'hello' }] }));
	server.registerResource('file', new ResourceTemplate('demo://files/{name}', { list: undefined }), {},
		(uri, { name }) => ({ contents: [{ uri: uri.href, text: `file ${name}` }] }));
	server.registerPrompt('greet', { description: 'Greets somebody', argsSchema: { name: z.string() } },
		({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }] }));
	return server;
}

const sessions = new Map();
const waiting = new Set();
let cancelled = 0;
let opened = 0;

const app = express();
const listening = app.listen(Number(port), '127.0.0.1');
await new Promise((resolve, reject) => listening.once('listening', resolve).once('error', reject));
const address = new URL(`http://127.0.0.1:${listening.address().port}/mcp`);
const resource = publicUrl ? new URL(publicUrl) : address;

app.use(express.json());
app.use(mcpAuthMetadataRouter({
	oauthMetadata: metadata, resourceServerUrl: resource, scopesSupported: ['mcp:tools'], resourceName: 'TypeScript MCP server'
}));
app.get('/control/stats', (request, response) => response.json({ opened, cancelled, sessions: sessions.size, waiting: waiting.size }));
app.post('/control/forget-sessions', (request, response) => {
	sessions.clear();
	response.json({});
});
app.use('/mcp', requireBearerAuth({
	verifier, requiredScopes: ['mcp:tools'], expectedResource: resource,
	resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource)
}));
app.all('/mcp', async (request, response) => {
	const id = request.headers['mcp-session-id'];
	let transport = sessions.get(id);
	if (!transport && id === undefined && isInitializeRequest(request.body)) {
		transport = new StreamableHTTPServerTransport({
			sessionIdGenerator: randomUUID,
			onsessioninitialized: (created) => {
				opened++;
				sessions.set(created, transport);
			}
		});
		transport.onclose = () => sessions.delete(transport.sessionId);
		await mcpServer().connect(transport);
	}
	if (!transport) {
		response.status(404).json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null });
		return;
	}
	await transport.handleRequest(request, response, request.body);
});

console.log(`MCP server: ${address.href}`);
process.stdin.resume().on('end', () => process.exit(0));
