// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.GatewayHeaders;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpVersion;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

import org.springframework.boot.http.client.FilteredHostException;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpCookieHandling;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.JdkClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.reactive.function.client.ExchangeStrategies;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * The clients that talk to authorization servers, apart from those of the application:
 * they carry no filter, follow no redirect, send nothing twice and connect only to where
 * the {@link AddressFilter address policy} allows. An address that an operator configured
 * is always allowed.
 * <p>
 * With Reactor Netty they have event loops of their own: those that are shared by the JVM
 * end with the first application context that closes, in the middle of a refresh of
 * another one.
 */
final class PrivateWebClients implements AuthorizationWebClients, AutoCloseable {

	private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(30);

	private final WorkThreads threads;

	private final AllowedHosts allowedHosts;

	/**
	 * Added by the connectors when they are made.
	 */
	private final List<Runnable> warmUps = new CopyOnWriteArrayList<>();

	private final ExchangeStrategies strategies;

	private final Disposable.Swap eventLoops = Disposables.swap();

	private final SingletonSupplier<ClientHttpConnector> configured;

	private final SingletonSupplier<ClientHttpConnector> network;

	private final SingletonSupplier<ClientHttpConnector> plainNetwork;

	private final SingletonSupplier<ClientHttpConnector> remote;

	private final SingletonSupplier<ClientHttpConnector> local;

	/**
	 * Create the clients. Connectors are made with the first request.
	 * @param builder makes connectors
	 * @param base settings of all HTTP clients of the application, with the trust, keys
	 * and connect timeout for authorization servers
	 * @param policy which addresses may be contacted
	 * @param protocol bounds of an exchange
	 * @param threads threads that names are resolved on
	 */
	PrivateWebClients(ClientHttpConnectorBuilder<?> builder, HttpClientSettings base,
			McpOAuthProperties.AddressPolicy policy, ProtocolSettings protocol, WorkThreads threads) {
		this.threads = threads;
		this.allowedHosts = new AllowedHosts(policy.allowedHosts());
		this.strategies = ExchangeStrategies.builder()
			.codecs((codecs) -> codecs.defaultCodecs().maxInMemorySize(protocol.maxBody()))
			.build();
		ClientHttpConnectorBuilder<?> careful = careful(builder);
		HttpClientSettings settings = base.withRedirects(HttpRedirects.DONT_FOLLOW)
			.withCookieHandling(HttpCookieHandling.DISABLE)
			.withReadTimeout(longer(protocol.tokenTimeout(), protocol.discoveryTimeout()));
		this.configured = SingletonSupplier.of(() -> careful
			.build(settings.withInetAddressFilter(AddressFilter.configured(settings.inetAddressFilter()))));
		AddressFilter network = new AddressFilter(false, true, this.allowedHosts, settings.inetAddressFilter());
		this.network = SingletonSupplier.of(() -> careful.build(settings.withInetAddressFilter(network)));
		this.plainNetwork = SingletonSupplier
			.of(() -> careful.build(settings.withInetAddressFilter(network.onlyPrivate())));
		this.remote = SingletonSupplier.of(() -> careful.build(filtered(settings, false, policy)));
		this.local = SingletonSupplier.of(() -> careful.build(filtered(settings, true, policy)));
	}

	private HttpClientSettings filtered(HttpClientSettings settings, boolean loopback,
			McpOAuthProperties.AddressPolicy policy) {
		return settings.withInetAddressFilter(new AddressFilter(loopback, policy.allowPrivateAddresses(),
				this.allowedHosts, settings.inetAddressFilter()));
	}

