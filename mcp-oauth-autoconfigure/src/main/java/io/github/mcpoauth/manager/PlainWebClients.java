// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Arrays;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.AddressKind;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import reactor.core.publisher.Mono;

import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Clients for authorization servers without Spring Boot's configuration. They use the
 * HTTP client of the JDK, follow no redirects, and refuse hosts whose addresses are not
 * public, unless the configuration of the server names them.
 */
final class PlainWebClients implements AuthorizationWebClients {

	private final WebClient.Builder builder;

	private final WorkThreads threads;

	PlainWebClients(ProtocolSettings settings, WorkThreads threads) {
		this.threads = threads;
		HttpClient client = HttpClient.newBuilder()
			.version(HttpClient.Version.HTTP_1_1)
			.followRedirects(HttpClient.Redirect.NEVER)
			.connectTimeout(settings.discoveryTimeout())
			.build();
		JdkClientHttpConnector connector = new JdkClientHttpConnector(client);
		connector.setReadTimeout(longer(settings.tokenTimeout(), settings.discoveryTimeout()));
		this.builder = WebClient.builder()
			.codecs((codecs) -> codecs.defaultCodecs().maxInMemorySize(settings.maxBody()))
			.clientConnector(connector);
	}

	private static Duration longer(Duration one, Duration other) {
		return (one.compareTo(other) >= 0) ? one : other;
	}

	@Override
	public WebClient forServer(McpServer server) {
		return this.builder.clone().filter((request, next) -> exchange(server, request, next)).build();
	}

	private Mono<ClientResponse> exchange(McpServer server, ClientRequest request, ExchangeFunction next) {
		// Resolves the name, which blocks
		return Mono.fromCallable(() -> isAllowed(server, request.url()))
			.flatMap((allowed) -> allowed ? next.exchange(request) : Mono.error(() -> refused(server, request.url())))
			.subscribeOn(this.threads.blocking());
	}

	private static UnusableException refused(McpServer server, URI url) {
		return new UnusableException(
				"%s is at an address that is not contacted on behalf of MCP server '%s': name it as its authorization server if it is to be trusted"
					.formatted(UntrustedText.quote(url.getHost()), server.name()),
				null);
	}

	static boolean isAllowed(McpServer server, URI url) throws UnknownHostException {
		boolean configured = UrlPolicy.isConfigured(server, url);
		boolean local = UrlPolicy.isLoopback(server.url());
		try {
			return Arrays.stream(InetAddress.getAllByName(url.getHost()))
				.map(AddressKind::of)
				.allMatch((kind) -> isAllowed(kind, configured, local));
		}
		catch (UnknownHostException ex) {
			if (configured) {
				// A proxy may know the name
				return true;
			}
			throw ex;
		}
	}

	private static boolean isAllowed(AddressKind kind, boolean configured, boolean local) {
		return switch (kind) {
			case PUBLIC -> true;
			case LOOPBACK -> configured || local;
			case PRIVATE, RESERVED -> configured;
			case CLOUD_METADATA -> false;
		};
	}

}
