// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.grant.OAuthClient.Origin;
import org.jspecify.annotations.Nullable;

/**
 * A client as JSON: the members of a registration response (RFC 7591, section 3.2.1) and
 * the members that only this library uses.
 */
public final class ClientDocument {

	private static final String ORIGIN = "origin";

	private static final Set<String> OURS = Set.of("client_id", "client_secret", "client_secret_expires_at",
			"token_endpoint_auth_method", "redirect_uris", "scope", "issuer", ORIGIN, "bound_issuer");

	private ClientDocument() {
	}

	/**
	 * Understand a document.
	 * @param content the document
	 * @return the client
	 * @throws MalformedRecordException if it is not a JSON object, has no client
	 * identifier or a member of a wrong type
	 */
	public static OAuthClient parse(byte[] content) throws MalformedRecordException {
		JsonMembers members = JsonMembers.parse(content);
		String clientId = members.text("client_id");
		if (clientId == null) {
			throw new MalformedRecordException("has no member 'client_id'");
		}
		Instant secretExpiresAt = members.instant("client_secret_expires_at");
		return OAuthClient.with(clientId, origin(members.text(ORIGIN), clientId))
			.secret(members.secret("client_secret"))
			.authMethod(members.text("token_endpoint_auth_method"))
			.issuer(members.text("issuer"))
			.secretExpiresAt(Instant.EPOCH.equals(secretExpiresAt) ? null : secretExpiresAt)
			.redirectUris(members.words("redirect_uris"))
			.scope(members.words("scope"))
			.additional(members.rest())
			.build();
	}

	/**
	 * Write a client.
	 * @param client the client
	 * @return the document, in UTF-8
	 */
	public static byte[] render(OAuthClient client) {
		return JsonMembers.render(members(client));
	}

	/**
	 * The members of a document.
	 * @param client the client
	 * @return names and values
	 */
	public static Map<String, @Nullable Object> members(OAuthClient client) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("client_id", client.clientId());
		members.put("client_secret", (client.clientSecret() != null) ? client.clientSecret().reveal() : null);
		if (client.secretExpiresAt() != null) {
			members.put("client_secret_expires_at", JsonMembers.seconds(client.secretExpiresAt()));
		}
		else if (client.clientSecret() != null) {
			members.put("client_secret_expires_at", 0);
		}
		members.put("token_endpoint_auth_method", client.tokenEndpointAuthMethod());
		members.put("redirect_uris", client.redirectUris().isEmpty() ? null : List.copyOf(client.redirectUris()));
		members.put("scope", client.scope().isEmpty() ? null : String.join(" ", client.scope()));
		members.put("issuer", client.issuer());
		members.put(ORIGIN, client.origin().name().toLowerCase(Locale.ROOT));
		client.additional().forEach((name, value) -> {
			if (!OURS.contains(name)) {
				members.put(name, value);
			}
		});
		members.values().removeIf((value) -> value == null);
		return members;
	}

	/**
	 * Others do not say where a client comes from, but a URL as identifier can only be a
	 * metadata document.
	 */
	private static Origin origin(@Nullable String origin, String clientId) {
		for (Origin candidate : Origin.values()) {
			if (candidate.name().equalsIgnoreCase(origin)) {
				return candidate;
			}
		}
		return clientId.startsWith("https://") ? Origin.METADATA_DOCUMENT : Origin.REGISTERED;
	}

}
