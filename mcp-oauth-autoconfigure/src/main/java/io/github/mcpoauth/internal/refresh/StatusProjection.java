// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.Explanation;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.refresh.GrantMemory.StoreTrouble;
import org.jspecify.annotations.Nullable;

/**
 * Projects the standing of a grant onto the status that operators and users see.
 */
final class StatusProjection {

	private static final String MEND_STORE = "Make the token store usable again";

	private final GrantParts parts;

	StatusProjection(GrantParts parts) {
		this.parts = parts;
	}

	/**
	 * The status by the memory that holds now.
	 * @param memory the memory
	 * @return the status
	 */
	ServerStatus of(GrantMemory memory) {
		return status(memory.grant(), finding(memory, this.parts.standing(memory, null)));
	}

	/**
	 * The status when the store cannot be read and nothing usable is in memory.
	 * @param error the failure of the store
	 * @return the status
	 */
	ServerStatus of(TokenStoreException error) {
		StoreTrouble trouble = this.parts.state().memory().storeTrouble();
		return status(null, new Finding(State.STORE_ERROR, error.getMessage(),
				(trouble != null) ? trouble.since() : null, null, MEND_STORE));
	}

	private Finding finding(GrantMemory memory, Standing standing) {
		if (standing instanceof Standing.OnTrial trial) {
			return finding(memory, trial.rest());
		}
		if (standing instanceof Standing.Absent absent) {
			return loginRequired(absent.reason(), null, null);
		}
		if (standing instanceof Standing.LoginRequired login) {
			return loginRequired(login.reason(), login.correction(), login.since());
		}
		Finding trouble = storeTrouble(memory);
		if (trouble != null) {
			return trouble;
		}
		RetryBackoff backoff = memory.backoff();
		if (backoff != null) {
			return new Finding(State.REFRESH_FAILING, backoff.reason(), backoff.since(), nextTry(backoff), null);
		}
		if (standing instanceof Standing.MustRenew renewal) {
			return (renewal.cause() == Standing.Cause.FIRST)
					? new Finding(State.AUTHORIZED, "a token is asked for when it is needed first", null, null, null)
					: new Finding(State.AUTHORIZED, null, null, null, null);
		}
		return usable(memory);
	}

	private Finding loginRequired(String reason, @Nullable String correction, @Nullable Instant since) {
		return new Finding(State.LOGIN_REQUIRED, reason, since, null, (correction != null) ? correction : action());
	}

	private @Nullable Finding storeTrouble(GrantMemory memory) {
		CachedGrant cached = memory.cached();
		StoreTrouble trouble = memory.storeTrouble();
		if (cached != null && !cached.isPersisted()) {
			return new Finding(State.UNPERSISTED, (trouble != null) ? trouble.error().getMessage() : null,
					(trouble != null) ? trouble.since() : null, null,
					"Make the token store writable: the newest token is lost if this process ends");
		}
		return (trouble != null)
				? new Finding(State.STORE_ERROR, trouble.error().getMessage(), trouble.since(), null, MEND_STORE)
				: null;
	}

	private Instant nextTry(RetryBackoff backoff) {
		return this.parts.context().time().clock().instant().plus(backoff.remaining(this.parts.nanos()));
	}

	private Finding usable(GrantMemory memory) {
		GrantRenewal renewal = this.parts.renewal();
		Grant grant = memory.grant();
		RefusedRenewal refusal = memory.refusalOf(grant, renewal, this.parts.nanos());
		if (refusal != null) {
			String refused = renewal.startsAnew() ? "the next token was refused: " : "its refresh token was refused: ";
			return new Finding(State.AUTHORIZED, refused + refusal.reason(), refusal.since(), null,
					(refusal.correction() != null) ? refusal.correction() : action());
		}
		boolean ends = grant != null && grant.expiresAt() != null && renewal.objection(grant) != null;
		return new Finding(State.AUTHORIZED, ends
				? "no refresh token was issued: a login is needed when its token expires" + likelyReason(grant) : null,
				null, null, null);
	}

	/**
	 * OpenID Connect Core, section 11: an OpenID provider ignores {@code offline_access}
	 * without consent.
	 */
	private String likelyReason(@Nullable Grant grant) {
		McpServer server = this.parts.server();
		String prompt = server.oauth().authorizeParameters().getOrDefault("prompt", "consent");
		boolean withoutConsent = grant != null && grant.requestedScope().contains("offline_access")
				&& !prompt.contains("consent");
		return withoutConsent
				? ". The likely reason is that 'mcp.servers.%s.oauth.authorize-parameters.prompt' is not 'consent'"
					.formatted(server.name())
				: "";
	}

	private String action() {
		return this.parts.server().action(this.parts.key());
	}

	private ServerStatus status(@Nullable Grant grant, Finding finding) {
		McpServer server = this.parts.server();
		return new ServerStatus(server.name(), server.url(), finding.state, finding.explanation, details(grant),
				this.parts.store().location(this.parts.key()));
	}

	private static GrantDetails details(@Nullable Grant grant) {
		return (grant != null) ? new GrantDetails(grant.issuer(), grant.clientId(), grant.resource(), grant.scope(),
				grant.issuedAt(), grant.expiresAt(), grant.refreshToken() != null) : GrantDetails.NONE;
	}

	private record Finding(State state, Explanation explanation) {

		Finding(State state, @Nullable String reason, @Nullable Instant since, @Nullable Instant nextTry,
				@Nullable String action) {
			this(state, new Explanation(reason, since, nextTry, action));
		}

	}

}
