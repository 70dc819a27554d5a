// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.session.CallGuard;
import io.github.mcpoauth.session.McpCallException;
import io.github.mcpoauth.session.McpServerSession;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of one client of Spring AI on the thread of their caller.
 */
final class ServerCalls {

	private final Supplier<@Nullable CallGuard> guard;

	private final Runnable connect;

	private final Function<RuntimeException, @Nullable McpServerSession> sessionAfter;

	/**
	 * Create an instance.
	 * @param guard supplies the guard of the server as it is configured now, {@code null}
	 * for a server that is not configured
	 * @param connect opens the session if it is not open
	 * @param sessionAfter finds the session to go on with after a failure, {@code null}
	 * if that is the last word
	 */
	ServerCalls(Supplier<@Nullable CallGuard> guard, Runnable connect,
			Function<RuntimeException, @Nullable McpServerSession> sessionAfter) {
		this.guard = guard;
		this.connect = connect;
		this.sessionAfter = sessionAfter;
	}

	/**
	 * The session to go on with when the server has refused the client of Spring AI
	 * because of its protocol.
	 * @param failure the failure of a call
	 * @return the session, {@code null} after any other failure
	 */
	@Nullable McpServerSession sessionAfter(RuntimeException failure) {
		return this.sessionAfter.apply(failure);
	}

	/**
	 * Call a tool, with the client of Spring AI or with the session that takes its place.
	 * @param client calls it with the client
	 * @param request the call
	 * @return its result
	 * @throws McpOAuthException as {@link #make(Supplier)}
	 */
	CallToolResult callTool(Function<CallToolRequest, CallToolResult> client, CallToolRequest request) {
		try {
			return make(() -> client.apply(request));
		}
		catch (McpCallException ex) {
			McpServerSession session = sessionAfter(ex);
			if (session == null) {
				throw ex;
			}
			return session.blocking().callTool(request);
		}
	}

	/**
	 * Whether the server is configured.
	 * @return whether it is
	 */
	boolean isGuarded() {
		return this.guard.get() != null;
	}

	/**
	 * Make a call.
	 * @param <T> the type of its result
	 * @param call the call
	 * @return its result
	 * @throws McpOAuthException for a failure of the server, its authorization or the
	 * connection to it
	 */
	<T> T make(Supplier<T> call) {
		CallGuard guard = this.guard.get();
		if (guard == null) {
			return unguarded(call);
		}
		admit(guard);
		boolean sent = false;
		try {
			this.connect.run();
			sent = true;
			T result = call.get();
			guard.succeeded();
			return result;
		}
		catch (RuntimeException ex) {
			throw (guard.failed(ex, sent).block() instanceof McpOAuthException translated) ? translated : ex;
		}
		catch (Error ex) {
			guard.undecided();
			throw ex;
		}
	}

	private static void admit(CallGuard guard) {
		try {
			guard.admit().block();
		}
		catch (McpOAuthException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			// Reactor refuses to block an event loop: the probe this call may be has
			// nothing to report
			guard.undecided();
			throw ex;
		}
	}

	private static <T> T unguarded(Supplier<T> call) {
		try {
			return call.get();
		}
		catch (RuntimeException ex) {
			McpOAuthException ours = CallGuard.find(ex);
			throw (ours != null) ? ours : ex;
		}
	}

}
