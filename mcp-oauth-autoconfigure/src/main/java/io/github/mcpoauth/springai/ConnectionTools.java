// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

import io.github.mcpoauth.LoginRequiredException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.core.log.LogMessage;

/**
 * The tools of one connection. If they cannot be listed, those of the last list stay. A
 * server without any login has one tool that says so.
 */
final class ConnectionTools {

	private static final Log logger = LogFactory.getLog(ConnectionTools.class);

	private final String connection;

	private final ServerCalls calls;

	private final ToolCallbackProvider provider;

	private final Runnable forget;

	private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

	private final Lock lock = new ReentrantLock();

	private final AtomicInteger changes = new AtomicInteger();

	private List<ToolCallback> known = List.of();

	// Read without the lock: a caller that finds the tools listed does not wait for it
	private volatile @Nullable List<ToolCallback> listed;

	/**
	 * Create an instance.
	 * @param connection name of the connection
	 * @param calls makes the calls of its client
	 * @param provider lists its tools, and keeps them
	 * @param forget makes the provider list them anew
	 */
	ConnectionTools(String connection, ServerCalls calls, ToolCallbackProvider provider, Runnable forget) {
		this.connection = connection;
		this.calls = calls;
		this.provider = provider;
		this.forget = forget;
	}

	/**
	 * The tools.
	 * @return the tools of the last list that succeeded
	 */
	List<ToolCallback> get() {
		List<ToolCallback> listed = this.listed;
		if (listed != null) {
			return listed;
		}
		this.lock.lock();
		try {
			listed = this.listed;
			return (listed != null) ? listed : list();
		}
		finally {
			this.lock.unlock();
		}
	}

	private List<ToolCallback> list() {
		int asOf = this.changes.get();
		try {
			this.known = Arrays.stream(this.calls.make(this.provider::getToolCallbacks))
				.<ToolCallback>map((callback) -> new GuardedToolCallback(callback, this.calls))
				.toList();
			this.listed = this.known;
			// A change while the tools were listed makes the list stale. Compared after
			// the
			// write: a later change empties the list itself
			if (asOf != this.changes.get()) {
				this.listed = null;
			}
			if (this.failure.getAndSet(null) != null) {
				logger.info(LogMessage.format("Connection '%s': its tools are available", this.connection));
			}
			return this.known;
		}
		catch (LoginRequiredException ex) {
			warn(ex);
			return this.known.isEmpty() ? List.of(new LoginTool(ex)) : this.known;
		}
		catch (RuntimeException ex) {
			if (!this.calls.isGuarded()) {
				throw ex;
			}
			warn(ex);
			return this.known;
		}
	}

	private void warn(RuntimeException ex) {
		String message = String.valueOf(ex.getMessage());
		if (!Objects.equals(this.failure.getAndSet(message), message)) {
			logger
				.warn(LogMessage.format("Connection '%s': its tools are not available. %s", this.connection, message));
		}
	}

	/**
	 * Forget the list, so that the next call reads it anew.
	 */
	void invalidate() {
		this.changes.incrementAndGet();
		this.forget.run();
		this.listed = null;
	}

}
