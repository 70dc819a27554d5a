// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.HttpAddress;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.BodyInserter;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

/**
 * A request of the caller with a token. It delegates to the caller's request, because a
 * copy would cost more than the rest of the filter.
 * <p>
 * The token is not among its headers: it is written together with the body, and only if
 * the request that is written then still goes to the server. A filter behind this one may
 * copy the request, and a copy with another address is sent without the token.
 */
final class AuthorizedRequest implements ClientRequest, BodyInserter<Object, ClientHttpRequest> {

	private final ClientRequest request;

	private final ReplayableBody body;

	private final McpServer server;

	private final @Nullable AccessToken token;

	private final Map<String, String> proof;

	// Written by the thread that writes the request, read where the answer arrives
	private volatile boolean withheld;

	/**
	 * Authorize a request.
	 * @param request the request, without an {@code Authorization} header
	 * @param body observes the request's body
	 * @param server the server that the token is for
	 * @param token the token, or {@code null} to send no token
	 */
	AuthorizedRequest(ClientRequest request, ReplayableBody body, McpServer server, @Nullable AccessToken token) {
		this.request = request;
		this.body = body;
		this.server = server;
		this.token = token;
		// A signature takes long for the event loop that writes the request
		this.proof = (token != null && token.isBound()) ? authorization(token, request.url()) : Map.of();
	}

	private Map<String, String> authorization(AccessToken token, URI url) {
		Map<String, String> headers = new HashMap<>();
		token.authorize(method().name(), url, headers::put);
		return headers;
	}

	/**
	 * Whether the token was not sent, because the request went elsewhere.
	 */
	boolean isWithheld() {
		return this.withheld;
	}

	@Override
	public HttpMethod method() {
		return this.request.method();
	}

	@Override
	public URI url() {
		return this.request.url();
	}

	@Override
	public HttpHeaders headers() {
		return this.request.headers();
	}

	@Override
	public MultiValueMap<String, String> cookies() {
		return this.request.cookies();
	}

	@Override
	public BodyInserter<?, ? super ClientHttpRequest> body() {
		return this;
	}

	@Override
	public Map<String, Object> attributes() {
		return this.request.attributes();
	}

	@Override
	public @Nullable Consumer<ClientHttpRequest> httpRequest() {
		return this.request.httpRequest();
	}

	@Override
	public String logPrefix() {
		return this.request.logPrefix();
	}

	@Override
	public Mono<Void> writeTo(ClientHttpRequest request, ExchangeStrategies strategies) {
		authorize(request);
		return this.request.writeTo(this.body.observe(request), strategies);
	}

	/**
	 * Write the body of a copy of this request.
	 */
	@Override
	public Mono<Void> insert(ClientHttpRequest request, BodyInserter.Context context) {
		authorize(request);
		return this.body.insert(request, context);
	}

	private void authorize(ClientHttpRequest request) {
		AccessToken token = this.token;
		HttpHeaders headers = request.getHeaders();
		if (token == null || headers.containsHeader(HttpHeaders.AUTHORIZATION)) {
			return;
		}
		URI url = request.getURI();
		if (!url.equals(url()) && !isOfServer(url)) {
			this.withheld = true;
			return;
		}
		if (!token.isBound()) {
			token.authorize(method().name(), url, headers::set);
		}
		else {
			// The proof names the address
			(url.equals(url()) ? this.proof : authorization(token, url)).forEach(headers::set);
		}
	}

	private boolean isOfServer(URI url) {
		HttpAddress server = HttpAddress.of(this.server.url());
		HttpAddress address = HttpAddress.of(url);
		return server != null && address != null && server.covers(address);
	}

}
