// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Passes all settings on to the builder of the underlying client.
 */
final class FilteredHttpClientBuilder implements HttpClient.Builder {

	private final HttpClient.Builder builder;

	private final Predicate<URI> filtered;

	private final ExchangeFilterFunction filter;

	FilteredHttpClientBuilder(HttpClient.Builder builder, Predicate<URI> filtered, ExchangeFilterFunction filter) {
		this.builder = builder;
		this.filtered = filtered;
		this.filter = filter;
	}

	@Override
	public HttpClient build() {
		HttpClient client = this.builder.build();
		Redirect redirects = client.followRedirects();
		if (redirects == Redirect.NEVER) {
			return new FilteredHttpClient(client, client, this.filtered, this.filter);
		}
		HttpClient notFollowing = this.builder.followRedirects(Redirect.NEVER).build();
		this.builder.followRedirects(redirects);
		return new FilteredHttpClient(client, notFollowing, this.filtered, this.filter);
	}

	@Override
	public HttpClient.Builder cookieHandler(CookieHandler cookieHandler) {
		this.builder.cookieHandler(cookieHandler);
		return this;
	}

	@Override
	public HttpClient.Builder connectTimeout(Duration duration) {
		this.builder.connectTimeout(duration);
		return this;
	}

	@Override
	public HttpClient.Builder sslContext(SSLContext sslContext) {
		this.builder.sslContext(sslContext);
		return this;
	}

	@Override
	public HttpClient.Builder sslParameters(SSLParameters sslParameters) {
		this.builder.sslParameters(sslParameters);
		return this;
	}

	@Override
	public HttpClient.Builder executor(Executor executor) {
		this.builder.executor(executor);
		return this;
	}

	@Override
	public HttpClient.Builder followRedirects(Redirect policy) {
		this.builder.followRedirects(policy);
		return this;
	}

	@Override
	public HttpClient.Builder version(Version version) {
		this.builder.version(version);
		return this;
	}

	@Override
	public HttpClient.Builder priority(int priority) {
		this.builder.priority(priority);
		return this;
	}

	@Override
	public HttpClient.Builder proxy(ProxySelector proxySelector) {
		this.builder.proxy(proxySelector);
		return this;
	}

	@Override
	public HttpClient.Builder authenticator(Authenticator authenticator) {
		this.builder.authenticator(authenticator);
		return this;
	}

}
