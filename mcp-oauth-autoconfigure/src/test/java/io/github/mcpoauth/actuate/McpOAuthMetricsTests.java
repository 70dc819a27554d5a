// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.manager.ManagerFixture;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link McpOAuthObservations}, {@link McpOAuthMeters} and
 * {@link McpOAuthGauges} with real refreshes.
 */
class McpOAuthMetricsTests {

	private static final int CALLERS = 20;

	private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

	private final ObservationRegistry observations = ObservationRegistry.create();

	private final BlockingQueue<McpOAuthEvent> events = new LinkedBlockingQueue<>();

	private final List<Observation.Context> ended = new CopyOnWriteArrayList<>();

	private @Nullable ManagerFixture opened;

	McpOAuthMetricsTests() {
		this.observations.observationConfig()
			.observationHandler(new DefaultMeterObservationHandler(this.meters))
			.observationHandler(new Recorder());
	}

	@AfterEach
	void close() {
		Objects.requireNonNull(this.opened).close();
	}

	@Test
	void recoveryWhenManyCallersShareARefreshIsMeasuredForEachAndTheRefreshOnce() {
		ManagerFixture fixture = open(null);
		Grant grant = fixture.revokedGrant();
		TestHttpServer.Hold hold = fixture.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		Mono<?> all = recoverAll(fixture, grant.toAccessToken()).cache();
		all.subscribe();
		hold.await(1).release();
		all.block(ManagerFixture.PATIENCE);
		assertThat(this.meters.get("mcp.oauth.refresh")
			.tags("server", "github", "trigger", "rejection", "outcome", "refreshed")
			.timer()
			.count()).isEqualTo(1);
		assertThat(
				this.meters.get("mcp.oauth.recovery").tags("server", "github", "outcome", "refreshed").timer().count())
			.isEqualTo(CALLERS);
		assertThat(this.meters.get("mcp.oauth.lock.wait").tag("server", "github").timer().count()).isEqualTo(1);
		assertThat(this.meters.get("mcp.oauth.refresh.waiters").tag("server", "github").summary().max())
			.isEqualTo(CALLERS);
		assertNothingIsSecret(grant, fixture.stored());
	}

	@Test
	void refreshWhenItFailsHasItsOutcome() {
		ManagerFixture fixture = open(null);
		fixture.grant();
		fixture.authorizationServer.http().handle(TestAuthorizationServer.TOKEN, Answer.status(503));
		fixture.manager.provider(fixture.key).refresh(null).onErrorComplete().block(ManagerFixture.PATIENCE);
		assertThat(
				this.meters.get("mcp.oauth.refresh").tags("trigger", "demand", "outcome", "transient").timer().count())
			.isEqualTo(1);
	}

	@Test
	void refreshWhenItsCallerIsObservedIsAChildOfThat() {
		ManagerFixture fixture = open(null);
		Grant grant = fixture.revokedGrant();
		Observation request = Observation.start("request", this.observations);
		fixture.manager.provider(fixture.key)
			.recover(Rejection.of(grant.toAccessToken(), List.of("Bearer")))
			.contextWrite((context) -> context.put(ObservationThreadLocalAccessor.KEY, request))
			.block(ManagerFixture.PATIENCE);
		request.stop();
		Observation.Context refresh = ended("mcp.oauth.refresh");
		Observation.Context recovery = ended("mcp.oauth.recovery");
		assertThat(Objects.requireNonNull(refresh.getParentObservation()).getContextView()).isSameAs(recovery);
		assertThat(Objects.requireNonNull(recovery.getParentObservation()).getContextView())
			.isSameAs(request.getContext());
		assertThat(recovery.getContextualName()).isEqualTo("mcp oauth recovery github");
	}

	@Test
	void observationWhenThereIsAConventionFollowsIt() {
		ManagerFixture fixture = open(new McpOAuthObservationConvention() {

			@Override
			public String getName() {
				return "agent.oauth";
			}

			@Override
			public KeyValues getLowCardinalityKeyValues(McpOAuthObservationContext context) {
				return KeyValues.of("ended", String.valueOf(context.getOutcome()));
			}

		});
		fixture.grant();
		fixture.manager.provider(fixture.key).refresh(null).block(ManagerFixture.PATIENCE);
		assertThat(this.meters.get("agent.oauth").tag("ended", "refreshed").timer().count()).isEqualTo(1);
	}

