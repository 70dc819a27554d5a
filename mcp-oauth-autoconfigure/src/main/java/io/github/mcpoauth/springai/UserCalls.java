// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.security.Principal;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.springai.McpClientRegistry.UserSessions;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.mcp.ToolContextToMcpMetaConverter;

/**
 * Sends the calls of users to one server, each on the session of its user.
 *
 * @param server name of the server
 * @param users the sessions
 * @param converter converts the context of a tool
 */
record UserCalls(String server, UserSessions users, ToolContextToMcpMetaConverter converter) {

	private static final String LOST = """
			the user of the tools is not known. The user was looked for in the ToolContext and in the Reactor context \
			of the chat, each below '%s', in the security context that the Reactor context carries, and on the thread \
			'%s', which asked for the tools. Name the user in the ToolContext, or use an executor that hands the user on, \
			such as DelegatingSecurityContextAsyncTaskExecutor""";

	private static final String OTHER = """
			its tools were asked for by another user than the one on whose thread, '%s', they are called. \
			Hand the ToolCallbackProvider to the ChatClient, which asks it for the tools of each user, \
			and keep no ToolCallbacks""";

	/**
	 * The grant of a user.
	 * @param context the Reactor context that names the user
	 * @return the key of the grant
	 * @throws PrincipalRequiredException if it names no user
	 */
	GrantKey key(Context context) {
		return Objects.requireNonNull(this.users.manager()
			.providerFor(this.server)
			.map(McpOAuthProvider::key)
			.contextWrite((subscriber) -> subscriber.putAll(context.readOnly()))
			.block());
	}

	CallToolResult send(CallToolRequest request, Caller caller, @Nullable ToolContext toolContext) {
		Context context = caller.forCall(toolContext);
		GrantKey key = keyOfCall(context, caller);
		Context present = caller.forThread(toolContext);
		// Kept tools would otherwise call with the grant of the user who asked for them
		if (present != null && !key(present).equals(key)) {
			throw new PrincipalRequiredException(this.server, OTHER.formatted(Thread.currentThread().getName()), null);
		}
		return Objects.requireNonNull(this.users.sessions()
			.get(key)
			.callTool(request)
			.contextWrite((subscriber) -> subscriber.putAll(context.readOnly()))
			.block());
	}

	private GrantKey keyOfCall(Context context, Caller caller) {
		try {
			return key(context);
		}
		catch (PrincipalRequiredException ex) {
			throw lost(caller, ex);
		}
	}

	/**
	 * The failure where neither the chat nor the thread that began it knows the user.
	 * @param caller that thread
	 * @param cause the failure to find the user
	 * @return the failure, which says where the user was looked for
	 */
	PrincipalRequiredException lost(Caller caller, PrincipalRequiredException cause) {
		return new PrincipalRequiredException(this.server, LOST.formatted(this.users.contextKey(), caller.thread()),
				cause);
	}

	/**
	 * The metadata of a call. The user stays here: an {@code Authentication} may hold
	 * credentials, which are no business of the server.
	 * @param toolContext the context of the tool, or {@code null}
	 * @return the metadata, or {@code null}
	 */
	@Nullable Map<String, Object> meta(@Nullable ToolContext toolContext) {
		if (toolContext == null) {
			return null;
		}
		Map<String, Object> entries = new HashMap<>(toolContext.getContext());
		entries.remove(this.users.contextKey());
		entries.values().removeIf(Principal.class::isInstance);
		return this.converter.convert(new ToolContext(entries));
	}

}
