// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.manager.McpOAuthManager;
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
			.map(this::health)
			.onErrorResume(UnknownServerException.class,
					(ex) -> Mono.just(Health.unknown().withDetail("reason", "it was removed meanwhile").build()));
	}

	private Health health(ServerStatus status) {
		ServerStatus.Principals principals = status.principals();
		Health.Builder health = Health.status(switch (status.state()) {
			case AUTHORIZED -> Status.UP;
			case REFRESH_FAILING, UNPERSISTED -> Status.UNKNOWN;
			case STORE_ERROR -> Status.DOWN;
			// With a grant for each principal, the application itself may need no grant
			case LOGIN_REQUIRED -> (principals != null) ? Status.UNKNOWN : this.loginRequired;
		}).withDetail("state", status.state().name());
		detail(health, "reason", status.explanation().reason());
		detail(health, "since", status.explanation().since());
		detail(health, "nextTry", status.explanation().nextTry());
		detail(health, "action", status.explanation().action());
		detail(health, "expiresAt", status.grant().expiresAt());
		if (principals != null) {
			health.withDetail("principals", principals.known());
			health.withDetail("principalsWithoutLogin", principals.loginRequired());
		}
		return health.build();
	}

	private static void detail(Health.Builder health, String name, @Nullable Object value) {
		if (value != null) {
			health.withDetail(name, value.toString());
		}
	}

}
