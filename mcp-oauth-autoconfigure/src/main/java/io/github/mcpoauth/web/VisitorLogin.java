// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import org.jspecify.annotations.Nullable;

/**
 * A login that a browser started here. Its answer is taken from that browser only, and
 * once.
 */
final class VisitorLogin {

	private final GrantKey key;

	private final Login login;

	private final Visitor visitor;

	private final URI redirectUri;

	private final AtomicBoolean answered = new AtomicBoolean();

	// Written by the thread of the login, read by those of the visitor's requests
	private volatile @Nullable Throwable failure;

	private volatile boolean ended;

	VisitorLogin(GrantKey key, Login login, Visitor visitor, URI redirectUri) {
		this.key = key;
		this.login = login;
		this.visitor = visitor;
		this.redirectUri = redirectUri;
		login.completion().subscribe((status) -> this.ended = true, (ex) -> {
			// The failure first: a reader that sees the end looks for it
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

	/**
	 * The address that the authorization server sends the browser back to.
	 */
	URI redirectUri() {
		return this.redirectUri;
	}

	boolean belongsTo(Visitor other) {
		return this.visitor.equals(other);
	}

	/**
	 * Take the answer, which only the first caller may: a code sent twice makes the
	 * authorization server revoke the tokens.
	 * @return whether this is the first
	 */
	boolean answer() {
		return this.answered.compareAndSet(false, true);
	}

	/**
	 * Wait for another answer: the one that was taken is damaged.
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
	 * The reason of a login that ended before there was an answer.
	 * @return the reason, {@code null} for every other login
	 */
	LoginException.@Nullable Reason abandoned() {
		return (!isAnswered() && this.failure instanceof LoginException ex) ? ex.getReason() : null;
	}

	/**
	 * Why it ended without a grant.
	 * @return the failure, {@code null} while it waits and when it ended well
	 */
	@Nullable Throwable failure() {
		return this.failure;
	}

}
