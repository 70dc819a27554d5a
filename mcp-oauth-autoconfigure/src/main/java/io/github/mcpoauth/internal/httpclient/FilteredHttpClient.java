// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * A client of the JDK that sends some of its requests through a filter of a WebClient.
 * Those follow no redirects, since the client would send the added headers along. All
 * other requests are sent as the underlying client sends them.
 */
public final class FilteredHttpClient extends HttpClient {

	private final HttpClient client;

	private final HttpClient notFollowing;

	private final Predicate<URI> filtered;

	private final ExchangeFilterFunction filter;

	FilteredHttpClient(HttpClient client, HttpClient notFollowing, Predicate<URI> filtered,
			ExchangeFilterFunction filter) {
		this.client = client;
		this.notFollowing = notFollowing;
		this.filtered = filtered;
		this.filter = filter;
	}

	/**
	 * A builder of such clients.
	 * @param builder builds the underlying client, and takes all settings of the one
	 * returned
	 * @param filtered which requests pass the filter
	 * @param filter the filter
	 * @return the builder
	 */
	public static Builder builder(Builder builder, Predicate<URI> filtered, ExchangeFilterFunction filter) {
		return new FilteredHttpClientBuilder(builder, filtered, filter);
	}

	/**
	 * Let the filter see the context of the sender of a request.
	 * @param context the context
	 * @param request the request. Its method and body are set anew
	 * @param method its method
	 * @param body its body, or {@code null}
	 * @return the same request
	 */
	public static HttpRequest.Builder carry(ContextView context, HttpRequest.Builder request, String method,
			@Nullable String body) {
		return request.method(method,
				new ContextBody((body != null) ? BodyPublishers.ofString(body) : BodyPublishers.noBody(), context));
	}

	@Override
	public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, BodyHandler<T> handler) {
		return this.filtered.test(request.uri())
				? new FilteredExchange<>(this.notFollowing, request, handler).send(this.filter).toFuture()
				: this.client.sendAsync(request, handler);
	}

	/**
	 * As {@link #sendAsync(HttpRequest, BodyHandler)}. A push of the server is refused
	 * where a request passes the filter.
	 */
	@Override
	public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, BodyHandler<T> handler,
			@Nullable PushPromiseHandler<T> pushPromises) {
		return this.filtered.test(request.uri()) ? sendAsync(request, handler)
				: this.client.sendAsync(request, handler, pushPromises);
	}

	@Override
	public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
			throws IOException, InterruptedException {
		if (!this.filtered.test(request.uri())) {
			return this.client.send(request, handler);
		}
		CompletableFuture<HttpResponse<T>> answer = sendAsync(request, handler);
		try {
			return answer.get();
		}
		catch (InterruptedException ex) {
			answer.cancel(true);
			throw ex;
		}
		catch (CancellationException ex) {
			throw new IOException(ex);
		}
		catch (ExecutionException ex) {
			Throwable cause = ex.getCause();
			if (cause instanceof RuntimeException unchecked) {
				throw unchecked;
			}
			throw (cause instanceof IOException io) ? io : new IOException(cause);
		}
	}

	@Override
	public Optional<CookieHandler> cookieHandler() {
		return this.client.cookieHandler();
	}

	@Override
	public Optional<Duration> connectTimeout() {
		return this.client.connectTimeout();
	}

	@Override
	public Redirect followRedirects() {
		return this.client.followRedirects();
	}

	@Override
	public Optional<ProxySelector> proxy() {
		return this.client.proxy();
	}

	@Override
	public SSLContext sslContext() {
		return this.client.sslContext();
	}

	@Override
	public SSLParameters sslParameters() {
		return this.client.sslParameters();
	}

	@Override
	public Optional<Authenticator> authenticator() {
		return this.client.authenticator();
	}

	@Override
	public Version version() {
		return this.client.version();
	}

	@Override
	public Optional<Executor> executor() {
		return this.client.executor();
	}

	@Override
	public WebSocket.Builder newWebSocketBuilder() {
		return this.client.newWebSocketBuilder();
	}

}