	@Test
	void loginWhenItFailsIsCounted() throws Exception {
		ManagerFixture fixture = open(null);
		fixture.manager.provider(fixture.key)
			.recover(Rejection.of(null, List.of("Bearer")))
			.block(ManagerFixture.PATIENCE);
		fixture.authorizationServer.close();
		fixture.manager.provider(fixture.key)
			.login(LoginRequest.withoutBrowser())
			.onErrorComplete()
			.block(ManagerFixture.PATIENCE);
		assertThat(this.events.poll(30, TimeUnit.SECONDS)).isInstanceOf(McpOAuthEvent.LoginRequired.class);
		assertThat(this.events.poll(30, TimeUnit.SECONDS)).isInstanceOf(McpOAuthEvent.LoginFailed.class);
		// The event precedes the end of the observation
		await().atMost(ManagerFixture.PATIENCE)
			.untilAsserted(() -> assertThat(this.meters.get("mcp.oauth.login")
				.tags("server", "github", "outcome", "unavailable")
				.timer()
				.count()).isEqualTo(1));
		assertThat(this.meters.get("mcp.oauth.discovery").tags("server", "github", "outcome", "failed").timer().count())
			.isEqualTo(1);
		assertThat(this.meters.get("mcp.oauth.login.required").tag("server", "github").counter().count()).isEqualTo(1);
	}

	@Test
	void loginWhenItEndsWellIsOneObservationWithAllThatWasDoneForIt() throws Exception {
		ManagerFixture fixture = open(null);
		Observation request = Observation.start("request", this.observations);
		Login login = Objects.requireNonNull(fixture.manager.provider(fixture.key)
			.login(LoginRequest.withoutBrowser())
			.contextWrite((context) -> context.put(ObservationThreadLocalAccessor.KEY, request))
			.block(ManagerFixture.PATIENCE));
		request.stop();
		HttpClient.newBuilder()
			.followRedirects(HttpClient.Redirect.ALWAYS)
			.build()
			.send(HttpRequest.newBuilder(Objects.requireNonNull(login.authorizationUrl())).build(),
					HttpResponse.BodyHandlers.discarding());
		login.completion().block(ManagerFixture.PATIENCE);
		await().atMost(ManagerFixture.PATIENCE)
			.untilAsserted(() -> assertThat(
					this.meters.get("mcp.oauth.login").tags("server", "github", "outcome", "success").timer().count())
				.isEqualTo(1));
		Observation.Context observed = ended("mcp.oauth.login");
		assertThat(parent(observed)).isSameAs(request.getContext());
		assertThat(parent(ended("mcp.oauth.discovery"))).isSameAs(observed);
		assertThat(this.meters.get("mcp.oauth.discovery").tags("server", "github", "outcome", "found").timer().count())
			.isEqualTo(1);
		for (String operation : List.of("save", "save_client")) {
			assertThat(this.meters.get("mcp.oauth.store").tag("operation", operation).timer().count()).isEqualTo(1);
		}
		assertThat(this.meters.get("mcp.oauth.store")
			.tags("operation", "load_client", "outcome", "nothing")
			.timer()
			.count()).isPositive();
	}

	@Test
	void storeWhenItFailsHasItsOutcome() {
		ManagerFixture fixture = open(null);
		fixture.store.failLoads(fixture.key, new TokenStoreException("github", "the disk is gone", null));
		fixture.manager.provider(fixture.key).token().onErrorComplete().block(ManagerFixture.PATIENCE);
		assertThat(
				this.meters.get("mcp.oauth.store").tags("operation", "load", "outcome", "store_error").timer().count())
			.isPositive();
	}

