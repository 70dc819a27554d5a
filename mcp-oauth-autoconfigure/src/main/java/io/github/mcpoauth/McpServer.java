// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * One entry of {@code mcp.servers}: a remote MCP server that demands a token. Two equal
 * servers share their providers; a changed one gets new ones.
 *
 * @param name name of the server, which commands, files and messages use
 * @param url address of the MCP endpoint, http or https
 * @param oauth how this application is its OAuth client
 * @param headers headers that a gateway in front of the server demands. They go to the
 * origin of the URL and to no other
 * @param protocol the protocol that the server speaks
 * @param page address of the page where users connect the server, {@code null} if there
 * is no such page
 */
public record McpServer(String name, URI url, OAuthSettings oauth, Map<String, Secret> headers, Protocol protocol,
		@Nullable String page) {

	public McpServer {
		headers = headers.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(headers));
		Assert.hasText(name, "'name' must not be empty");
		Assert.isTrue(
				url.isAbsolute() && url.getHost() != null
						&& ("https".equalsIgnoreCase(url.getScheme()) || "http".equalsIgnoreCase(url.getScheme())),
				() -> "The URL of MCP server '%s' must be an absolute http or https address".formatted(name));
	}

	/**
	 * A server without a page for users, which is asked for its protocol.
	 * @param name name of the server
	 * @param url address of the MCP endpoint
	 * @param oauth how this application is its OAuth client
	 * @param headers headers that a gateway in front of the server demands
	 */
	public McpServer(String name, URI url, OAuthSettings oauth, Map<String, Secret> headers) {
		this(name, url, oauth, headers, Protocol.AUTO, null);
	}

	/**
	 * A server without a gateway.
	 * @param name name of the server
	 * @param url address of the MCP endpoint
	 * @param oauth how this application is its OAuth client
	 */
	public McpServer(String name, URI url, OAuthSettings oauth) {
		this(name, url, oauth, Map.of());
	}

	/**
	 * A server with default OAuth settings.
	 * @param name name of the server
	 * @param url address of the MCP endpoint
	 * @return the server
	 */
	public static McpServer of(String name, URI url) {
		return new McpServer(name, url, OAuthSettings.defaults());
	}

	/**
	 * The same server with another choice of the protocol.
	 * @param choice the protocol that the server speaks
	 * @return the server
	 */
	public McpServer withProtocol(Protocol choice) {
		return new McpServer(this.name, this.url, this.oauth, this.headers, choice, this.page);
	}

	/**
	 * The same server with the page where users connect it.
	 * @param address address of the page, {@code null} if there is no such page
	 * @return the server
	 */
	public McpServer withPage(@Nullable String address) {
		return new McpServer(this.name, this.url, this.oauth, this.headers, this.protocol, address);
	}

	/**
	 * The key of the application's own grant for this server.
	 * @return the key
	 */
	public GrantKey key() {
		return GrantKey.of(this.name);
	}

	/**
	 * The key of a principal's grant for this server.
	 * @param principal the principal
	 * @return the key
	 * @throws IllegalArgumentException for a name that cannot be one, see
	 * {@link GrantKey#of(String, String)}
	 */
	public GrantKey key(String principal) {
		return GrantKey.of(this.name, principal);
	}

	/**
	 * The remedy when a login is required.
	 * @param key a grant of this server
	 * @return one sentence for a user where there is a page, else the command for an
	 * operator, or the {@link #correction()} where no login can help
	 */
	public String action(GrantKey key) {
		String correction = correction();
		if (correction != null) {
			return correction;
		}
		return (this.page != null) ? "Connect it at " + this.page : key.loginCommand();
	}

	/**
	 * The correction to make when there is no token for this server and no login can
	 * help.
	 * @return one sentence that names properties, {@code null} for a server that a user
	 * logs in to
	 */
	public @Nullable String correction() {
		return switch (this.oauth.grantType()) {
			case AUTHORIZATION_CODE -> null;
			case CLIENT_CREDENTIALS -> "Check %s, its secret or key, and what the authorization server grants it"
				.formatted(property((this.oauth.clientId() != null) ? "client-id" : "client-metadata-url"));
			case JWT_BEARER -> (this.oauth.identityProvider() != null)
					? "Check %s, the user's token, and what the identity provider and the authorization server grant"
						.formatted(property("identity-provider"))
					: "Check %s, and the issuers that the authorization server trusts"
						.formatted((this.oauth.assertionFile() != null) ? property("assertion-file")
								: "the AssertionSupplier");
			case TOKEN_EXCHANGE -> "Check %s, %s, and what the authorization server lets that client exchange"
				.formatted(property("client-id"), (this.oauth.subjectTokenFile() != null)
						? property("subject-token-file") : "the SubjectTokenSupplier");
		};
	}

	/**
	 * The correction to make when the authorization server refuses the configured client.
	 * @return one sentence that names the property
	 */
	public String clientCorrection() {
		return "Check %s, its secret or key, and the client at the authorization server"
			.formatted(property((this.oauth.clientId() != null) ? "client-id" : "client-metadata-url"));
	}

	private String property(String setting) {
		return "'mcp.servers.%s.oauth.%s'".formatted(this.name, setting);
	}

	/**
	 * The server without secrets: a query may hold a key.
	 */
	@Override
	public String toString() {
		String address = this.url.toString();
		int query = address.indexOf('?');
		return "McpServer[name=%s, url=%s, oauth=%s, headers=%s, protocol=%s, page=%s]".formatted(this.name,
				(query >= 0) ? address.substring(0, query) + "?..." : address, this.oauth, this.headers.keySet(),
				this.protocol, this.page);
	}

	/**
	 * The protocol that an MCP server speaks, in the terms of the MCP specification
	 * 2026-07-28 (Versioning and Compatibility).
	 */
	public enum Protocol {

		/**
		 * Ask the server, and ask again when it changes.
		 */
		AUTO,

		/**
		 * Versions up to 2025-11-25, which begin with {@code initialize} and may have
		 * sessions.
		 */
		LEGACY,

		/**
		 * Version 2026-07-28 and later, where each request stands for itself.
		 */
		MODERN

	}

}
