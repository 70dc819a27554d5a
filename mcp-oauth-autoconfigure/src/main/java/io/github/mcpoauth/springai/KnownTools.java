// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.mcpoauth.LoginRequiredException;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.tool.ToolCallback;

/**
 * A list of tools that is read when it is first needed. If it cannot be read, the tools
 * of the last list stay. A server without any login has one tool that says so.
 */
final class KnownTools {

	private final Lock lock = new ReentrantLock();

	private final AtomicInteger changes = new AtomicInteger();

	private List<ToolCallback> known = List.of();

	// Read without the lock: a caller that finds the tools listed does not wait for it
	private volatile @Nullable List<ToolCallback> listed;

	/**
	 * Whether {@link #get} answers without reading a list.
	 * @return whether it does
	 */
	boolean areListed() {
		return this.listed != null;
	}

	/**
	 * The tools.
	 * @param reader reads the list, on this thread
	 * @param failed is told of a failure of the reader
	 * @return the tools of the last list that succeeded
	 */
	List<ToolCallback> get(Supplier<List<ToolCallback>> reader, Consumer<RuntimeException> failed) {
		List<ToolCallback> listed = this.listed;
		if (listed != null) {
			return listed;
		}
		this.lock.lock();
		try {
			listed = this.listed;
			return (listed != null) ? listed : read(reader, failed);
		}
		finally {
			this.lock.unlock();
		}
	}

	private List<ToolCallback> read(Supplier<List<ToolCallback>> reader, Consumer<RuntimeException> failed) {
		int asOf = this.changes.get();
		try {
			this.known = reader.get();
			this.listed = this.known;
			// A change while the tools were listed makes the list stale. Compared after
			// the write: a later change empties the list itself
			if (asOf != this.changes.get()) {
				this.listed = null;
			}
			return this.known;
		}
		catch (LoginRequiredException ex) {
			failed.accept(ex);
			return this.known.isEmpty() ? List.of(new LoginTool(ex)) : this.known;
		}
		catch (RuntimeException ex) {
			failed.accept(ex);
			return this.known;
		}
	}

	/**
	 * Forget the list, so that the next call reads it anew.
	 */
	void invalidate() {
		this.changes.incrementAndGet();
		this.listed = null;
	}

}
