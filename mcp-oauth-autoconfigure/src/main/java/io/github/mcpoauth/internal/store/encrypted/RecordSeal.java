// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.encrypted.Seal.SealedException;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.GrantLessons.LearnedChallenge;
import org.jspecify.annotations.Nullable;

/**
 * Seals the secrets of grants and clients, and the members that this library does not
 * know, which may be secrets too. The members that decide where a secret is sent stay
 * readable and are bound to it: a secret does not open together with another token
 * endpoint, issuer, resource, client or expiry. Metadata and the issuer binding are
 * sealed whole.
 */
final class RecordSeal {

	private static final String ADDITIONAL = "sealed";

	/**
	 * All servers share the key of their logins.
	 */
	private static final GrantKey LOGIN_KEY = GrantKey.of("*");

	private final Seal seal;

	private final boolean allowPlain;

	RecordSeal(EncryptionKeys keys, boolean allowPlain) {
		this.seal = new Seal(keys);
		// Without a key, records are plain
		this.allowPlain = allowPlain || keys.current() == null;
	}

	Grant seal(GrantKey key, Grant grant) {
		String destination = destination(grant);
		String use = use(grant);
		return grant.mutate()
			.accessToken(seal(key, "access_token", use, grant.accessToken()))
			.refreshToken(sealIfPresent(key, "refresh_token", destination, grant.refreshToken()))
			.dpopKey(sealIfPresent(key, "dpop_key", destination, grant.dpopKey()))
			.additional(grant.additional().isEmpty() ? Map.of() : seal(key, "grant", use, grant.additional()))
			.build();
	}

	Grant open(GrantKey key, Grant grant) throws SealedException {
		String destination = destination(grant);
		String use = use(grant);
		return grant.mutate()
			.accessToken(open(key, "access_token", use, grant.accessToken()))
			.refreshToken(openIfPresent(key, "refresh_token", destination, grant.refreshToken()))
			.dpopKey(openIfPresent(key, "dpop_key", destination, grant.dpopKey()))
			.additional(grant.additional().isEmpty() ? Map.of() : open(key, "grant", use, grant.additional()))
			.build();
	}

	boolean isCurrent(Grant grant) {
		return isCurrent(grant.accessToken()) && isCurrentIfPresent(grant.refreshToken())
				&& isCurrentIfPresent(grant.dpopKey())
				&& (grant.additional().isEmpty() || isCurrent(grant.additional()));
	}

	OAuthClient seal(GrantKey key, OAuthClient client) {
		String context = context(client);
		// The other members are sealed also if they are absent: a public client has no
		// secret that could be bound to its issuer
		return with(client, sealIfPresent(key, "client_secret", context, client.clientSecret()),
				seal(key, "client", context, client.additional()));
	}

	OAuthClient open(GrantKey key, OAuthClient client) throws SealedException {
		String context = context(client);
		return with(client, openIfPresent(key, "client_secret", context, client.clientSecret()),
				open(key, "client", context, client.additional()));
	}

	boolean isCurrent(OAuthClient client) {
		return isCurrentIfPresent(client.clientSecret()) && isCurrent(client.additional());
	}

	Map<String, Object> sealMetadata(GrantKey key, Map<String, Object> metadata) {
		return seal(key, "metadata", "", metadata);
	}

	Map<String, Object> openMetadata(GrantKey key, Map<String, Object> metadata) throws SealedException {
		return open(key, "metadata", "", metadata);
	}

	String sealIssuer(GrantKey key, String issuer) {
		return this.seal.seal(key.ofApplication(), "bound_issuer", "", issuer);
	}

	String openIssuer(GrantKey key, String issuer) throws SealedException {
		return open(key.ofApplication(), "bound_issuer", "", issuer);
	}

	String sealLoginKey(String text) {
		return this.seal.seal(LOGIN_KEY, "login_key", "", text);
	}

	String openLoginKey(String text) throws SealedException {
		return open(LOGIN_KEY, "login_key", "", text);
	}

	boolean isCurrent(String text) {
		return this.seal.isCurrent(text);
	}

	GrantLessons seal(GrantKey key, GrantLessons lessons) {
		LearnedChallenge challenge = lessons.challenge();
		String server = (challenge != null) ? challenge.authorizationServer() : null;
		return (challenge != null && server != null)
				? lessons.withChallenge(
						new LearnedChallenge(challenge.scope(), this.seal.seal(key, "challenge", "", server)))
				: lessons;
	}

