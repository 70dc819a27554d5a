// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.ServerAddresses;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpResponse;

/**
 * Keeps the connectors and request factories that Spring Boot builds from following a
 * redirect with a token. They follow redirects by default, below the filters of a client
 * and with all headers. Requests to addresses that are no MCP server's are redirected as
 * ever.
 */
final class RedirectGuard implements BeanPostProcessor {

	private final Predicate<URI> isServer;

	RedirectGuard(Supplier<? extends Collection<McpServer>> servers) {
		this.isServer = new ServerAddresses(servers);
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof ReactorClientHttpConnectorBuilder reactor) {
			return ReactorNetty.guard(reactor, this.isServer);
		}
		if (bean instanceof ClientHttpConnectorBuilder<?> builder && !(bean instanceof GuardedBuilder)) {
			return new GuardedBuilder(builder, this.isServer);
		}
		if (bean instanceof ClientHttpRequestFactoryBuilder<?> builder && !(bean instanceof GuardedFactoryBuilder)) {
			return new GuardedFactoryBuilder(builder, this.isServer);
		}
		return bean;
	}

	/**
	 * The builder that was guarded, for clients that follow no redirect anyway.
	 * @param builder a builder
	 * @return the builder that it was before
	 */
	static ClientHttpConnectorBuilder<?> original(ClientHttpConnectorBuilder<?> builder) {
		return (builder instanceof GuardedBuilder guarded) ? guarded.builder : builder;
	}

	/**
	 * Builds connectors in pairs, one of which follows no redirects.
	 */
	private static final class GuardedBuilder implements ClientHttpConnectorBuilder<ClientHttpConnector> {

		private final ClientHttpConnectorBuilder<?> builder;

		private final Predicate<URI> isServer;

		GuardedBuilder(ClientHttpConnectorBuilder<?> builder, Predicate<URI> isServer) {
			this.builder = builder;
			this.isServer = isServer;
		}

		@Override
		public ClientHttpConnector build(@Nullable HttpClientSettings settings) {
			HttpClientSettings asked = (settings != null) ? settings : HttpClientSettings.defaults();
			ClientHttpConnector connector = this.builder.build(asked);
			if (asked.redirects() == HttpRedirects.DONT_FOLLOW) {
				return connector;
			}
			return new GuardedConnector(connector, this.builder.build(asked.withRedirects(HttpRedirects.DONT_FOLLOW)),
					this.isServer);
		}

	}

	/**
	 * Sends a request to an MCP server through the connector that follows no redirects.
	 */
	private record GuardedConnector(ClientHttpConnector connector, ClientHttpConnector notFollowing,
			Predicate<URI> isServer) implements ClientHttpConnector {

		@Override
		public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
				Function<? super org.springframework.http.client.reactive.ClientHttpRequest, Mono<Void>> requestCallback) {
			ClientHttpConnector chosen = this.isServer.test(uri) ? this.notFollowing : this.connector;
			return chosen.connect(method, uri, requestCallback);
		}

	}

	/**
	 * Builds factories of blocking requests in pairs, one of which follows no redirects.
	 */
	private record GuardedFactoryBuilder(ClientHttpRequestFactoryBuilder<?> builder,
			Predicate<URI> isServer) implements ClientHttpRequestFactoryBuilder<ClientHttpRequestFactory> {

		@Override
		public ClientHttpRequestFactory build(@Nullable HttpClientSettings settings) {
			HttpClientSettings asked = (settings != null) ? settings : HttpClientSettings.defaults();
			ClientHttpRequestFactory factory = this.builder.build(asked);
			if (asked.redirects() == HttpRedirects.DONT_FOLLOW) {
				return factory;
			}
			return new GuardedFactory(factory, this.builder.build(asked.withRedirects(HttpRedirects.DONT_FOLLOW)),
					this.isServer);
		}

	}

	/**
	 * Sends a request to an MCP server through the factory that follows no redirects.
	 */
	private record GuardedFactory(ClientHttpRequestFactory factory, ClientHttpRequestFactory notFollowing,
			Predicate<URI> isServer) implements ClientHttpRequestFactory, DisposableBean {

		@Override
		public ClientHttpRequest createRequest(URI uri, HttpMethod method) throws IOException {
			return (this.isServer.test(uri) ? this.notFollowing : this.factory).createRequest(uri, method);
		}

		@Override
		public void destroy() throws Exception {
			for (ClientHttpRequestFactory each : List.of(this.factory, this.notFollowing)) {
				if (each instanceof DisposableBean disposable) {
					disposable.destroy();
				}
			}
		}

	}

	/**
	 * Kept apart because Reactor Netty may be absent. It decides for each answer whether
	 * to follow, so that one client is enough and the bean keeps its type.
	 */
	private static final class ReactorNetty {

		static ReactorClientHttpConnectorBuilder guard(ReactorClientHttpConnectorBuilder builder,
				Predicate<URI> isServer) {
			return builder.withHttpClientCustomizer((client) -> {
				BiPredicate<HttpClientRequest, HttpClientResponse> follow = client.configuration()
					.followRedirectPredicate();
				return (follow != null)
						? client.followRedirect(
								(request, response) -> follow.test(request, response) && !isServer(request, isServer))
						: client;
			});
		}

		private static boolean isServer(HttpClientRequest request, Predicate<URI> isServer) {
			String url = request.resourceUrl();
			try {
				return url == null || isServer.test(URI.create(url));
			}
			catch (IllegalArgumentException ex) {
				return true;
			}
		}

	}

}
