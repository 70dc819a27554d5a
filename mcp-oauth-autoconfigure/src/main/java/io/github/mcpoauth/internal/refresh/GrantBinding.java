// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a grant belongs to a server as it is configured: a changed URL or
 * authorization server must not receive a token that was issued for another one. A
 * mismatch deletes nothing. It is over when the settings and the grant match again.
 */
final class GrantBinding {

	private final McpServer server;

	// Threads that race check the same grant with the same result
	private volatile @Nullable Checked checked;

	GrantBinding(McpServer server) {
		this.server = server;
	}

	/**
	 * Why a grant must not be used for the server.
	 * @param grant the grant
	 * @return one sentence of cause, {@code null} if it may be used
	 */
	@SuppressWarnings("ReferenceEquality") // asked for every request, nearly always the
											// same
	@Nullable String violation(Grant grant) {
		Checked checked = this.checked;
		if (checked == null || checked.grant != grant) {
			checked = new Checked(grant, check(grant));
			this.checked = checked;
		}
		return checked.violation;
	}

	private @Nullable String check(Grant grant) {
		String resource = grant.resource();
		if (resource != null && !resource.equals(this.server.oauth().resource())
				&& !HttpAddress.covers(resource, this.server.url())) {
			return "its token was issued for %s, and the server's URL is another one now"
				.formatted(UntrustedText.quote(resource));
		}
		String issuer = this.server.oauth().authorizationServer();
		if (issuer != null && grant.issuer() != null && !issuer.equals(grant.issuer())) {
			return "its token was issued by %s, and another authorization server is configured now"
				.formatted(UntrustedText.quote(grant.issuer()));
		}
		String foreign = checkOrigin(grant);
		return (foreign == null && grant.isBound()) ? keyViolation(grant) : foreign;
	}

	private @Nullable String keyViolation(Grant grant) {
		if (grant.dpopKey() == null) {
			return "its token is bound to a key (token type DPoP) that is not in the stored record";
		}
		try {
			DPoPKey.of(grant.dpopKey(), Clock.systemUTC());
			return null;
		}
		catch (IllegalArgumentException ex) {
			return "its token is bound to a key (token type DPoP) that is stored and cannot be used: "
					+ ex.getMessage();
		}
	}

	/**
	 * Whether the grant was obtained with the grant type of the settings: a grant that a
	 * user consented to is not one of the application's own. A record that another
	 * program wrote does not say.
	 */
	private @Nullable String checkOrigin(Grant grant) {
		OAuthSettings oauth = this.server.oauth();
		Object type = grant.additional().get(Grant.GRANT_TYPE);
		if (oauth.grantType().needsUser()) {
			return (type != null) ? "its token was got without a login, and the settings want one now" : null;
		}
		if (grant.generation() > 0 && !oauth.grantType().value().equals(type)) {
			return "its token was got in another way than the settings want it now";
		}
		return (oauth.clientId() != null && grant.clientId() != null && !oauth.clientId().equals(grant.clientId()))
				? "its token was issued to another client than the settings name now" : null;
	}

	private record Checked(Grant grant, @Nullable String violation) {

	}

}
