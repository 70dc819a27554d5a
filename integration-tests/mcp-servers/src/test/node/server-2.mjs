// An MCP server made with version 2 of the TypeScript SDK, in the protocol with sessions (legacy), the one of
// 2026-07-28 without (modern), or both, behind the SDK's own token check. It asks the authorization server about every
// token (RFC 7662).
// Usage: node server-2.mjs <issuer> <port> <legacy|modern|both> [url]. Prints its address, then ends when its standard
// input does. The url is what clients know it by, when that is not its address.
import { randomUUID } from 'node:crypto';
import express from 'express';
import {
	acceptedContent, createMcpHandler, createRequestStateCodec, inputRequired, isInitializeRequest, isLegacyRequest, McpServer,
	OAuthError, OAuthErrorCode
} from '@modelcontextprotocol/server';
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter, requireBearerAuth } from '@modelcontextprotocol/express';
import * as z from 'zod';

const [issuer, port, protocol, publicUrl] = process.argv.slice(2);

async function json(url, options) {
	const response = await fetch(url, { signal: AbortSignal.timeout(30_000), ...options });
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
			throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is expired, revoked or unknown');
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

const states = createRequestStateCodec({ key: randomUUID() });
const answerSchema = z.object({ answer: z.string() });

function text(value) {
	return { content: [{ type: 'text', text: value }] };
}

function mcpServer() {
	const server = new McpServer({ name: 'typescript-server', version: '2.0.0' }, { requestState: { verify: states.verify } });
	server.registerTool('echo', { description: 'Says what it is told', inputSchema: z.object({ message: z.string() }) },
		({ message }) => text(message));
	server.registerTool('large', { description: 'Says a lot', inputSchema: z.object({ size: z.number() }) },
		({ size }) => text('x'.repeat(size)));
	server.registerTool('count', { description: 'Reports its progress', inputSchema: z.object({ steps: z.number() }) },
		async ({ steps }, { mcpReq }) => {
			for (let step = 1; step <= steps; step++) {
				await mcpReq.notify({
					method: 'notifications/progress',
					params: { progressToken: mcpReq._meta?.progressToken, progress: step, total: steps }
				});
			}
			return text(`${steps} steps`);
		});
	server.registerTool('wait', { description: 'Answers when it is cancelled', inputSchema: z.object({}) },
		(_, { mcpReq }) => new Promise((resolve) => {
			waiting++;
			mcpReq.signal.addEventListener('abort', () => {
				cancelled++;
				resolve(text('cancelled'));
			});
		}));
	server.registerTool('ask', { description: 'Asks three questions, one after the other', inputSchema: z.object({}) },
		async (_, context) => {
			const answers = context.mcpReq.requestState()?.answers ?? [];
			const answer = acceptedContent(context.mcpReq.inputResponses, 'question', answerSchema);
			if (answer) {
				answers.push(answer.answer);
			}
			if (answers.length === 3) {
				return text(answers.join(' '));
			}
			return inputRequired({
				inputRequests: {
					question: inputRequired.elicit({
						message: `Question ${answers.length + 1}`, requestedSchema: answerSchema
					})
				},
				requestState: await states.mint({ answers }, context)
			});
		});
	server.registerResource('greeting', 'demo://greeting', { description: 'A greeting' },
		(uri) => ({ contents: [{ uri: uri.href, text: 'hello' }] }));
	server.registerPrompt('greet', { description: 'Greets a user', argsSchema: z.object({ name: z.string() }) },
		({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }] }));
	return server;
}

const sessions = new Map();
const servers = new Set();
let opened = 0;
let cancelled = 0;
let waiting = 0;
let modernRequests = 0;

async function legacy(request, response) {
	const id = request.headers['mcp-session-id'];
	let transport = sessions.get(id);
	if (!transport && id === undefined && isInitializeRequest(request.body)) {
		transport = new NodeStreamableHTTPServerTransport({
			sessionIdGenerator: randomUUID,
			onsessioninitialized: (created) => {
				opened++;
				sessions.set(created, transport);
			}
		});
		const server = mcpServer();
		servers.add(server);
		transport.onclose = () => {
			sessions.delete(transport.sessionId);
			servers.delete(server);
		};
		await server.connect(transport);
	}
	if (!transport) {
		response.status(id === undefined ? 400 : 404)
			.json({ jsonrpc: '2.0', error: { code: -32000, message: 'Session not found' }, id: null });
		return;
	}
	await transport.handleRequest(request, response, request.body);
}

const handler = createMcpHandler(mcpServer, { legacy: 'reject' });
const modern = toNodeHandler(handler);

const app = express();
const listening = app.listen(Number(port), '127.0.0.1');
await new Promise((resolve, reject) => listening.once('listening', resolve).once('error', reject));
const address = new URL(`http://127.0.0.1:${listening.address().port}/mcp`);
const resource = publicUrl ? new URL(publicUrl) : address;

app.use(express.json());
app.use(mcpAuthMetadataRouter({
	oauthMetadata: metadata, resourceServerUrl: resource, scopesSupported: ['mcp:tools'],
	resourceName: 'TypeScript MCP server', dangerouslyAllowInsecureIssuerUrl: true // http on loopback
}));
app.post('/control/change-tools', (request, response) => {
	handler.notify.toolsChanged();
	servers.forEach((server) => server.sendToolListChanged());
	response.sendStatus(204);
});
app.get('/control/stats', (request, response) => response.json({ opened, cancelled, waiting, modernRequests }));
app.use('/mcp', requireBearerAuth({
	verifier, requiredScopes: ['mcp:tools'], expectedResource: resource,
	resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource)
}));
app.all('/mcp', async (request, response) => {
	if (protocol === 'legacy' || (protocol === 'both' && await isLegacyRequest(await toWebRequest(request, request.body)))) {
		await legacy(request, response);
		return;
	}
	modernRequests++;
	await modern(request, response, request.body);
});

console.log(`MCP server: ${address.href}`);
process.stdin.resume().on('end', () => process.exit(0));