	/**
	 * A connector must not send a request again by itself, nor send one on a connection
	 * that the server may just have closed: a refresh token that was used twice may
	 * revoke the whole grant.
	 */
	private ClientHttpConnectorBuilder<?> careful(ClientHttpConnectorBuilder<?> builder) {
		ClientHttpConnectorBuilder<?> original = RedirectGuard.original(builder);
		if (original instanceof ReactorClientHttpConnectorBuilder reactor) {
			return ReactorNetty.careful(reactor, this.eventLoops, this.warmUps::add);
		}
		if (original instanceof JdkClientHttpConnectorBuilder jdk) {
			return jdk.withHttpClientCustomizer(
					(client) -> client.version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER));
		}
		return original;
	}

	/**
	 * Load the classes that a request needs, and make the connector of most requests.
	 * Nothing is sent.
	 */
	void warmUp() {
		this.remote.obtain();
		this.warmUps.forEach(Runnable::run);
	}

	private static Duration longer(Duration one, Duration other) {
		return (one.compareTo(other) >= 0) ? one : other;
	}

	@Override
	public WorkThreads threads() {
		return this.threads;
	}

	@Override
	public void close() {
		this.eventLoops.dispose();
	}

	@Override
	public WebClient forServer(McpServer server) {
		WebClient.Builder client = WebClient.builder()
			.exchangeStrategies(this.strategies)
			.clientConnector(new PolicedConnector(server));
		return server.headers().isEmpty() ? client.build() : client.filter(GatewayHeaders.atOriginOf(server)).build();
	}

	/**
	 * Chooses the connector by the origin of the address: settings or server.
	 */
	private final class PolicedConnector implements ClientHttpConnector {

		private final McpServer server;

		PolicedConnector(McpServer server) {
			this.server = server;
		}

		@Override
		public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
				Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
			ClientHttpConnector connector = connector(uri);
			return connect(connector, method, uri, requestCallback).onErrorMap(this::isRefused,
					(ex) -> refused(uri, ex));
		}

		private Mono<ClientHttpResponse> connect(ClientHttpConnector connector, HttpMethod method, URI uri,
				Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
			Mono<ClientHttpResponse> response = Mono.defer(() -> connector.connect(method, uri, requestCallback));
			if (!(connector instanceof JdkClientHttpConnector)) {
				return response;
			}
			// It resolves the name on the calling thread, and takes a name that it does
			// not find for one that is refused
			return Mono.fromCallable(() -> resolve(uri))
				.then(response)
				.subscribeOn(PrivateWebClients.this.threads.blocking());
		}

		private static InetAddress resolve(URI uri) throws UnknownHostException {
			return InetAddress.getByName(uri.getHost());
		}

		private ClientHttpConnector connector(URI uri) {
			if (isConfigured(uri)) {
				return PrivateWebClients.this.configured.obtain();
			}
			if (UrlPolicy.isOnTrustedNetwork(this.server)) {
				return "http".equalsIgnoreCase(uri.getScheme()) ? PrivateWebClients.this.plainNetwork.obtain()
						: PrivateWebClients.this.network.obtain();
			}
			return UrlPolicy.isLoopback(this.server.url()) ? PrivateWebClients.this.local.obtain()
					: PrivateWebClients.this.remote.obtain();
		}

		private boolean isConfigured(URI uri) {
			return UrlPolicy.isConfigured(this.server, uri)
					|| (uri.getHost() != null && PrivateWebClients.this.allowedHosts.containsName(uri.getHost()));
		}

		private boolean isRefused(Throwable ex) {
			for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
				if (cause instanceof FilteredHostException) {
					return true;
				}
			}
			return false;
		}

		private UnusableException refused(URI uri, Throwable ex) {
			return new UnusableException(
					"%s is at an address that is not contacted on behalf of MCP server '%s': list the host in 'mcp.oauth.address-policy.allowed-hosts' if it is to be trusted"
						.formatted(UntrustedText.quote(uri.getHost()), this.server.name()),
					ex);
		}

	}

	/**
	 * Kept apart because Reactor Netty may be absent.
	 */
	private static final class ReactorNetty {

		private static final int THREADS = 2;

		private static final Duration LONGEST_END = Duration.ofSeconds(2);

		static ClientHttpConnectorBuilder<?> careful(ReactorClientHttpConnectorBuilder builder,
				Disposable.Swap eventLoops, Consumer<Runnable> warmUps) {
			LoopResources loops = LoopResources.create("mcp-oauth-http", THREADS, true);
			eventLoops.update(() -> loops.disposeLater(Duration.ZERO, LONGEST_END).subscribe());
			return builder.withHttpClientCustomizer((client) -> {
				reactor.netty.http.client.HttpClient ours = client.runOn(loops);
				warmUps.accept(() -> warmUp(ours));
				// Where the server's answer does not say "close" as well, the connection
				// would be used again just as the server closes it
				return ours.disableRetry(true)
					.keepAlive(false)
					.doOnRequest((request, connection) -> connection.markPersistent(false))
					.followRedirect(false);
			});
		}

		private static void warmUp(reactor.netty.http.client.HttpClient client) {
			client.warmup().block(LONGEST_WARM_UP);
			EmbeddedChannel channel = new EmbeddedChannel(new HttpClientCodec());
			channel.writeOutbound(
					new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, io.netty.handler.codec.http.HttpMethod.POST, "/"));
			channel.writeInbound(
					Unpooled.copiedBuffer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", StandardCharsets.US_ASCII));
			channel.finishAndReleaseAll();
		}

	}

}
