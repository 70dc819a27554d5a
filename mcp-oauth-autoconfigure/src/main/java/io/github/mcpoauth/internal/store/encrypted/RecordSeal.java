// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.encrypted.Seal.SealedException;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import org.jspecify.annotations.Nullable;

/**
 * Seals the secrets of grants and clients, and the members we do not know, which may be
 * secrets too. What else there is stays readable: a person sees when a token expires, and
 * a store still compares generations.
 */
final class RecordSeal {

	private static final String ADDITIONAL = "sealed";

	private final Seal seal;

	RecordSeal(EncryptionKeys keys) {
		this.seal = new Seal(keys);
	}

	Grant seal(GrantKey key, Grant grant) {
		return grant.mutate()
			.accessToken(seal(key, "access_token", grant.accessToken()))
			.refreshToken(sealIfPresent(key, "refresh_token", grant.refreshToken()))
			.dpopKey(sealIfPresent(key, "dpop_key", grant.dpopKey()))
			.additional(seal(key, "grant", grant.additional()))
			.build();
	}

	Grant open(GrantKey key, Grant grant) throws SealedException {
		return grant.mutate()
			.accessToken(open(key, "access_token", grant.accessToken()))
			.refreshToken(openIfPresent(key, "refresh_token", grant.refreshToken()))
			.dpopKey(openIfPresent(key, "dpop_key", grant.dpopKey()))
			.additional(open(key, "grant", grant.additional()))
			.build();
	}

	boolean isCurrent(Grant grant) {
		return isCurrent(grant.accessToken()) && isCurrentIfPresent(grant.refreshToken())
				&& isCurrentIfPresent(grant.dpopKey()) && isCurrent(grant.additional());
	}

	OAuthClient seal(GrantKey key, OAuthClient client) {
		return with(client, sealIfPresent(key, "client_secret", client.clientSecret()),
				seal(key, "client", client.additional()));
	}

	OAuthClient open(GrantKey key, OAuthClient client) throws SealedException {
		return with(client, openIfPresent(key, "client_secret", client.clientSecret()),
				open(key, "client", client.additional()));
	}

	boolean isCurrent(OAuthClient client) {
		return isCurrentIfPresent(client.clientSecret()) && isCurrent(client.additional());
	}

	private Secret seal(GrantKey key, String member, Secret secret) {
		return Secret.of(this.seal.seal(key, member, secret.reveal()));
	}

	private @Nullable Secret sealIfPresent(GrantKey key, String member, @Nullable Secret secret) {
		return (secret != null) ? seal(key, member, secret) : null;
	}

	private Map<String, Object> seal(GrantKey key, String member, Map<String, Object> additional) {
		return additional.isEmpty() ? additional : Map.of(ADDITIONAL,
				this.seal.seal(key, member, new String(JsonMembers.render(additional), StandardCharsets.UTF_8)));
	}

	private Secret open(GrantKey key, String member, Secret secret) throws SealedException {
		String text = secret.reveal();
		return Seal.isSealed(text) ? Secret.of(this.seal.open(key, member, text)) : secret;
	}

	private @Nullable Secret openIfPresent(GrantKey key, String member, @Nullable Secret secret)
			throws SealedException {
		return (secret != null) ? open(key, member, secret) : null;
	}

	private Map<String, Object> open(GrantKey key, String member, Map<String, Object> additional)
			throws SealedException {
		if (!(additional.get(ADDITIONAL) instanceof String text) || !Seal.isSealed(text)) {
			return additional;
		}
		try {
			Map<String, Object> opened = JsonMembers
				.parse(this.seal.open(key, member, text).getBytes(StandardCharsets.UTF_8))
				.rest();
			additional.forEach((name, value) -> {
				if (!ADDITIONAL.equals(name)) {
					opened.put(name, value);
				}
			});
			return opened;
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

	private boolean isCurrent(Map<String, Object> additional) {
		return additional.isEmpty() || (additional.size() == 1 && additional.get(ADDITIONAL) instanceof String text
				&& this.seal.isCurrent(text));
	}

	private static OAuthClient with(OAuthClient client, @Nullable Secret clientSecret, Map<String, Object> additional) {
		return client.mutate().secret(clientSecret).additional(additional).build();
	}

}
