// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import org.jspecify.annotations.Nullable;

/**
 * A login that a browser started here. Its answer is taken from that browser only, and
 * once.
 */
final class PendingLogin {

	private final GrantKey key;

	private final Login login;

	private final Visitor visitor;

	private final AtomicBoolean answered = new AtomicBoolean();

	private volatile @Nullable Throwable failure;

	private volatile boolean ended;

	PendingLogin(GrantKey key, Login login, Visitor visitor) {
		this.key = key;
		this.login = login;
		this.visitor = visitor;
		login.completion().subscribe((status) -> this.ended = true, (ex) -> {
			this.failure = ex;
			this.ended = true;
		});
	}

	GrantKey key() {
		return this.key;
	}

	Login login() {
		return this.login;
	}

	boolean belongsTo(Visitor other) {
		return this.visitor.equals(other);
	}

	/**
	 * Take the answer, which only the first caller may.
	 * @return whether this is the first
	 */
	boolean answer() {
		return this.answered.compareAndSet(false, true);
	}

	/**
	 * It was none after all.
	 */
	void notAnswered() {
		this.answered.set(false);
	}

	boolean isAnswered() {
		return this.answered.get();
	}

	boolean isEnded() {
		return this.ended;
	}

	/**
	 * Whether it ended before there was an answer.
	 * @return why, {@code null} if it did not
	 */
	LoginException.@Nullable Reason abandoned() {
		return (!isAnswered() && this.failure instanceof LoginException ex) ? ex.getReason() : null;
	}

}
