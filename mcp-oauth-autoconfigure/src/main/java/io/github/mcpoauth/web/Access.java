// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Who may use the page: people who have logged in to the application; and where nobody
 * has to, this machine only, unless the settings say that something else keeps strangers
 * away.
 */
final class Access {

	/**
	 * A page of another site that makes its own name resolve to this machine cannot call
	 * itself one of these.
	 */
	private static final Pattern LOCAL_HOST = Pattern
		.compile("(.+\\.)?localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[(0:0:0:0:0:0:0|:):1]");

	private static final List<String> PROXY_HEADERS = List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
			"X-Forwarded-Proto", "X-Real-IP");

	private final boolean allowUnprotected;

	Access(boolean allowUnprotected) {
		this.allowUnprotected = allowUnprotected;
	}

	/**
	 * Look for a reason to turn a request away.
	 * @param request the request
	 * @return the reason, {@code null} for none
	 */
	@Nullable String objection(PageRequest request) {
		if (request.user() != null || this.allowUnprotected) {
			return null;
		}
		if (!isLocal(request.local()) || !isLocal(request.remote())) {
			return "it was asked for from another machine, and nobody has logged in to the application";
		}
		if (PROXY_HEADERS.stream().anyMatch((name) -> request.headers().getFirst(name) != null)) {
			return "it was asked for through a proxy, and nobody has logged in to the application";
		}
		String host = String.valueOf(request.base().getHost()).toLowerCase(Locale.ROOT);
		return LOCAL_HOST.matcher(host).matches() ? null
				: "it was asked for by a name that is not this machine's, and nobody has logged in to the application";
	}

	private static boolean isLocal(@Nullable InetAddress address) {
		return address != null && address.isLoopbackAddress();
	}

}
