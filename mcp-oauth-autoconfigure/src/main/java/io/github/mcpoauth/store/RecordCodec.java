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

package io.github.mcpoauth.store;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON that records are kept as, the same in every store. A grant is a token response
 * (RFC 6749, section 5.1) with some members beside it, a client is a registration
 * response (RFC 7591, section 3.2.1), metadata is the document itself (RFC 8414).
 * <p>
 * Reads what others write too: a bare token response, an expiry with decimals, scopes as
 * an array. Members it does not know are kept. Every failure is an
 * {@link IllegalArgumentException} whose message has none of the content.
 */
public final class RecordCodec {

	private static final TypeReference<LinkedHashMap<String, @Nullable Object>> MEMBERS = new TypeReference<>() {
	};

	private static final Set<String> GRANT_MEMBERS = Set.of("access_token", "token_type", "refresh_token", "expires_in",
			"expires_at", "issued_at", "scope", "issuer", "token_endpoint", "client_id", "resource", "resource_refused",
			"generation");

	private static final Set<String> CLIENT_MEMBERS = Set.of("client_id", "client_secret", "token_endpoint_auth_method",
			"client_secret_expires_at", "redirect_uris", "scope", "issuer", "origin");

	private final JsonMapper json = JsonMapper.builder()
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.build();

