// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * The logins that browsers started here, also those that have ended a while ago, so that
 * a late answer can be told why it is too late. A grant has a few: its login in progress,
 * and those before.
 */
final class VisitorLoginRegistry {

	private static final int MOST = 5;

	/**
	 * By a digest of the state, or by the id of a login that has none.
	 */
	private final OwnedValues<VisitorLogin> logins = new OwnedValues<>(MOST);

	/**
	 * Give a login to a browser, unless it is another's. A login with a device code sends
	 * no browser back, so it belongs to the browser that asks first.
	 * @param key the grant
	 * @param login a login that was started or joined
	 * @param redirectUri where its answer must go to be received here
	 * @param visitor the browser
	 * @return the pending login, {@code null} if the login was started elsewhere
	 */
	@Nullable VisitorLogin bind(GrantKey key, Login login, URI redirectUri, Visitor visitor) {
		if (login.userCode() != null) {
			return bind(login.id(), key, login, redirectUri, visitor);
		}
		Login.Callback callback = login.callback();
		return (callback != null && redirectUri.equals(callback.redirectUri()))
				? bind(name(callback.state().reveal()), key, login, redirectUri, visitor) : null;
	}

	/**
	 * Two browsers may join a login at the same time: one look-up and one entry, so that
	 * both see the same owner.
	 */
	private synchronized @Nullable VisitorLogin bind(String name, GrantKey key, Login login, URI redirectUri,
			Visitor visitor) {
		VisitorLogin found = this.logins.get(name);
		if (found == null) {
			VisitorLogin pending = new VisitorLogin(key, login, visitor, redirectUri);
			this.logins.put(owner(key), name, pending);
			return pending;
		}
		return found.belongsTo(visitor) ? found : null;
	}

	@Nullable VisitorLogin ofState(String state) {
		return this.logins.get(name(state));
	}

	/**
	 * The newest login for a grant that was started here.
	 * @param key the grant
	 * @return the login, {@code null} if there was no login lately
	 */
	@Nullable VisitorLogin newest(GrantKey key) {
		return this.logins.newest(owner(key));
	}

	private static String owner(GrantKey key) {
		return key.server() + '\n' + ((key.principal() != null) ? "user " + key.principal() : "");
	}

	/**
	 * Keyed by a digest, because the time of a look-up could reveal the state.
	 */
	private static String name(String state) {
		return Secret.of(state).fingerprint();
	}

}
