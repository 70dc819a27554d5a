// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.jspecify.annotations.Nullable;

/**
 * A grant as JSON: the members of a token response (RFC 6749, section 5.1) with the
 * members that renewing it needs.
 *
 * @param grant the grant in the document
 * @param foreign whether another program wrote it, which may know only the members of a
 * token response
 */
public record GrantDocument(Grant grant, boolean foreign) {

	private static final String ISSUER = "issuer";

	/**
	 * Hermes agent's name for the issuer.
	 */
	private static final String HERMES_ISSUER = "hermes_issuer";

	private static final Set<String> OURS = Set.of("access_token", "token_type", "expires_in", "refresh_token", "scope",
			"expires_at", "issued_at", ISSUER, "resource", "resource_refused", "client_id", "token_endpoint",
			"dpop_key", "generation");

	/**
	 * Understand a document.
	 * @param content the document
	 * @param modified when it was written: the time of issue, and the time that
	 * {@code expires_in} counts from if it does not say
	 * @return the document
	 * @throws MalformedRecordException if it is not a JSON object, has no access token or
	 * a member of a wrong type
	 */
	public static GrantDocument parse(byte[] content, Instant modified) throws MalformedRecordException {
		JsonMembers members = JsonMembers.parse(content);
		String accessToken = members.headerText("access_token");
		if (accessToken == null) {
			throw new MalformedRecordException("has no member 'access_token'");
		}
		Grant.Builder grant = Grant.with(Secret.of(accessToken))
			.refreshToken(members.secret("refresh_token"))
			.scope(members.words("scope"))
			.tokenEndpoint(members.uri("token_endpoint"))
			.clientId(members.text("client_id"))
			.resource(members.text("resource"))
			.resourceRefused(members.flag("resource_refused"))
			.dpopKey(members.secret("dpop_key"));
		String tokenType = members.headerText("token_type");
		if (tokenType != null) {
			grant.tokenType(tokenType);
		}
		long generation = members.count("generation");
		boolean foreign = generation == 0;
		Instant expiresAt = members.instant("expires_at");
		Duration expiresIn = members.duration("expires_in");
		Instant issuedAt = members.instant("issued_at");
		if (issuedAt == null && expiresAt != null && expiresIn != null) {
			issuedAt = expiresAt.minus(expiresIn);
		}
		if (issuedAt == null && foreign) {
			issuedAt = modified;
		}
		if (expiresAt == null && expiresIn != null) {
			expiresAt = ((issuedAt != null) ? issuedAt : modified).plus(expiresIn);
		}
		String issuer = members.text(ISSUER);
		Map<String, Object> additional = members.rest();
		if (issuer == null && additional.get(HERMES_ISSUER) instanceof String hermesIssuer && !hermesIssuer.isEmpty()) {
			issuer = hermesIssuer;
		}
		return new GrantDocument(grant.generation(generation)
			.issuedAt(issuedAt)
			.expiresAt(expiresAt)
			.issuer(issuer)
			.additional(additional)
			.build(), foreign);
	}

	/**
	 * Complete the document of another program. A refresh token that is missing is the
	 * one before, as RFC 6749 (section 6) has it for a response that brings no new one,
	 * and so is the scope; unless the document says that it comes from another issuer or
	 * was issued to another client.
	 * @param last the grant this process saw last in the same place, {@code null} if
	 * absent
	 * @param client the stored client, {@code null} if absent
	 * @param metadata the stored authorization server metadata, empty if absent
	 * @return the grant
	 */
	public Grant completed(@Nullable Grant last, @Nullable OAuthClient client, Map<String, Object> metadata) {
		if (!this.foreign) {
			return this.grant;
		}
		Grant grant = this.grant;
		if (last != null && agree(grant.issuer(), last.issuer())
				&& (grant.clientId() == null || grant.clientId().equals(last.clientId()))) {
			grant = completed(grant, last);
		}
		if (client != null && grant.clientId() == null && agree(grant.issuer(), client.issuer())) {
			grant = grant.mutate().clientId(client.clientId()).build();
		}
		if (client != null && grant.issuer() == null && client.clientId().equals(grant.clientId())) {
			grant = grant.mutate().issuer(client.issuer()).build();
		}
		if (metadata.get(ISSUER) instanceof String issuer && agree(grant.issuer(), issuer)) {
			Grant.Builder completed = grant.mutate();
			if (grant.issuer() == null) {
				completed.issuer(issuer);
			}
			if (grant.tokenEndpoint() == null) {
				completed.tokenEndpoint(uri(metadata.get("token_endpoint")));
			}
			grant = completed.build();
		}
		return grant;
	}