	@Test
	void gaugeWhenServersComeAndGoShowsThoseWithAToken() {
		ManagerFixture fixture = open(null);
		fixture.grant();
		fixture.token();
		new McpOAuthGauges(() -> fixture.manager, fixture.clock.time()).bindTo(this.meters);
		Gauge servers = this.meters.get("mcp.oauth.servers").gauge();
		// A reading shows the status that the one before has asked for
		Awaitility.await().atMost(ManagerFixture.PATIENCE).ignoreExceptions().untilAsserted(() -> {
			assertThat(servers.value()).isEqualTo(1);
			assertThat(this.meters.get("mcp.oauth.token.expiry").tag("server", "github").gauge().value())
				.isEqualTo(3600);
		});
		fixture.clock.advance(Duration.ofHours(2));
		fixture.manager.add(McpServer.of("other", URI.create("https://other.example/mcp")));
		fixture.manager.provider(GrantKey.of("other")).status().block(ManagerFixture.PATIENCE);
		Awaitility.await().atMost(ManagerFixture.PATIENCE).ignoreExceptions().untilAsserted(() -> {
			assertThat(servers.value()).isEqualTo(2);
			assertThat(this.meters.get("mcp.oauth.token.expiry").gauges()).singleElement()
				.satisfies((gauge) -> assertThat(gauge.value()).isEqualTo(-3600));
		});
		fixture.manager.evict("github");
		fixture.clock.advance(Duration.ofSeconds(30));
		Awaitility.await().atMost(ManagerFixture.PATIENCE).untilAsserted(() -> {
			assertThat(servers.value()).isEqualTo(1);
			assertThat(this.meters.find("mcp.oauth.token.expiry").gauges()).isEmpty();
		});
	}

	@Test
	void gaugeWhenReadAgainSoonDoesNotReadTheStore() {
		ManagerFixture fixture = open(null);
		fixture.grant();
		new McpOAuthGauges(() -> fixture.manager, fixture.clock.time()).bindTo(this.meters);
		Gauge servers = this.meters.get("mcp.oauth.servers").gauge();
		assertThat(servers.value()).isEqualTo(1);
		Awaitility.await()
			.atMost(ManagerFixture.PATIENCE)
			.untilAsserted(() -> assertThat(fixture.store.loads()).isPositive());
		int loads = fixture.store.loads();
		fixture.clock.advance(Duration.ofSeconds(29));
		assertThat(servers.value()).isEqualTo(1);
		assertThat(fixture.store.loads()).isEqualTo(loads);
		fixture.clock.advance(Duration.ofSeconds(1));
		assertThat(servers.value()).isEqualTo(1);
		Awaitility.await()
			.atMost(ManagerFixture.PATIENCE)
			.untilAsserted(() -> assertThat(fixture.store.loads()).isGreaterThan(loads));
	}

	private ManagerFixture open(@Nullable McpOAuthObservationConvention convention) {
		McpOAuthObservations observing = new McpOAuthObservations(this.observations, convention);
		McpOAuthMeters counting = new McpOAuthMeters(this.meters);
		ManagerFixture fixture = new ManagerFixture(new McpOAuthListener() {

			@Override
			public void onEvent(McpOAuthEvent event) {
				counting.onEvent(event);
				McpOAuthMetricsTests.this.events.add(event);
			}

			@Override
			public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
					Function<? super T, String> outcome) {
				return observing.observe(work, caller, mono, outcome);
			}

			@Override
			public void locked(String server, Duration waited) {
				counting.locked(server, waited);
			}

			@Override
			public void refreshEnded(String server, int waiters) {
				counting.refreshEnded(server, waiters);
			}

		});
		this.opened = fixture;
		return fixture;
	}

	private static Mono<?> recoverAll(ManagerFixture fixture, AccessToken rejected) {
		return Flux
			.merge(IntStream.range(0, CALLERS)
				.mapToObj((caller) -> fixture.manager.provider(fixture.key)
					.recover(Rejection.of(rejected, List.of("Bearer"))))
				.toList())
			.collectList();
	}

	private static Object parent(Observation.Context context) {
		return Objects.requireNonNull(context.getParentObservation()).getContextView();
	}

	private Observation.Context ended(String name) {
		return this.ended.stream().filter((context) -> name.equals(context.getName())).findFirst().orElseThrow();
	}

	private void assertNothingIsSecret(Grant... grants) {
		String all = this.meters.getMetersAsString() + this.ended;
		for (Grant grant : grants) {
			assertThat(all).contains("github")
				.doesNotContain(grant.accessToken().reveal(), Objects.requireNonNull(grant.refreshToken()).reveal());
		}
	}

	private final class Recorder implements ObservationHandler<Observation.Context> {

		@Override
		public void onStop(Observation.Context context) {
			McpOAuthMetricsTests.this.ended.add(context);
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

	}

}
