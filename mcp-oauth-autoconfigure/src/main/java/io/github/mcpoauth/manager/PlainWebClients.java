// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.time.Duration;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.UnusableException;
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
 * HTTP client of the JDK, follow no redirects, and refuse hosts with private addresses
 * that the configuration of the server does not name.
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
				"%s has a private address, which is not contacted on behalf of MCP server '%s': name it as its authorization server if it is to be trusted"
					.formatted(UntrustedText.quote(url.getHost()), server.name()),
				null);
	}

	private static boolean isAllowed(McpServer server, URI url) throws UnknownHostException {
		String issuer = server.oauth().authorizationServer();
		if (isSameHost(url, server.url()) || (issuer != null && isSameHost(url, URI.create(issuer)))) {
			return true;
		}
		boolean local = InetAddress.getByName(server.url().getHost()).isLoopbackAddress();
		for (InetAddress address : InetAddress.getAllByName(url.getHost())) {
			boolean isPrivate = address.isAnyLocalAddress() || address.isLinkLocalAddress()
					|| address.isSiteLocalAddress() || address.isMulticastAddress()
					|| isUniqueLocal(address.getAddress());
			if (isPrivate || (address.isLoopbackAddress() && !local)) {
				return false;
			}
		}
		return true;
	}

	private static boolean isUniqueLocal(byte[] address) {
		return address.length == 16 && (address[0] & 0xfe) == 0xfc;
	}

	private static boolean isSameHost(URI one, URI other) {
		return one.getHost() != null && one.getHost().equalsIgnoreCase(other.getHost())
				&& one.getPort() == other.getPort();
	}

}