	/**
	 * Open lessons. An authorization server that does not open is left out: it decides
	 * where the next login goes.
	 */
	GrantLessons open(GrantKey key, GrantLessons lessons) {
		LearnedChallenge challenge = lessons.challenge();
		String server = (challenge != null) ? challenge.authorizationServer() : null;
		if (challenge == null || server == null) {
			return lessons;
		}
		try {
			return lessons.withChallenge(new LearnedChallenge(challenge.scope(), open(key, "challenge", "", server)));
		}
		catch (SealedException ex) {
			return lessons
				.withChallenge(challenge.scope().isEmpty() ? null : new LearnedChallenge(challenge.scope(), null));
		}
	}

	/**
	 * The members that decide where a refresh token is sent. Not the expiry: a program
	 * that replaces the record by a bare token response keeps the refresh token.
	 */
	private static String destination(Grant grant) {
		return text(grant.issuer(), grant.tokenEndpoint(), grant.clientId(), grant.resource());
	}

	/**
	 * The members that decide where and for how long an access token is used.
	 */
	private static String use(Grant grant) {
		return text(grant.issuer(), grant.tokenEndpoint(), grant.clientId(), grant.resource(), grant.expiresAt());
	}

	private static String context(OAuthClient client) {
		return text(client.clientId(), client.issuer(), client.tokenEndpointAuthMethod(), client.origin(),
				client.secretExpiresAt(), List.copyOf(new TreeSet<>(client.redirectUris())));
	}

	/**
	 * Write values so that different values never give the same text.
	 */
	private static String text(@Nullable Object... values) {
		StringBuilder text = new StringBuilder();
		for (Object value : values) {
			String one = (value != null) ? value.toString() : null;
			text.append((one != null) ? one.length() + ":" + one : "-").append(';');
		}
		return text.toString();
	}

	private Secret seal(GrantKey key, String member, String context, Secret secret) {
		return Secret.of(this.seal.seal(key, member, context, secret.reveal()));
	}

	private @Nullable Secret sealIfPresent(GrantKey key, String member, String context, @Nullable Secret secret) {
		return (secret != null) ? seal(key, member, context, secret) : null;
	}

	private Map<String, Object> seal(GrantKey key, String member, String context, Map<String, Object> members) {
		String text = new String(JsonMembers.render(members), StandardCharsets.UTF_8);
		String sealed = this.seal.seal(key, member, context, text);
		return Seal.isSealed(sealed) ? Map.of(ADDITIONAL, sealed) : members;
	}

	private Secret open(GrantKey key, String member, String context, Secret secret) throws SealedException {
		return Secret.of(open(key, member, context, secret.reveal()));
	}

	private @Nullable Secret openIfPresent(GrantKey key, String member, String context, @Nullable Secret secret)
			throws SealedException {
		return (secret != null) ? open(key, member, context, secret) : null;
	}

	private String open(GrantKey key, String member, String context, String text) throws SealedException {
		if (!this.allowPlain && !Seal.isBound(text)) {
			throw new SealedException(Seal.isSealed(text)
					? "in a format that does not protect the token endpoint, which 'mcp.oauth.store.encryption.allow-plain=false' refuses"
					: "not at all, which 'mcp.oauth.store.encryption.allow-plain=false' refuses");
		}
		return Seal.isSealed(text) ? this.seal.open(key, member, context, text) : text;
	}

	private Map<String, Object> open(GrantKey key, String member, String context, Map<String, Object> members)
			throws SealedException {
		if (!(members.get(ADDITIONAL) instanceof String text) || !Seal.isSealed(text)) {
			if (!this.allowPlain) {
				throw new SealedException("not at all, which 'mcp.oauth.store.encryption.allow-plain=false' refuses");
			}
			return members;
		}
		try {
			String opened = open(key, member, context, text);
			Map<String, Object> all = JsonMembers.parse(opened.getBytes(StandardCharsets.UTF_8)).rest();
			if (this.allowPlain) {
				members.forEach((name, value) -> {
					if (!ADDITIONAL.equals(name)) {
						all.put(name, value);
					}
				});
			}
			return all;
		}
		catch (MalformedRecordException ex) {
			throw new SealedException("by something else: its content " + ex.getMessage());
		}
	}

	private boolean isCurrent(Secret secret) {
		return this.seal.isCurrent(secret.reveal());
	}

	private boolean isCurrentIfPresent(@Nullable Secret secret) {
		return secret == null || isCurrent(secret);
	}

	private boolean isCurrent(Map<String, Object> members) {
		return this.seal.isCurrent((members.size() == 1 && members.get(ADDITIONAL) instanceof String text) ? text : "");
	}

	private static OAuthClient with(OAuthClient client, @Nullable Secret clientSecret, Map<String, Object> additional) {
		return client.mutate().secret(clientSecret).additional(additional).build();
	}

}
