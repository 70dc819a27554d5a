// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

/**
 * Says in a person's words what a provider's state amounts to.
 */
final class StatusProjection {

	private final McpServer server;

	private final GrantKey key;

	private final String location;

	private final ProviderState state;

	private final GrantRenewal renewal;

	private final GrantBinding binding;

	StatusProjection(McpServer server, GrantKey key, String location, ProviderState state, GrantRenewal renewal,
			GrantBinding binding) {
		this.server = server;
		this.key = key;
		this.location = location;
		this.state = state;
		this.renewal = renewal;
		this.binding = binding;
	}

	/**
	 * The status by the view that holds now.
	 * @param view the view
	 * @param now the instant
	 * @return the status
	 */
	ServerStatus of(CachedGrant view, Instant now) {
		Grant grant = view.grant();
		if (grant == null) {
			return status(null, findingWithout());
		}
		return status(grant, finding(view, grant, now));
	}

	/**
	 * The status when the store cannot be read and nothing usable is in memory.
	 * @param error why
	 * @return the status
	 */
	ServerStatus of(TokenStoreException error) {
		ProviderState.StoreTrouble trouble = this.state.storeTrouble();
		return status(null, new Finding(State.STORE_ERROR, error.getMessage(),
				(trouble != null) ? trouble.since() : null, null, "Make the token store usable again"));
	}

	/**
	 * Without a grant.
	 */
	private Finding findingWithout() {
		String objection = this.renewal.objection(null);
		if (objection != null) {
			return personNeeded(objection, null);
		}
		RefusedRenewal verdict = this.state.verdictOn(null);
		if (verdict != null) {
			return personNeeded(verdict.reason(), verdict.since());
		}
		RetryBackoff gate = this.state.gate();
		return (gate != null) ? failing(gate)
				: new Finding(State.AUTHORIZED, "a token is asked for when it is needed first", null, null, null);
	}

	private static Finding failing(RetryBackoff gate) {
		return new Finding(State.REFRESH_FAILING, gate.reason(), gate.since(), gate.nextTry(), null);
	}

	private Finding finding(CachedGrant view, Grant grant, Instant now) {
		String foreign = this.binding.violation(grant);
		if (foreign != null && !this.renewal.startsAnew()) {
			return personNeeded(foreign, null);
		}
		boolean expired = foreign != null || view.isExpired(now.toEpochMilli());
		boolean canBeRenewed = this.renewal.objection(grant) == null;
		RejectedToken refusal = this.state.isRefused(view.token()) ? this.state.refusal() : null;
		RefusedRenewal verdict = this.state.verdictOn(grant);
		if (verdict != null && (expired || refusal != null)) {
			return personNeeded(verdict.reason(), verdict.since());
		}
		if (refusal != null && (refusal.replayed() || !canBeRenewed)) {
			return personNeeded("the server refuses its token", refusal.since());
		}
		if (expired && !canBeRenewed) {
			return personNeeded("its token has expired and no refresh token was issued", grant.expiresAt());
		}
		ProviderState.StoreTrouble trouble = this.state.storeTrouble();
		if (!view.isPersisted()) {
			return new Finding(State.UNPERSISTED, (trouble != null) ? trouble.error().getMessage() : null,
					(trouble != null) ? trouble.since() : null, null,
					"Make the token store writable: the newest token is lost if this process ends");
		}
		if (trouble != null) {
			return new Finding(State.STORE_ERROR, trouble.error().getMessage(), trouble.since(), null,
					"Make the token store usable again");
		}
		RetryBackoff gate = this.state.gate();
		if (gate != null) {
			return failing(gate);
		}
		if (verdict != null) {
			String refused = this.renewal.startsAnew() ? "the next token was refused: "
					: "its refresh token was refused: ";
			return new Finding(State.AUTHORIZED, refused + verdict.reason(), verdict.since(), null, action());
		}
		if (!canBeRenewed && grant.expiresAt() != null) {
			return new Finding(State.AUTHORIZED,
					"no refresh token was issued: a login is needed when its token expires", null, null, null);
		}
		return new Finding(State.AUTHORIZED, null, null, null, null);
	}

	private Finding personNeeded(String reason, @Nullable Instant since) {
		return new Finding(State.LOGIN_REQUIRED, reason, since, null, action());
	}

	private String action() {
		String correction = this.server.correction();
		return (correction != null) ? correction : this.key.loginCommand();
	}

	private ServerStatus status(@Nullable Grant grant, Finding finding) {
		return new ServerStatus(this.server.name(), this.server.url(), finding.state, finding.reason, finding.since,
				finding.nextTry, finding.action, (grant != null) ? grant.issuer() : null,
				(grant != null) ? grant.clientId() : null, (grant != null) ? grant.resource() : null,
				(grant != null) ? grant.scope() : Set.of(), (grant != null) ? grant.issuedAt() : null,
				(grant != null) ? grant.expiresAt() : null, grant != null && grant.refreshToken() != null,
				this.location);
	}

	private record Finding(State state, @Nullable String reason, @Nullable Instant since, @Nullable Instant nextTry,
			@Nullable String action) {

	}

}
