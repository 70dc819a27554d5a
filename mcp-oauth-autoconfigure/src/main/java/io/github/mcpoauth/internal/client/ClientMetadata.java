// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.client;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.protocol.ClientKeySet;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The application as an OAuth client that identifies itself by the address of a document
 * (draft-ietf-oauth-client-id-metadata-document). No authorization server registers it:
 * each one fetches the document.
 *
 * @param clientId the address of the document, which is the client identifier;
 * {@code null} if absent
 * @param name name shown on consent pages
 * @param redirectUris where browsers may be sent back to
 * @param scopes the scopes that the client asks for, empty to leave that open
 * @param keys file with its private keys (a JWK Set), {@code null} for a public client
 */
public record ClientMetadata(@Nullable URI clientId, String name, Set<URI> redirectUris, Set<String> scopes,
		@Nullable Path keys) {

	/**
	 * Path of the document below the address of an application that serves it.
	 */
	public static final String PATH = "/mcp/client-metadata.json";

	/**
	 * Path of the public keys.
	 */
	public static final String KEYS_PATH = "/mcp/client-keys.json";

	/**
	 * The redirect URIs of commands. Their port differs each time (RFC 8252, section
	 * 7.3).
	 */
	private static final List<String> LOOPBACK = List.of("http://127.0.0.1/callback", "http://localhost/callback");

	public ClientMetadata {
		redirectUris = Collections.unmodifiableSet(new LinkedHashSet<>(redirectUris));
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
	}

	/**
	 * The client that commands and the connections page use for servers.
	 * @param clientId the address of the document, {@code null} if absent
	 * @param name name shown on consent pages
	 * @param callback redirect URI of the connections page, {@code null} without it
	 * @param servers the servers that it logs in to
	 * @param keys file with its private keys, {@code null} for a public client
	 * @return the client
	 */
	public static ClientMetadata of(@Nullable URI clientId, String name, @Nullable URI callback,
			Collection<McpServer> servers, @Nullable Path keys) {
		Set<URI> redirectUris = new LinkedHashSet<>();
		if (callback != null) {
			redirectUris.add(callback);
		}
		LOOPBACK.forEach((uri) -> redirectUris.add(URI.create(uri)));
		Set<String> scopes = new LinkedHashSet<>();
		for (McpServer server : servers) {
			redirectUris.addAll(redirectUris(server.oauth()));
			scopes.addAll(server.oauth().scopes());
		}
		// A server that asks for what is advertised must not be limited by the others
		boolean limited = servers.stream().noneMatch((server) -> server.oauth().scopes().isEmpty());
		return new ClientMetadata(clientId, name, redirectUris, limited ? scopes : Set.of(), keys);
	}

	private static List<URI> redirectUris(OAuthSettings oauth) {
		List<URI> uris = new ArrayList<>();
		if (oauth.redirectUri() != null) {
			uris.add(oauth.redirectUri());
		}
		String host = oauth.redirectHost();
		String literal = (host.indexOf(':') >= 0 && !host.startsWith("[")) ? "[" + host + "]" : host;
		uris.add(URI.create("http://" + literal + "/callback"));
		if (oauth.redirectPort() != 0) {
			uris.add(URI.create("http://%s:%d/callback".formatted(literal, oauth.redirectPort())));
		}
		return uris;
	}

	/**
	 * The document that the application serves.
	 * @return its members, with both spellings of the authentication method
	 */
	public Map<String, Object> document() {
		URI id = this.clientId;
		Assert.state(id != null, "The application has no address of its own");
		Map<String, Object> members = common(id);
		if (this.keys != null) {
			String text = id.toString();
			members.put("jwks_uri", text.substring(0, text.length() - PATH.length()) + KEYS_PATH);
		}
		return members;
	}

	/**
	 * The document to host by hand. Public keys stand in it.
	 * @param address where it will be
	 * @return its members. Blocks where the client has keys
	 * @throws IllegalStateException if the keys cannot be read; the message says why
	 */
	public Map<String, Object> documentAt(URI address) {
		Map<String, Object> members = common(address);
		if (this.keys != null) {
			members.put("jwks", jwks());
		}
		return members;
	}

	private Map<String, Object> common(URI id) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("client_id", id.toString());
		members.put("client_name", this.name);
		members.put("redirect_uris", this.redirectUris.stream().map(URI::toString).toList());
		members.put("grant_types",
				List.of("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"));
		members.put("response_types", List.of("code"));
		String method = (this.keys != null) ? "private_key_jwt" : "none";
		members.put("token_endpoint_auth_method", method);
		members.put("token_endpoint_auth_methods_supported", List.of(method));
		if (!this.scopes.isEmpty()) {
			members.put("scope", String.join(" ", this.scopes));
		}
		return members;
	}

	/**
	 * The public keys. Blocks.
	 * @return the members of a JWK Set
	 * @throws IllegalStateException if the keys cannot be read; the message says why
	 */
	public Map<String, Object> jwks() {
		Path file = Objects.requireNonNull(this.keys, "The client has no keys");
		return readable(() -> ClientKeySet.read(file)).published();
	}

	/**
	 * Add a key to a file of private keys, or make the file. Blocks. The new key is
	 * published at once and signs an hour later; the one before it stays published until
	 * the next change.
	 * @param file the file
	 * @param now the instant
	 * @return names of the keys in the file, the new one first
	 * @throws IOException if the file cannot be written
	 * @throws IllegalStateException if the file is there and has no such keys
	 */
	public static List<String> newKey(Path file, Instant now) throws IOException {
		if (Files.exists(file)) {
			readable(() -> ClientKeySet.read(file));
		}
		return ClientKeySet.renew(file, now).names().stream().map(String::valueOf).toList();
	}

	private static ClientKeySet readable(Supplier<ClientKeySet> keys) {
		try {
			return keys.get();
		}
		catch (ExchangeException ex) {
			throw new IllegalStateException(ex.getMessage(), ex);
		}
	}

}
