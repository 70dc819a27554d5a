// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCounts;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Shows how long tokens are still good for. Reading a gauge does not block: it shows the
 * last known value, and reads the present servers for the next reading.
 */
public final class McpOAuthGauges implements MeterBinder {

	private final Supplier<McpOAuthManager> manager;

	private final Clock clock;

	/**
	 * Create the binder.
	 * @param manager supplies the manager, called with the first reading, because the
	 * registry may be needed to create it
	 * @param clock the time
	 */
	public McpOAuthGauges(Supplier<McpOAuthManager> manager, Clock clock) {
		this.manager = manager;
		this.clock = clock;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		MultiGauge expiry = MultiGauge.builder("mcp.oauth.token.expiry")
			.description("Time until the token expires, negative when it has")
			.baseUnit("seconds")
			.register(registry);
		MultiGauge principals = MultiGauge.builder("mcp.oauth.principals")
			.description("Principals that this process has to do with now")
			.register(registry);
		Gauge.builder("mcp.oauth.servers", () -> {
			look(expiry);
			count(principals);
			return this.manager.get().servers().size();
		}).description("Servers there are").register(registry);
	}

	private void look(MultiGauge expiry) {
		McpOAuthManager manager = this.manager.get();
		Flux.fromIterable(manager.servers())
			.concatMap((server) -> manager.provider(server.key())
				.status()
				.onErrorResume(UnknownServerException.class, (ex) -> Mono.empty()))
			.collectList()
			.subscribe((statuses) -> expiry.register(rows(statuses), true));
	}

	private void count(MultiGauge principals) {
		McpOAuthManager manager = this.manager.get();
		if (!manager.hasPrincipals()) {
			return;
		}
		List<Row<?>> rows = new ArrayList<>();
		for (McpServer server : manager.servers()) {
			PrincipalCounts counts = manager.principals(server.name());
			rows.add(Row.of(Tags.of("server", server.name(), "login", "required"), counts.loginRequired()));
			rows.add(Row.of(Tags.of("server", server.name(), "login", "not_required"),
					counts.known() - counts.loginRequired()));
		}
		principals.register(rows, true);
	}

	private List<Row<?>> rows(List<ServerStatus> statuses) {
		return statuses.stream().<Row<?>>mapMulti((status, rows) -> {
			Instant expiresAt = status.expiresAt();
			if (expiresAt != null) {
				rows.accept(Row.of(Tags.of("server", status.server()),
						() -> Duration.between(this.clock.instant(), expiresAt).toSeconds()));
			}
		}).toList();
	}

}
