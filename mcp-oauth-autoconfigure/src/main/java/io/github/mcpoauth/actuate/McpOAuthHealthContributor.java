// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCounts;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.boot.health.contributor.CompositeReactiveHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.health.contributor.ReactiveHealthContributors;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * One component for each server there is when health is asked for, told from memory and
 * the store: asking never reaches a server, and never starts a refresh or a login.
 * <p>
 * Only a failure of this instance alone, a store that it cannot read, is
 * {@link Status#DOWN}. A restart would not make an authorization server answer, and it
 * would lose a token that could not be stored, so these are {@link Status#UNKNOWN}, which
 * leaves the aggregate to the other contributors. The state is that of the application's
 * own grant; of the grants of principals there are numbers only.
 */
public final class McpOAuthHealthContributor implements CompositeReactiveHealthContributor {

	private final McpOAuthManager manager;

	private final Status loginRequired;

	/**
	 * Create a contributor.
	 * @param manager knows the servers
	 * @param loginRequired status of a server that a user must log in to
	 */
	public McpOAuthHealthContributor(McpOAuthManager manager, Status loginRequired) {
		this.manager = manager;
		this.loginRequired = loginRequired;
	}

	@Override
	public Stream<ReactiveHealthContributors.Entry> stream() {
		return this.manager.servers()
			.stream()
			.map((server) -> new ReactiveHealthContributors.Entry(component(server), indicator(server)));
	}

	@Override
	public @Nullable ReactiveHealthContributor getContributor(String name) {
		return this.manager.servers()
			.stream()
			.filter((server) -> component(server).equals(name))
			.findFirst()
			.map(this::indicator)
			.orElse(null);
	}

	/**
	 * A slash separates components. No two servers differ by it alone, as their records
	 * would have the same name.
	 */
	private static String component(McpServer server) {
		return server.name().replace('/', '_');
	}

	private ReactiveHealthIndicator indicator(McpServer server) {
		GrantKey key = server.key();
		return () -> Mono.defer(() -> this.manager.provider(key).status())
			.map((status) -> health(status, server.name()))
			.onErrorResume(UnknownServerException.class,
					(ex) -> Mono.just(Health.unknown().withDetail("reason", "it was removed meanwhile").build()));
	}

	private Health health(ServerStatus status, String server) {
		boolean principals = this.manager.hasPrincipals();
		Health.Builder health = Health.status(switch (status.state()) {
			case AUTHORIZED -> Status.UP;
			case REFRESH_FAILING, UNPERSISTED -> Status.UNKNOWN;
			case STORE_ERROR -> Status.DOWN;
			// With a grant for each principal, the application itself may need no grant
			case LOGIN_REQUIRED -> principals ? Status.UNKNOWN : this.loginRequired;
		}).withDetail("state", status.state().name());
		detail(health, "reason", status.reason());
		detail(health, "since", status.since());
		detail(health, "nextTry", status.nextTry());
		detail(health, "action", status.action());
		detail(health, "expiresAt", status.expiresAt());
		if (principals) {
			PrincipalCounts counts = this.manager.principals(server);
			health.withDetail("principals", counts.known());
			health.withDetail("principalsWithoutLogin", counts.loginRequired());
		}
		return health.build();
	}

	private static void detail(Health.Builder health, String name, @Nullable Object value) {
		if (value != null) {
			health.withDetail(name, value.toString());
		}
	}

}