	/**
	 * Write a grant.
	 * @param grant the grant
	 * @return JSON in UTF-8. Instants are whole seconds, cut
	 */
	public byte[] write(Grant grant) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("access_token", grant.accessToken().reveal());
		members.put("token_type", grant.tokenType());
		putIfPresent(members, "refresh_token", reveal(grant.refreshToken()));
		Instant expiresAt = grant.expiresAt();
		Instant issuedAt = grant.issuedAt();
		if (expiresAt != null) {
			if (issuedAt != null) {
				members.put("expires_in", Math.max(0, Duration.between(issuedAt, expiresAt).toSeconds()));
			}
			members.put("expires_at", expiresAt.getEpochSecond());
		}
		if (issuedAt != null) {
			members.put("issued_at", issuedAt.getEpochSecond());
		}
		if (!grant.scope().isEmpty()) {
			members.put("scope", String.join(" ", grant.scope()));
		}
		putIfPresent(members, "issuer", grant.issuer());
		putIfPresent(members, "token_endpoint", Objects.toString(grant.tokenEndpoint(), null));
		putIfPresent(members, "client_id", grant.clientId());
		putIfPresent(members, "resource", grant.resource());
		if (grant.resourceRefused()) {
			members.put("resource_refused", true);
		}
		members.put("generation", grant.generation());
		grant.additional().forEach(members::putIfAbsent);
		return write(members);
	}

	/**
	 * Read a grant.
	 * @param record JSON in UTF-8
	 * @param writtenAt when it was written, which a lifetime without an expiry counts
	 * from
	 * @return the grant
	 * @throws IllegalArgumentException if it is none
	 */
	public Grant readGrant(byte[] record, Instant writtenAt) {
		Map<String, @Nullable Object> members = read(record);
		String accessToken = text(members, "access_token");
		if (accessToken == null) {
			throw new IllegalArgumentException("it has no access_token");
		}
		String refreshToken = text(members, "refresh_token");
		String tokenType = text(members, "token_type");
		Duration lifetime = lifetime(members);
		Instant expiresAt = instant(members, "expires_at");
		Instant issuedAt = instant(members, "issued_at");
		if (expiresAt == null && lifetime != null) {
			issuedAt = (issuedAt != null) ? issuedAt : writtenAt;
			expiresAt = issuedAt.plus(lifetime);
		}
		else if (expiresAt != null && issuedAt == null && lifetime != null) {
			issuedAt = expiresAt.minus(lifetime);
		}
		return Grant.with(Secret.of(accessToken))
			.tokenType((tokenType != null) ? tokenType : "Bearer")
			.refreshToken((refreshToken != null) ? Secret.of(refreshToken) : null)
			.issuedAt(issuedAt)
			.expiresAt(expiresAt)
			.scope(words(members, "scope"))
			.issuer(text(members, "issuer"))
			.tokenEndpoint(uri(members, "token_endpoint"))
			.clientId(text(members, "client_id"))
			.resource(text(members, "resource"))
			.resourceRefused(Boolean.TRUE.equals(members.get("resource_refused")))
			.generation((members.get("generation") instanceof Number number) ? number.longValue() : 0)
			.additional(without(members, GRANT_MEMBERS))
			.build();
	}

	/**
	 * Write a client.
	 * @param client the client
	 * @return JSON in UTF-8
	 */
	public byte[] write(OAuthClient client) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("client_id", client.clientId());
		putIfPresent(members, "client_secret", reveal(client.clientSecret()));
		putIfPresent(members, "token_endpoint_auth_method", client.tokenEndpointAuthMethod());
		if (client.clientSecret() != null) {
			Instant expiresAt = client.secretExpiresAt();
			members.put("client_secret_expires_at", (expiresAt != null) ? expiresAt.getEpochSecond() : 0);
		}
		if (!client.redirectUris().isEmpty()) {
			members.put("redirect_uris", client.redirectUris());
		}
		if (!client.scope().isEmpty()) {
			members.put("scope", String.join(" ", client.scope()));
		}
		putIfPresent(members, "issuer", client.issuer());
		if (client.origin() != OAuthClient.Origin.REGISTERED) {
			members.put("origin", client.origin().name());
		}
		client.additional().forEach(members::putIfAbsent);
		return write(members);
	}

	/**
	 * Read a client.
	 * @param record JSON in UTF-8
	 * @return the client
	 * @throws IllegalArgumentException if it is none
	 */
	public OAuthClient readClient(byte[] record) {
		Map<String, @Nullable Object> members = read(record);
		String clientId = text(members, "client_id");
		if (clientId == null) {
			throw new IllegalArgumentException("it has no client_id");
		}
		String clientSecret = text(members, "client_secret");
		Instant expiresAt = instant(members, "client_secret_expires_at");
		return new OAuthClient(clientId, (clientSecret != null) ? Secret.of(clientSecret) : null,
				text(members, "token_endpoint_auth_method"), origin(text(members, "origin")), text(members, "issuer"),
				(expiresAt != null && expiresAt.getEpochSecond() > 0) ? expiresAt : null,
				words(members, "redirect_uris"), words(members, "scope"), without(members, CLIENT_MEMBERS));
	}

	/**
	 * Write a document.
	 * @param members its members
	 * @return JSON in UTF-8
	 */
	public byte[] write(Map<String, ? extends @Nullable Object> members) {
		try {
			return this.json.writeValueAsBytes(members);
		}
		catch (JacksonException ex) {
			throw new IllegalArgumentException("it has a member that JSON has no form for");
		}
	}

	/**
	 * Read a document.
	 * @param record JSON in UTF-8
	 * @return its members, in order, without those that are null
	 * @throws IllegalArgumentException if it is not one JSON object
	 */
	public Map<String, Object> readDocument(byte[] record) {
		return without(read(record), Set.of());
	}

	private Map<String, @Nullable Object> read(byte[] record) {
		try {
			Map<String, @Nullable Object> members = this.json.readValue(record, MEMBERS);
			if (members != null) {
				return members;
			}
		}
		catch (JacksonException ex) {
			// Its message quotes the content
		}
		throw new IllegalArgumentException((record.length == 0) ? "it is empty" : "it is not a JSON object");
	}

	private static void putIfPresent(Map<String, @Nullable Object> members, String name, @Nullable String value) {
		if (value != null) {
			members.put(name, value);
		}
	}

	private static @Nullable String reveal(@Nullable Secret secret) {
		return (secret != null) ? secret.reveal() : null;
	}

	private static @Nullable String text(Map<String, @Nullable Object> members, String name) {
		return (members.get(name) instanceof String text && !text.isEmpty()) ? text : null;
	}

	private static Set<String> words(Map<String, @Nullable Object> members, String name) {
		Set<String> words = new LinkedHashSet<>();
		Object value = members.get(name);
		if (value instanceof String text) {
			Arrays.stream(text.split("[ ,]+")).filter((word) -> !word.isEmpty()).forEach(words::add);
		}
		else if (value instanceof Collection<?> values) {
			values.stream().filter(String.class::isInstance).map(String.class::cast).forEach(words::add);
		}
		return words;
	}

	private static @Nullable URI uri(Map<String, @Nullable Object> members, String name) {
		String text = text(members, name);
		try {
			return (text != null) ? new URI(text) : null;
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException("its %s is not a URI".formatted(name));
		}
	}

	private static @Nullable Instant instant(Map<String, @Nullable Object> members, String name) {
		BigDecimal seconds = number(members, name);
		try {
			return (seconds != null) ? Instant.ofEpochMilli(millis(seconds)) : null;
		}
		catch (ArithmeticException | DateTimeException ex) {
			throw new IllegalArgumentException("its %s is out of range".formatted(name));
		}
	}

	private static @Nullable Duration lifetime(Map<String, @Nullable Object> members) {
		BigDecimal seconds = number(members, "expires_in");
		try {
			return (seconds != null) ? Duration.ofMillis(millis(seconds.min(BigDecimal.valueOf(Integer.MAX_VALUE))))
					: null;
		}
		catch (ArithmeticException ex) {
			throw new IllegalArgumentException("its expires_in is out of range");
		}
	}

	private static long millis(BigDecimal seconds) {
		// The exponent first: a number of a few characters can have a billion digits
		long digits = seconds.precision() - (long) seconds.scale();
		if (digits > 18) {
			throw new ArithmeticException("overflow");
		}
		if (digits < -3) {
			return 0;
		}
		return seconds.movePointRight(3).setScale(0, RoundingMode.FLOOR).longValueExact();
	}

	private static @Nullable BigDecimal number(Map<String, @Nullable Object> members, String name) {
		Object value = members.get(name);
		if (!(value instanceof Number) && !(value instanceof String)) {
			return null;
		}
		try {
			return new BigDecimal(value.toString());
		}
		catch (NumberFormatException ex) {
			throw new IllegalArgumentException("its %s is not a number".formatted(name));
		}
	}

	private static OAuthClient.Origin origin(@Nullable String name) {
		return OAuthClient.Origin.METADATA_DOCUMENT.name().equals(name) ? OAuthClient.Origin.METADATA_DOCUMENT
				: OAuthClient.Origin.REGISTERED;
	}

	private static Map<String, Object> without(Map<String, @Nullable Object> members, Set<String> known) {
		Map<String, Object> additional = new LinkedHashMap<>();
		members.forEach((name, value) -> {
			if (value != null && !known.contains(name)) {
				additional.put(name, value);
			}
		});
		return additional;
	}

}
