// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

import org.springframework.util.MultiValueMap;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/**
 * The logins that browsers started here, also those that have ended a while ago, so that
 * a late answer can be told why it is too late.
 */
final class PendingLoginRegistry {

	private static final int MOST = 500;

	/**
	 * By a digest of the state, or by the id of a login that has none.
	 */
	private final Map<String, PendingLogin> flows = new LinkedHashMap<>() {

		private static final long serialVersionUID = 1L;

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, PendingLogin> eldest) {
			return size() > MOST;
		}

	};

	/**
	 * Give a login to a browser, unless it is another's. One with a device code sends
	 * nobody back, so it is the browser's that asks first.
	 * @param key the grant
	 * @param login a login that was started or joined
	 * @param redirectUri where its answer must go to be received here
	 * @param visitor the browser
	 * @return the flow, {@code null} if the login was started elsewhere
	 */
	synchronized @Nullable PendingLogin bind(GrantKey key, Login login, URI redirectUri, Visitor visitor) {
		if (login.userCode() != null) {
			return flow(login.id(), key, login, visitor);
		}
		URI url = login.authorizationUrl();
		String state = (url != null) ? parameter(url, "state") : null;
		if (url == null || state == null || !redirectUri.toString().equals(parameter(url, "redirect_uri"))) {
			return null;
		}
		return flow(name(state), key, login, visitor);
	}

	private @Nullable PendingLogin flow(String name, GrantKey key, Login login, Visitor visitor) {
		PendingLogin flow = this.flows.computeIfAbsent(name, (absent) -> new PendingLogin(key, login, visitor));
		return flow.belongsTo(visitor) ? flow : null;
	}

	synchronized @Nullable PendingLogin ofState(String state) {
		return this.flows.get(name(state));
	}

	synchronized @Nullable PendingLogin ofLogin(@Nullable String id) {
		return this.flows.values().stream().filter((flow) -> flow.login().id().equals(id)).findFirst().orElse(null);
	}

	/**
	 * A map finds what it looks for in a time that tells of it, so it looks for a digest.
	 */
	private static String name(String state) {
		return Secret.of(state).fingerprint();
	}

	private static @Nullable String parameter(URI url, String name) {
		MultiValueMap<String, String> parameters = UriComponentsBuilder.fromUri(url).build().getQueryParams();
		String value = parameters.getFirst(name);
		return (value != null) ? UriUtils.decode(value.replace('+', ' '), "UTF-8") : null;
	}

}
