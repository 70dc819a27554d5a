// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Decides whether a request may use the page, and by which address browsers know the
 * application.
 * <p>
 * Users with a login to the application may. Without a login the request has to come from
 * this machine, and the browser must have entered the {@link AccessCode}, unless the
 * settings say that something else keeps strangers away.
 * <p>
 * The address is the configured one. Without it the page answers requests of this machine
 * only, by one of its loopback names and the port that received the request: the
 * {@code Host} header is never taken over, as it would decide where an authorization
 * server sends a code.
 */
final class Access {

	/**
	 * A page of another site that makes its own name resolve to this machine cannot call
	 * itself one of these.
	 */
	private static final Pattern LOCAL_HOST = Pattern
		.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[(0:0:0:0:0:0:0|:):1]");

	private static final List<String> PROXY_HEADERS = List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
			"X-Forwarded-Proto", "X-Real-IP");

	private final @Nullable URI externalUrl;

	private final boolean allowUnprotected;

	private final AccessCode code;

	Access(@Nullable URI externalUrl, boolean allowUnprotected, AccessCode code) {
		this.externalUrl = externalUrl;
		this.allowUnprotected = allowUnprotected;
		this.code = code;
	}

	Admission admit(PageRequest request) {
		String foreign = foreign(request);
		boolean trusted = request.user() != null || this.allowUnprotected;
		if (foreign != null && (!trusted || this.externalUrl == null)) {
			return new Admission.Refused(trusted ? "refused.address" : foreign);
		}
		URI base = (this.externalUrl != null) ? this.externalUrl : loopback(request);
		return (trusted || this.code.wasEntered(request, base)) ? new Admission.Admitted(base)
				: new Admission.CodeRequired(base);
	}

	/**
	 * Why a request is not one of this machine.
	 * @param request the request
	 * @return name of the text that says why, {@code null} for a request of this machine
	 */
	private static @Nullable String foreign(PageRequest request) {
		InetSocketAddress local = request.local();
		if (local == null || !isLoopback(local.getAddress()) || !isLoopback(request.remote())) {
			return "refused.remote";
		}
		if (PROXY_HEADERS.stream().anyMatch((name) -> request.headers().getFirst(name) != null)) {
			return "refused.proxy";
		}
		return LOCAL_HOST.matcher(host(request)).matches() ? null : "refused.name";
	}

	private static boolean isLoopback(@Nullable InetAddress address) {
		return address != null && address.isLoopbackAddress();
	}

	private static String host(PageRequest request) {
		return String.valueOf(request.base().getHost()).toLowerCase(Locale.ROOT);
	}

	/**
	 * The port is the one that received the request, as the one in {@code Host} may be
	 * another program's.
	 */
	private static URI loopback(PageRequest request) {
		InetSocketAddress local = request.local();
		return PageRequest.base(request.base().getScheme(), host(request), (local != null) ? local.getPort() : -1,
				request.base().getRawPath());
	}

}