	/**
	 * Write a grant.
	 * @param grant the grant
	 * @return the document, in UTF-8
	 */
	public static byte[] render(Grant grant) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("access_token", grant.accessToken().reveal());
		members.put("token_type", grant.tokenType());
		Instant issuedAt = grant.issuedAt();
		Instant expiresAt = grant.expiresAt();
		if (expiresAt != null && issuedAt != null) {
			members.put("expires_in", Duration.between(issuedAt, expiresAt).toSeconds());
		}
		members.put("refresh_token", (grant.refreshToken() != null) ? grant.refreshToken().reveal() : null);
		members.put("scope", grant.scope().isEmpty() ? null : String.join(" ", grant.scope()));
		members.put("expires_at", (expiresAt != null) ? JsonMembers.seconds(expiresAt) : null);
		members.put("issued_at", (issuedAt != null) ? JsonMembers.seconds(issuedAt) : null);
		members.put(ISSUER, grant.issuer());
		members.put("resource", grant.resource());
		members.put("resource_refused", grant.resourceRefused() ? Boolean.TRUE : null);
		members.put("client_id", grant.clientId());
		members.put("token_endpoint", (grant.tokenEndpoint() != null) ? grant.tokenEndpoint().toString() : null);
		members.put("dpop_key", (grant.dpopKey() != null) ? grant.dpopKey().reveal() : null);
		members.put("generation", grant.generation());
		grant.additional().forEach((name, value) -> {
			if (!OURS.contains(name)) {
				members.put(name, value);
			}
		});
		if (members.get(HERMES_ISSUER) instanceof String issuer && !issuer.isEmpty()
				&& !agree(issuer, grant.issuer())) {
			members.put(HERMES_ISSUER, grant.issuer());
		}
		members.values().removeIf((value) -> value == null);
		return JsonMembers.render(members);
	}

	private static Grant completed(Grant grant, Grant last) {
		Grant.Builder completed = grant.mutate();
		if (last.issuer() != null) {
			// As it was validated, where the writer may have added a slash
			completed.issuer(last.issuer());
		}
		if (grant.refreshToken() == null) {
			completed.refreshToken(last.refreshToken());
		}
		if (grant.scope().isEmpty()) {
			completed.scope(last.scope());
		}
		if (grant.tokenEndpoint() == null) {
			completed.tokenEndpoint(last.tokenEndpoint());
		}
		if (grant.clientId() == null) {
			completed.clientId(last.clientId());
		}
		if (grant.resource() == null) {
			completed.resource(last.resource()).resourceRefused(last.resourceRefused());
		}
		if (grant.dpopKey() == null) {
			completed.dpopKey(last.dpopKey());
		}
		return completed.build();
	}

	/**
	 * Whether two issuers may be the same: neither is known to be another one. Some
	 * writers add a slash to an issuer without path.
	 */
	private static boolean agree(@Nullable String one, @Nullable String other) {
		return one == null || other == null || withoutSlash(one).equals(withoutSlash(other));
	}

	private static String withoutSlash(String issuer) {
		return issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
	}

	private static @Nullable URI uri(@Nullable Object value) {
		try {
			return (value instanceof String text && !text.isEmpty()) ? new URI(text) : null;
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

}
