// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.function.Supplier;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.session.CallGuard;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of one client of Spring AI on the thread of their caller.
 */
final class ServerCalls {

	private final Supplier<@Nullable CallGuard> guard;

	private final Runnable connect;

	/**
	 * Create an instance.
	 * @param guard supplies the guard of the server as it is configured now, {@code null}
	 * for a server that is not configured
	 * @param connect opens the session if it is not open
	 */
	ServerCalls(Supplier<@Nullable CallGuard> guard, Runnable connect) {
		this.guard = guard;
		this.connect = connect;
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
