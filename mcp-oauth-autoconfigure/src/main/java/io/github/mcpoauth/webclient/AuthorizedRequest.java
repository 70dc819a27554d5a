// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import java.net.URI;
import java.util.Map;
import java.util.function.Consumer;

import io.github.mcpoauth.AccessToken;
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
 * A request of the caller's with a token and with its body watched. It shows through to
 * the caller's request: a copy would cost more than all else that the filter does.
 */
final class AuthorizedRequest implements ClientRequest {

	private final ClientRequest request;

	private final ReplayableBody body;

	private final @Nullable AccessToken token;

	private @Nullable HttpHeaders headers;

	/**
	 * Authorize a request.
	 * @param request the request, without an {@code Authorization} header
	 * @param body watches the request's body
	 * @param token the token, {@code null} to send none
	 */
	AuthorizedRequest(ClientRequest request, ReplayableBody body, @Nullable AccessToken token) {
		this.request = request;
		this.body = body;
		this.token = token;
		if (token != null && token.isBound()) {
			// A proof takes its time, which is not the event loop's that writes
			headers();
		}
	}

	@Override
	public HttpMethod method() {
		return this.request.method();
	}

	@Override
	public URI url() {
		return this.request.url();
	}

	/**
	 * Made when somebody looks, which mostly nobody does.
	 */
	@Override
	public HttpHeaders headers() {
		HttpHeaders headers = this.headers;
		if (headers == null) {
			HttpHeaders all = new HttpHeaders();
			all.putAll(this.request.headers());
			authorize(all);
			headers = HttpHeaders.readOnlyHttpHeaders(all);
			this.headers = headers;
		}
		return headers;
	}

	@Override
	public MultiValueMap<String, String> cookies() {
		return this.request.cookies();
	}

	@Override
	public BodyInserter<?, ? super ClientHttpRequest> body() {
		return this.body;
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
		HttpHeaders seen = this.headers;
		if (seen != null) {
			seen.forEach(request.getHeaders()::putIfAbsent);
		}
		else {
			authorize(request.getHeaders());
		}
		return this.request.writeTo(this.body.observe(request), strategies);
	}

	private void authorize(HttpHeaders headers) {
		if (this.token != null) {
			this.token.authorize(method().name(), url(), headers::set);
		}
	}

}
