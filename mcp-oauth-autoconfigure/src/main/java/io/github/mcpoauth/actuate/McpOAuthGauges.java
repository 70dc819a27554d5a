// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.work.Pause;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Shows how long tokens are still good for. Reading a gauge does not block: it shows the
 * last known value, and asks for the present status for the next reading if the known one
 * is older than 30 seconds.
 */
public final class McpOAuthGauges implements MeterBinder {

	private static final Duration MOST_AGE = Duration.ofSeconds(30);

	private final Supplier<McpOAuthManager> manager;

	private final Time time;

	/**
	 * Create the binder.
	 * @param manager supplies the manager, called with the first reading, because the
	 * registry may be needed to create it
	 * @param clock the time
	 */
	public McpOAuthGauges(Supplier<McpOAuthManager> manager, Clock clock) {
		this(manager, Time.of(clock));
	}

	McpOAuthGauges(Supplier<McpOAuthManager> manager, Time time) {
		this.manager = manager;
		this.time = time;
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
		AtomicReference<@Nullable Pause> pause = new AtomicReference<>();
		Gauge.builder("mcp.oauth.servers", () -> {
			Pause before = pause.get();
			// Of several readings at the same time one asks the store
			if ((before == null || before.isOver(this.time.nanos()))
					&& pause.compareAndSet(before, Pause.begin(this.time, MOST_AGE))) {
				look(expiry, principals);
			}
			return this.manager.get().servers().size();
		}).description("Servers there are").register(registry);
	}

	private void look(MultiGauge expiry, MultiGauge principals) {
		McpOAuthManager manager = this.manager.get();
		Flux.fromIterable(manager.servers())
			.concatMap((server) -> manager.provider(server.key())
				.status()
				.onErrorResume(UnknownServerException.class, (ex) -> Mono.empty()))
			.collectList()
			.subscribe((statuses) -> {
				expiry.register(rows(statuses, this::expiry), true);
				principals.register(rows(statuses, McpOAuthGauges::principals), true);
			});
	}

	private static List<Row<?>> rows(List<ServerStatus> statuses, Function<ServerStatus, List<Row<?>>> rows) {
		return statuses.stream().map(rows).flatMap(List::stream).toList();
	}

	private List<Row<?>> expiry(ServerStatus status) {
		Instant expiresAt = status.grant().expiresAt();
		return (expiresAt != null) ? List.of(Row.of(Tags.of("server", status.server()),
				() -> Duration.between(this.time.clock().instant(), expiresAt).toSeconds())) : List.of();
	}

	private static List<Row<?>> principals(ServerStatus status) {
		ServerStatus.Principals counts = status.principals();
		if (counts == null) {
			return List.of();
		}
		return List.of(Row.of(Tags.of("server", status.server(), "login", "required"), counts.loginRequired()), Row
			.of(Tags.of("server", status.server(), "login", "not_required"), counts.known() - counts.loginRequired()));
	}

}
