// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.protocol.UnusableException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The authorization servers that the metadata of an MCP server names. The client may
 * choose between them (RFC 9728, section 7.6), so the next one is tried where one is of
 * no use.
 * <p>
 * An outage passes, so it leads to the next one only as long as nothing ties the login to
 * one of them: no earlier login, and no client of the settings.
 */
final class NamedAuthorizationServers {

	private static final int MOST = 5;

	private final McpServer server;

	private final List<String> issuers;

	private final boolean free;

	private final Map<String, String> refusals;

	private final List<String> objections = new ArrayList<>();

	private @Nullable UnavailableException outage;

	/**
	 * Create the list.
	 * @param server the MCP server
	 * @param issuers the issuers in the order to try them
	 * @param free whether nothing ties the login to one of them
	 * @param refusals the issuers that refused this login, each with its answer
	 */
	NamedAuthorizationServers(McpServer server, List<String> issuers, boolean free, Map<String, String> refusals) {
		this.server = server;
		this.issuers = issuers.subList(0, Math.min(issuers.size(), MOST));
		this.free = free;
		this.refusals = refusals;
	}

	/**
	 * The first one with usable metadata that has not refused.
	 * @param metadata fetches the metadata of an issuer
	 * @return a mono with the choice, never empty. Fails with a message that tells the
	 * answer of each
	 */
	Mono<Choice> firstUsable(Function<String, Mono<AuthorizationServerMetadata>> metadata) {
		return firstUsable(metadata, 0);
	}

	private Mono<Choice> firstUsable(Function<String, Mono<AuthorizationServerMetadata>> metadata, int index) {
		if (index == this.issuers.size()) {
			return Mono.error(failure(""));
		}
		String issuer = this.issuers.get(index);
		String refusal = this.refusals.get(issuer);
		if (refusal != null) {
			this.objections.add(refusal);
			return firstUsable(metadata, index + 1);
		}
		return metadata.apply(issuer)
			.map((found) -> new Choice(found, this.free && index + 1 < this.issuers.size()))
			.onErrorResume(ExchangeException.class, (ex) -> {
				this.objections.add(String.valueOf(ex.getMessage()));
				if (!(ex instanceof UnusableException)) {
					this.outage = (ex instanceof UnavailableException unavailable) ? unavailable : this.outage;
					if (!this.free) {
						return Mono.error((this.issuers.size() > 1) ? failure(untried(index)) : ex);
					}
				}
				return firstUsable(metadata, index + 1);
			});
	}

	private String untried(int index) {
		return (index + 1 == this.issuers.size()) ? ""
				: ". The other authorization servers were not tried, because the credentials or the last login belong to one. Set 'mcp.servers.%s.oauth.authorization-server' to the one to use"
					.formatted(this.server.name());
	}

	private ExchangeException failure(String hint) {
		String message = String.join("; ", this.objections) + hint;
		UnavailableException passing = this.outage;
		if (passing == null) {
			return new UnusableException(message);
		}
		Duration retryAfter = passing.retryAfter();
		return new UnavailableException(message, retryAfter, passing);
	}

	/**
	 * An authorization server to use.
	 *
	 * @param metadata its validated metadata
	 * @param replaceable whether another one may be tried where this one refuses
	 */
	record Choice(AuthorizationServerMetadata metadata, boolean replaceable) {

	}

}
