// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.URI;
import java.net.URISyntaxException;

import org.jspecify.annotations.Nullable;

/**
 * The one decision about a redirect of any request that may carry a secret: a redirect is
 * followed to the same origin only, and only as the same request. Callers bound the
 * number of redirects by {@link #MOST}.
 */
public sealed interface Redirect {

	/**
	 * The number of redirects that one request may follow.
	 */
	int MOST = 3;

	/**
	 * Decide about a redirect.
	 * @param requested the address that answered
	 * @param isRead whether the request is a GET or HEAD, which keeps its method in any
	 * case
	 * @param status the status, from 300 to 399
	 * @param location the {@code Location}, or {@code null}
	 * @return the decision
	 */
	static Redirect of(URI requested, boolean isRead, int status, @Nullable String location) {
		URI target = target(requested, location);
		boolean keepsMethod = status == 307 || status == 308;
		boolean keepsRead = isRead && (status == 301 || status == 302 || status == 303);
		if (target == null || !(keepsMethod || keepsRead)) {
			return new Refuse("redirects are not followed", target);
		}
		if (!HttpAddress.isSameOrigin(requested, target)) {
			return new Refuse("redirects to another origin are not followed", target);
		}
		return (HttpAddress.of(target) != null) ? new Follow(target)
				: new Refuse("redirects to an ambiguous path are not followed", target);
	}

	/**
	 * Decide about a redirect of a request that must stay below an address.
	 * @param within the address, for example of the MCP server
	 * @param requested the address that answered
	 * @param isRead whether the request is a GET or HEAD
	 * @param status the status
	 * @param location the {@code Location}, or {@code null}
	 * @return the decision
	 */
	static Redirect within(HttpAddress within, URI requested, boolean isRead, int status, @Nullable String location) {
		Redirect redirect = of(requested, isRead, status, location);
		if (redirect instanceof Follow follow) {
			HttpAddress target = HttpAddress.of(follow.target());
			return (target != null && within.covers(target)) ? follow
					: new Refuse("redirects to another path are not followed", follow.target());
		}
		return redirect;
	}

	private static @Nullable URI target(URI requested, @Nullable String location) {
		if (location == null || location.length() > 8192) {
			return null;
		}
		try {
			URI target = requested.resolve(new URI(location.strip()));
			return (target.getRawFragment() == null) ? target
					: new URI(target.toString().substring(0, target.toString().indexOf('#')));
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	/**
	 * Send the same request, with its body, to another address.
	 *
	 * @param target the address
	 */
	record Follow(URI target) implements Redirect {

	}

	/**
	 * Do not follow the redirect.
	 *
	 * @param reason the reason, to end a sentence with
	 * @param target the address that it points to, {@code null} if that cannot be read
	 */
	record Refuse(String reason, @Nullable URI target) implements Redirect {

	}

}
