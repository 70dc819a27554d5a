/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.httpclient;

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
